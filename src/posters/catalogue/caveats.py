"""Caveats: reasons why results say nothing about real posters or a real network."""

from collections.abc import Iterable

GENERATED = "generated posters"
_GENERATING_SOURCES = frozenset({"sample"})


def caveats(sources: Iterable[str], network: str | None = None) -> list[str]:
    """The caveats to show beside every result; empty for real posters and trained weights.

    Args:
        sources: the `source` of the catalogue's movies.
        network: the caveat of the network (`BackboneInfo.caveat`), if it has one.
    """
    found = [GENERATED] if _GENERATING_SOURCES.intersection(sources) else []
    return [*found, network] if network else found


def marked(caveats: Iterable[str]) -> str:
    """The caveats as the end of a printed line: ` [generated posters]`, or an empty string."""
    text = ", ".join(caveats)
    return f" [{text}]" if text else ""
