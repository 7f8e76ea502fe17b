"""What must be said wherever results are shown, because they don't mean what they seem to."""

from collections.abc import Iterable

GENERATED = "generated posters"
_GENERATING_SOURCES = frozenset({"sample"})


def caveats(sources: Iterable[str], network: str | None = None) -> list[str]:
    """What keeps results from meaning what they seem to: empty for real posters and weights.

    Args:
        sources: the `source` of the catalogue's movies.
        network: what must be said of the network (`BackboneInfo.caveat`), if anything.
    """
    found = [GENERATED] if _GENERATING_SOURCES.intersection(sources) else []
    return [*found, network] if network else found


def marked(caveats: Iterable[str]) -> str:
    """The caveats as the end of a printed line: ` [generated posters]`, or nothing."""
    said = ", ".join(caveats)
    return f" [{said}]" if said else ""
