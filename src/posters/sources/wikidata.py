"""The `wikidata` source: films whose poster is on Wikimedia Commons, mostly early ones."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

from posters.catalogue.movie_table import IMDB_ID, Movie, Parsed, year_of_text
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed
from posters.params import FetchParams
from posters.sources.json_values import at, read_json, text, unexpected
from posters.sources.web_source import ListedSource, description
from posters.web.archive import StoredAnswer
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
_COMMONS = "commons.wikimedia.org"
_COMMONS_FILE = re.compile(
    r"(?i:https?://commons\.wikimedia\.org)(/wiki/Special:FilePath/[^?#\s]+)([?#]\S*)?"
)
_WIDTH = 330  # pixels; Commons serves only certain widths
_ENTITY = re.compile(r"/(Q[0-9]+)$")


class WikidataSource(ListedSource):
    """Films with a poster on Wikimedia Commons."""

    name = "wikidata"
    attribution = (
        "Films from Wikidata (CC0); posters from Wikimedia Commons, each under the licence on its "
        "page."
    )

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
            # robots.txt may forbid the page that redirects from a name to the picture, but the
            # host of the pictures admits programs.
            if failed.reason != "robots.txt":
                raise
            return self._download(movie, thumbnail_address(movie.poster))

    def describe(self) -> dict[str, Any]:
        """The digest of the query's answer, and how many films can't be used, by reason."""
        return description(self._listing.left_out, {"query.wikidata.org": self._answer})

    @cached_property
    def _answer(self) -> StoredAnswer:
        limits = Limits(_MEDIA_TYPES, _MAX_BYTES, self._params.fetch.dataset_timeout)
        return self._archive.get(QUERY_ADDRESS, limits, what="listing")

    def _read_listing(self) -> Parsed:
        answer = self._answer.read()
        with self._archive.reading(QUERY_ADDRESS):
            return parse_films(answer)


def thumbnail_address(address: str) -> str:
    """Where Commons stores the thumbnail of a Special:FilePath address.

    Source: https://www.mediawiki.org/wiki/Manual:$wgHashedUploadDirectory.
    """
    name = unquote(address.partition("?")[0].rpartition("/")[2]).replace(" ", "_")
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    path = quote(f"{digest[0]}/{digest[:2]}/{name}/{_WIDTH}px-{name}")
    return f"https://upload.wikimedia.org/wikipedia/commons/thumb/{path}"


def commons_address(value: str) -> str | None:
    """The https address of a Special:FilePath address, 330 pixels wide; None for any other."""
    match = _COMMONS_FILE.fullmatch(value)
    return f"https://{_COMMONS}{match[1]}?width={_WIDTH}" if match else None


def parse_films(answer: bytes) -> Parsed:
    """Read the films of an answer to the query.

    A film has a row for each of its posters and years: the earliest year and the first poster in
    alphabetical order are used. Without a title the Wikidata id is used.

    Returns:
        The movies by year, then by id. Reasons to leave out a row or an id: `malformed`, `no year`,
        `no poster`; `ambiguous` is an id of two films, or of a film with two ids.

    Raises:
        SourceError: the answer has another shape; after a timeout Wikidata breaks off the JSON.
    """
    parsed = Parsed.of(_movies_and_reasons(bindings(answer)))
    parsed.movies.sort(key=lambda movie: (movie.year, movie.imdb_id))
    return parsed


def bindings(answer: bytes) -> list[dict[str, str]]:
    """The rows of an answer: the value of each variable that has one."""
    what = "Wikidata's answer"
    rows = at(read_json(answer, what), "results", "bindings")
    if not isinstance(rows, list):
        raise unexpected(what, "JSON with a list `results.bindings`", answer)
    rows = [row if isinstance(row, dict) else {} for row in rows]
    return [
        {name: value for name, bound in row.items() if (value := text(at(bound, "value")))}
        for row in rows
    ]


def _movies_and_reasons(rows: list[dict[str, str]]) -> Iterator[Movie | str]:
    films = defaultdict[str, set[str]](set)  # by IMDb id, as the next three
    titles = defaultdict[str, set[str]](set)
    years = defaultdict[str, set[int]](set)
    posters = defaultdict[str, set[str]](set)
    ids = defaultdict[str, set[str]](set)  # by film
    for row in rows:
        film = _ENTITY.search(row.get("film", ""))
        imdb_id = row.get("imdb", "")
        if not film or not IMDB_ID.fullmatch(imdb_id):
            yield "malformed"
            continue
        films[imdb_id].add(film[1])
        ids[film[1]].add(imdb_id)
        if title := row.get("title"):
            titles[imdb_id].add(title)
        # A year may be a decimal number, "1921.0".
        if year := year_of_text(re.sub(r"\.0+$", "", row.get("y", ""))):
            years[imdb_id].add(year)
        if poster := commons_address(row.get("poster", "")):
            posters[imdb_id].add(poster)
    for imdb_id, of_id in films.items():
        if len(of_id) > 1 or any(len(ids[film]) > 1 for film in of_id):
            yield "ambiguous"
        elif not years[imdb_id]:
            yield "no year"
        elif not posters[imdb_id]:
            yield "no poster"
        else:
            title = min(titles[imdb_id] or of_id)
            yield Movie(imdb_id, title, min(years[imdb_id]), min(posters[imdb_id]))
