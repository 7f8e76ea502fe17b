"""The `imdb_pages` source: IMDb's own pages, saved in a browser, or its search page requested once.

Since March 2026 www.imdb.com answers programs with a firewall's challenge. Saved pages are parsed
all the same; without any, the search page is requested once, in case programs are admitted again.
"""

from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlencode

from posters.catalogue.movie_table import Movie, Parsed
from posters.errors import SiteBlocked, SourceError
from posters.images.imdb_addresses import IMAGE_HOST
from posters.params import FetchParams, PosterParams, ScrapeParams
from posters.sources.imdb import ATTRIBUTION
from posters.sources.imdb_layouts import parse_page
from posters.sources.web_source import ListedSource, image_site
from posters.web.archive import Archive
from posters.web.request import Limits, Site

_SEARCH = "https://www.imdb.com/search/title/?"
_MAX_PAGE_BYTES = 20_000_000


class ImdbPagesSource(ListedSource):
    """Movies of IMDb's search and title pages.

    Args:
        archive, fetch, posters, scrape: as for `WebSource`.
        folder: the saved pages; None to request the search page once.
    """

    name = "imdb_pages"
    attribution = ATTRIBUTION

    def __init__(
        self,
        archive: Archive,
        fetch: FetchParams,
        posters: PosterParams,
        scrape: ScrapeParams,
        folder: Path | None,
    ) -> None:
        super().__init__(archive, fetch, posters, scrape)
        self._folder = folder

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, with their rates."""
        return [Site("www.imdb.com", fetch.requests_per_second), image_site(IMAGE_HOST, fetch)]

    def _read_listing(self) -> Parsed:
        return read_folder(self._folder) if self._folder else self._search()

    def _search(self) -> Parsed:
        """Request the search page once: the movies of all the years with the most votes."""
        query = {
            "title_type": "feature",
            "release_date": f"{self._years[0]}-01-01,{self._years[-1]}-12-31",
            "sort": "num_votes,desc",
            "count": 250,
        }
        address = _SEARCH + urlencode(query, safe=",")
        limits = Limits(("text/html",), _MAX_PAGE_BYTES, self._fetch.total_timeout)
        try:
            page = self._archive.get(address, limits, what="listing")
        except SiteBlocked as blocked:
            raise SourceError(
                "www.imdb.com answers with a firewall's challenge, as it does to every program "
                "since March 2026. Save search pages from your own browser into a folder and set "
                "source.pages to it, or use kind: imdb, which needs no page"
            ) from blocked
        with self._archive.judging(address):
            return parse_page(page.read().decode("utf-8", "replace"))


def read_folder(folder: Path) -> Parsed:
    """Read every `*.html` and `*.htm` file of a folder, in the order of their names.

    Returns:
        Their movies. Of an id on several pages the first is used; if their years differ, it is
        left out as `years disagree`.

    Raises:
        SourceError: there is no folder, no page in it, or one that can't be used.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}: expected one with saved pages of IMDb's")
    files = sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in (".html", ".htm") and file.is_file()
    )
    if not files:
        raise SourceError(f"{folder} has no pages: expected *.html files saved from IMDb")
    movies: list[Movie] = []
    left_out: Counter[str] = Counter()
    years: dict[str, set[int]] = defaultdict(set)
    for file in files:
        try:
            parsed = parse_page(file.read_text(encoding="utf-8-sig", errors="replace"))
        except (SourceError, OSError) as error:
            raise SourceError(f"{file}: {error}") from error
        movies += parsed.movies
        left_out += parsed.left_out
        for movie in parsed.movies:
            years[movie.imdb_id].add(movie.year)
    all_pages = Parsed.of(
        movie if len(years[movie.imdb_id]) == 1 else "years disagree" for movie in movies
    )
    all_pages.left_out += left_out
    return all_pages
