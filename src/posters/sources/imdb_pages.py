"""The `imdb_pages` source: IMDb's own pages, saved from a browser, or one live look at its search.

Since March 2026 www.imdb.com lets no program in. Pages that a person saved are read all the same;
without any, the search page is asked for once, in case the door is open again.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from posters.catalogue.movie_table import Movie, Parsed
from posters.catalogue.source_protocol import Picture
from posters.errors import SiteBlocked, SourceError
from posters.images.imdb_addresses import IMAGE_HOST
from posters.params import FetchParams, PosterParams
from posters.sources.imdb import ATTRIBUTION, image_site
from posters.sources.imdb_page import parse_page, read_pages
from posters.sources.listing import Listing
from posters.web.archive import Archive
from posters.web.request import Limits, Site, picture_limits

SEARCH = "https://www.imdb.com/search/title/?"
_HTML = ("text/html",)
_MAX_PAGE_BYTES = 20_000_000


def pages_sites(settings: FetchParams) -> list[Site]:
    """The hosts that are asked."""
    return [
        Site("www.imdb.com", settings.requests_per_second),
        image_site(IMAGE_HOST, settings),
    ]


class ImdbPagesSource:
    """Movies of IMDb's search and title pages.

    Args:
        archive: asks the sites, or has their answers.
        settings: how they are asked.
        rules: how large a picture may be.
        pages: a folder of saved pages; None to look at the live search once.
        years: movies of other years are none of ours.
        seed: decides the order of the natural sample.
    """

    name = "imdb_pages"
    attribution = ATTRIBUTION

    def __init__(
        self,
        archive: Archive,
        settings: FetchParams,
        rules: PosterParams,
        *,
        pages: Path | None,
        years: range,
        seed: int,
    ) -> None:
        self.connections = 2 * settings.image_connections
        self.ledger = archive.ledger
        self._archive = archive
        self._settings = settings
        self._rules = rules
        self._pages = pages
        self._years = years
        self._seed = seed

    def initial(self) -> Iterator[Movie]:
        """All movies in a seeded random order."""
        return self._listing.initial()

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in the order of the pages."""
        return self._listing.candidates(year)

    def poster(self, movie: Movie) -> Picture:
        """The picture that a page names."""
        limits = picture_limits(self._rules, self._settings)
        held = self._archive.get(movie.poster, limits, what="poster", imdb_id=movie.imdb_id)
        return Picture(held.read(), movie.poster)

    def describe(self) -> dict[str, Any]:
        """What of the pages could not be used, by reason."""
        return {"left_out": dict(sorted(self._parsed.left_out.items()))}

    @cached_property
    def _parsed(self) -> Parsed:
        return read_pages(self._pages) if self._pages else self._look()

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._parsed.movies, self._years, self._seed)

    def _look(self) -> Parsed:
        """One live look at the search page: the most voted films of all the years."""
        query = {
            "title_type": "feature",
            "release_date": f"{self._years[0]}-01-01,{self._years[-1]}-12-31",
            "sort": "num_votes,desc",
            "count": 250,
        }
        address = SEARCH + urlencode(query, safe=",")
        limits = Limits(_HTML, _MAX_PAGE_BYTES, self._settings.total_timeout)
        try:
            page = self._archive.get(address, limits, what="listing")
        except SiteBlocked as blocked:
            raise SourceError(
                "www.imdb.com answers with a firewall's challenge, as it does to every program "
                "since March 2026. Save search pages from your own browser into a folder and set "
                "source.pages to it, or use kind: imdb, which needs no page"
            ) from blocked
        with self._archive.reading(address):
            return parse_page(page.read().decode("utf-8", "replace"))
