"""The `wikidata` source: films that Wikidata knows a free poster of, mostly early ones."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

from posters.catalogue.movie_table import Movie, Parsed
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed
from posters.params import FetchParams, PosterParams
from posters.sources.listing import Listing
from posters.sources.wikidata_answers import parse_films
from posters.web.archive import Archive, StoredAnswer
from posters.web.request import Limits, Site, picture_limits

ATTRIBUTION = (
    "Films from Wikidata (CC0); posters from Wikimedia Commons, each under the licence on its page."
)
_QUERY = """
SELECT ?film ?imdb ?poster (MIN(YEAR(?d)) AS ?y) (SAMPLE(?label) AS ?title) WHERE {
  ?film wdt:P31 wd:Q11424; wdt:P345 ?imdb; wdt:P3383 ?poster; wdt:P577 ?d.
  OPTIONAL { ?film rdfs:label ?label. FILTER(LANG(?label) = "en") }
} GROUP BY ?film ?imdb ?poster
"""
QUERY_ADDRESS = "https://query.wikidata.org/sparql?" + urlencode(
    {"query": " ".join(_QUERY.split()), "format": "json"}
)
_RESULTS = ("application/sparql-results+json", "application/json")
_MAX_RESULTS_BYTES = 100_000_000
_THUMBNAIL_WIDTH = 330


def wikidata_sites(settings: FetchParams) -> list[Site]:
    """The hosts that are asked, one connection each, as Wikimedia wants it."""
    slow = settings.requests_per_second
    return [
        # An interface made for programs, under rules of its own (User-Agent, one query at a time).
        Site("query.wikidata.org", slow, robots=False),
        Site("commons.wikimedia.org", slow),
        Site("upload.wikimedia.org", slow),
    ]


class WikidataSource:
    """Films with a poster on Wikimedia Commons.

    Args:
        archive: asks the sites, or has their answers.
        settings: how they are asked.
        rules: how large a picture may be.
        years: films of other years are none of ours.
        seed: decides the order of the natural sample.
    """

    name = "wikidata"
    attribution = ATTRIBUTION
    connections = 2

    def __init__(
        self,
        archive: Archive,
        settings: FetchParams,
        rules: PosterParams,
        *,
        years: range,
        seed: int,
    ) -> None:
        self.ledger = archive.ledger
        self._archive = archive
        self._settings = settings
        self._rules = rules
        self._years = years
        self._seed = seed

    def initial(self) -> Iterator[Movie]:
        """All films in a seeded random order."""
        return self._listing.initial()

    def candidates(self, year: int) -> Iterator[Movie]:
        """Films of one year by their ids."""
        return self._listing.candidates(year)

    def poster(self, movie: Movie) -> Picture:
        """The poster, 330 pixels wide, by its name or else where Commons keeps its thumbnails."""
        try:
            return self._get(movie, movie.poster)
        except FetchFailed as failed:
            # Names lead through a page that robots.txt may close to programs; the pictures' own
            # host is open to them.
            if failed.reason != "robots.txt":
                raise
            return self._get(movie, thumbnail_address(movie.poster))

    def describe(self) -> dict[str, Any]:
        """The digest of the query's answer, and the films that could not be used."""
        return {
            "datasets": {
                "query.wikidata.org": {
                    "sha256": self._answer.sha256,
                    "modified": self._answer.modified,
                }
            },
            "left_out": dict(sorted(self._parsed.left_out.items())),
        }

    def _get(self, movie: Movie, address: str) -> Picture:
        limits = picture_limits(self._rules, self._settings)
        held = self._archive.get(address, limits, what="poster", imdb_id=movie.imdb_id)
        return Picture(held.read(), address)

    @cached_property
    def _answer(self) -> StoredAnswer:
        limits = Limits(_RESULTS, _MAX_RESULTS_BYTES, self._settings.dataset_timeout)
        return self._archive.get(QUERY_ADDRESS, limits, what="listing")

    @cached_property
    def _parsed(self) -> Parsed:
        answer = self._answer.read()
        with self._archive.reading(QUERY_ADDRESS):
            return parse_films(answer)

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._parsed.movies, self._years, self._seed)


def thumbnail_address(address: str) -> str:
    """Where Commons keeps the thumbnail of a file named in a Special:FilePath address.

    Folders are named by the MD5 digest of the file's name
    (https://www.mediawiki.org/wiki/Manual:$wgHashedUploadDirectory).
    """
    name = unquote(address.partition("?")[0].rpartition("/")[2]).replace(" ", "_")
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    path = quote(f"{digest[0]}/{digest[:2]}/{name}/{_THUMBNAIL_WIDTH}px-{name}")
    return f"https://upload.wikimedia.org/wikipedia/commons/thumb/{path}"
