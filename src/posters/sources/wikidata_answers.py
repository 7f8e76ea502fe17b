"""Wikidata's answers to a query in SPARQL, as JSON: films whose poster is on Wikimedia Commons."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from posters.catalogue.movie_table import IMDB_ID, Movie, Parsed, is_address
from posters.errors import SourceError
from posters.sources.json_values import at, read_json, text, year

_COMMONS, _FILE_PATH = "commons.wikimedia.org", "/wiki/Special:FilePath/"
_WIDTH = 330  # pixels; Commons serves only certain widths
_ENTITY = re.compile(r"/(Q[0-9]+)$")
_WHOLE_YEAR = re.compile(r"([0-9]{4})(\.0+)?")


def bindings(answer: bytes) -> list[dict[str, str]]:
    """The rows of an answer: the value of each variable that has one.

    Raises:
        SourceError: it is no answer to a query; a query that takes too long is answered with an
            error in the midst of the JSON.
    """
    rows = at(read_json(answer, "Wikidata's answer"), "results", "bindings")
    if not isinstance(rows, list):
        raise SourceError(
            "Wikidata's answer has no rows: expected JSON with a list `results.bindings`, "
            f"received {answer[:80]!r}. Try again later"
        )
    return [
        {
            name: value
            for name, bound in (row.items() if isinstance(row, dict) else ())
            if (value := text(at(bound, "value")))
        }
        for row in rows
    ]


def commons_address(value: str) -> str:
    """The address of a picture on Commons, 330 pixels wide, its percent-encoding as it is.

    Args:
        value: as Wikidata has it: `http://commons.wikimedia.org/wiki/Special:FilePath/X.jpg`.

    Raises:
        SourceError: it is another address.
    """
    parts = urlsplit(value) if is_address(value) else None
    if not (
        parts
        and parts.hostname == _COMMONS
        and parts.path.startswith(_FILE_PATH)
        and parts.path != _FILE_PATH
    ):
        raise SourceError(
            f"{value[:100]!r} is no file on Wikimedia Commons: expected "
            f"https://{_COMMONS}{_FILE_PATH}..."
        )
    return f"https://{_COMMONS}{parts.path}?width={_WIDTH}"


def parse_films(answer: bytes) -> Parsed:
    """Read the films of an answer with the variables `film`, `imdb`, `poster`, `y` and `title`.

    A film has a row for each of its posters and years: the smallest year counts, and the poster
    that is first by its address. Without a `title` its Wikidata id stands for it.

    Returns:
        The movies by year, then by id. Rows without a film or an IMDb id are left out as
        `malformed`; ids without a `no year`, without a `no poster`, and as `ambiguous` those of
        two films, or of a film with two ids.

    Raises:
        SourceError: as of `bindings`.
    """
    parsed = Parsed.of(_offers(bindings(answer)))
    parsed.movies.sort(key=lambda movie: (movie.year, movie.imdb_id))
    return parsed


@dataclass
class _Found:
    """What all rows of one IMDb id say together."""

    films: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    posters: set[str] = field(default_factory=set)


def _offers(rows: list[dict[str, str]]) -> Iterator[Movie | str]:
    by_id: dict[str, _Found] = defaultdict(_Found)
    ids_of_film: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        entity = _ENTITY.search(row.get("film", ""))
        imdb_id = row.get("imdb", "")
        if not entity or not IMDB_ID.fullmatch(imdb_id):
            yield "malformed"
            continue
        ids_of_film[entity[1]].add(imdb_id)
        found = by_id[imdb_id]
        found.films.add(entity[1])
        found.titles |= {row["title"]} if "title" in row else set()
        found.years |= _years(row.get("y", ""))
        found.posters |= _posters(row.get("poster", ""))
    for imdb_id, found in by_id.items():
        if len(found.films) > 1 or any(len(ids_of_film[film]) > 1 for film in found.films):
            yield "ambiguous"
        elif not found.years:
            yield "no year"
        elif not found.posters:
            yield "no poster"
        else:
            title = min(found.titles or found.films)
            yield Movie(imdb_id, title, min(found.years), min(found.posters))


def _years(spelt: str) -> set[int]:
    match = _WHOLE_YEAR.fullmatch(spelt)
    number = year(int(match[1])) if match else None
    return set() if number is None else {number}


def _posters(value: str) -> set[str]:
    try:
        return {commons_address(value)}
    except SourceError:
        return set()
