"""The `wikidata` source: films whose poster is on Wikimedia Commons, mostly early ones."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from posters.catalogue.movie_table import IMDB_ID, Movie, Parsed, is_address
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed
from posters.params import FetchParams, PosterParams, ScrapeParams
from posters.sources.json_values import at, read_json, text, unexpected, year
from posters.sources.web_source import ListedSource, description
from posters.web.archive import Archive, Held
from posters.web.request import Limits, Site

_QUERY = """
SELECT ?film ?imdb ?poster (MIN(YEAR(?d)) AS ?y) (SAMPLE(?label) AS ?title) WHERE {
  ?film wdt:P31 wd:Q11424; wdt:P345 ?imdb; wdt:P3383 ?poster; wdt:P577 ?d.
  OPTIONAL { ?film rdfs:label ?label. FILTER(LANG(?label) = "en") }
} GROUP BY ?film ?imdb ?poster
"""
QUERY_ADDRESS = "https://query.wikidata.org/sparql?" + urlencode(
    {"query": " ".join(_QUERY.split()), "format": "json"}
)
_MEDIA_TYPES = ("application/sparql-results+json", "application/json")
_MAX_BYTES = 100_000_000
_COMMONS, _FILE_PATH = "commons.wikimedia.org", "/wiki/Special:FilePath/"
_WIDTH = 330  # pixels; Commons serves only certain widths
_ENTITY = re.compile(r"/(Q[0-9]+)$")
_WHOLE_YEAR = re.compile(r"([0-9]{4})(\.0+)?")


class WikidataSource(ListedSource):
    """Films with a poster on Wikimedia Commons; for the arguments see `WebSource`."""

    name = "wikidata"
    attribution = (
        "Films from Wikidata (CC0); posters from Wikimedia Commons, each under the licence on its "
        "page."
    )

    def __init__(
        self, archive: Archive, fetch: FetchParams, posters: PosterParams, scrape: ScrapeParams
    ) -> None:
        super().__init__(archive, fetch, posters, scrape)
        self.connections = 2

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, one connection each, as Wikimedia asks."""
        return [
            # Made for programs, under rules of its own (User-Agent, one query at a time).
            Site("query.wikidata.org", fetch.requests_per_second, robots=False),
            Site(_COMMONS, fetch.requests_per_second),
            Site("upload.wikimedia.org", fetch.requests_per_second),
        ]

    def poster(self, movie: Movie) -> Picture:
        """Download the poster, 330 pixels wide, by its name or else from the thumbnails' host."""
        try:
            return self._download(movie, movie.poster)
        except FetchFailed as failed:
            # robots.txt may forbid the page that redirects from a name to the picture; the host
            # of the pictures is open to programs.
            if failed.reason != "robots.txt":
                raise
            return self._download(movie, thumbnail_address(movie.poster))

    def describe(self) -> dict[str, Any]:
        """The digest of the query's answer, and how many films can't be used, by reason."""
        return description(self._listing.left_out, {"query.wikidata.org": self._answer})

    @cached_property
    def _answer(self) -> Held:
        limits = Limits(_MEDIA_TYPES, _MAX_BYTES, self._fetch.dataset_timeout)
        return self._archive.get(QUERY_ADDRESS, limits, what="listing")

    def _read_listing(self) -> Parsed:
        answer = self._answer.read()
        with self._archive.judging(QUERY_ADDRESS):
            return parse_films(answer)


def thumbnail_address(address: str) -> str:
    """Where Commons stores the thumbnail of the file in a Special:FilePath address.

    Folders are named by the MD5 digest of the file's name
    (https://www.mediawiki.org/wiki/Manual:$wgHashedUploadDirectory).
    """
    name = unquote(address.partition("?")[0].rpartition("/")[2]).replace(" ", "_")
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    path = quote(f"{digest[0]}/{digest[:2]}/{name}/{_WIDTH}px-{name}")
    return f"https://upload.wikimedia.org/wikipedia/commons/thumb/{path}"


def commons_address(value: str) -> str | None:
    """The address of a picture on Commons, 330 pixels wide, its percent-encoding unchanged.

    Args:
        value: as in Wikidata: `http://commons.wikimedia.org/wiki/Special:FilePath/X.jpg`; for any
            other address the result is None.
    """
    if not is_address(value):
        return None
    parts = urlsplit(value)
    is_file = parts.path.startswith(_FILE_PATH) and parts.path != _FILE_PATH
    if parts.hostname != _COMMONS or not is_file:
        return None
    return f"https://{_COMMONS}{parts.path}?width={_WIDTH}"


def parse_films(answer: bytes) -> Parsed:
    """Read the films of an answer with the variables `film`, `imdb`, `poster`, `y` and `title`.

    A film has a row for each of its posters and years: the earliest year and the first poster in
    alphabetical order are used. Without a `title` the Wikidata id is used.

    Returns:
        The movies by year, then by id. Rows without a film or an IMDb id are left out as
        `malformed`; ids without a year as `no year`, without a poster as `no poster`, and as
        `ambiguous` those of two films, or of a film with two ids.

    Raises:
        SourceError: as `bindings`.
    """
    parsed = Parsed.of(_movies_and_reasons(bindings(answer)))
    parsed.movies.sort(key=lambda movie: (movie.year, movie.imdb_id))
    return parsed


def bindings(answer: bytes) -> list[dict[str, str]]:
    """The rows of an answer: the value of each variable that has one.

    Raises:
        SourceError: the answer has another shape; after a timeout Wikidata breaks off the JSON.
    """
    what = "Wikidata's answer"
    rows = at(read_json(answer, what), "results", "bindings")
    if not isinstance(rows, list):
        raise unexpected(what, "JSON with a list `results.bindings`", answer)
    return [
        {
            name: value
            for name, bound in (row.items() if isinstance(row, dict) else ())
            if (value := text(at(bound, "value")))
        }
        for row in rows
    ]


@dataclass
class _Values:
    """The values in all rows with one IMDb id."""

    films: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    posters: set[str] = field(default_factory=set)


def _movies_and_reasons(rows: list[dict[str, str]]) -> Iterator[Movie | str]:
    by_id: dict[str, _Values] = defaultdict(_Values)
    ids_of_film: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        entity = _ENTITY.search(row.get("film", ""))
        imdb_id = row.get("imdb", "")
        if not entity or not IMDB_ID.fullmatch(imdb_id):
            yield "malformed"
            continue
        ids_of_film[entity[1]].add(imdb_id)
        values = by_id[imdb_id]
        values.films.add(entity[1])
        if title := row.get("title"):
            values.titles.add(title)
        match = _WHOLE_YEAR.fullmatch(row.get("y", ""))
        if match and (release_year := year(int(match[1]))):
            values.years.add(release_year)
        if poster := commons_address(row.get("poster", "")):
            values.posters.add(poster)
    for imdb_id, values in by_id.items():
        if len(values.films) > 1 or any(len(ids_of_film[film]) > 1 for film in values.films):
            yield "ambiguous"
        elif not values.years:
            yield "no year"
        elif not values.posters:
            yield "no poster"
        else:
            title = min(values.titles or values.films)
            yield Movie(imdb_id, title, min(values.years), min(values.posters))
