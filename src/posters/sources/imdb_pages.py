"""The `imdb_pages` source: IMDb's own pages, saved in a browser, or its search page requested once.

Since March 2026 www.imdb.com answers programs with a firewall's challenge. Saved pages are parsed
all the same; without any, the search page is requested once, in case programs are admitted again.
"""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from posters import paths
from posters.catalogue.movie_table import Movie, Parsed, listed_movie, year_of_text
from posters.errors import SiteBlocked, SourceError
from posters.images.imdb_addresses import IMAGE_HOST, is_placeholder
from posters.params import FetchParams
from posters.sources.imdb import ATTRIBUTION
from posters.sources.json_values import at, release_year, text
from posters.sources.web_source import ListedSource, image_site
from posters.web.challenge import is_challenge_page
from posters.web.request import Limits, Site

_SEARCH = "https://www.imdb.com/search/title/?"
_MAX_PAGE_BYTES = 20_000_000
_TITLE_LINK = re.compile(r"/title/(tt[0-9]{7,10})(?![0-9])")
# Where the data of pages with several titles has them; each may be nested under one key more.
_LISTS = (
    ("searchResults", "titleResults", "titleListItems"),  # https://www.imdb.com/search/title/
    ("titleResults", "results"),  # https://www.imdb.com/find/
    ("pageData", "chartTitles", "edges"),  # https://www.imdb.com/chart/
    ("mainColumnData", "list", "titleListItemSearch", "edges"),  # https://www.imdb.com/list/
)
_ONLY_IN_HTML = "not in the page's data"
_SAME_NAME_MARK = re.compile(r"^\([IVXLCDM]+\)\s*")  # "(II) (2019)": the second of its name
_YEAR_IN_PARENTHESES = re.compile(r"\([0-9]{4}\)")


class ImdbPagesSource(ListedSource):
    """Movies of IMDb's search and title pages."""

    name = "imdb_pages"
    attribution = ATTRIBUTION

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, with their rates."""
        return [Site("www.imdb.com", fetch.requests_per_second), image_site(IMAGE_HOST, fetch)]

    def _read_listing(self) -> Parsed:
        if self._params.source.pages:
            return read_folder(paths.from_root(self._params.source.pages))
        years = self._params.scrape.years
        query = {
            "title_type": "feature",
            "release_date": f"{years[0]}-01-01,{years[-1]}-12-31",
            "sort": "num_votes,desc",
            "count": 250,
        }
        address = _SEARCH + urlencode(query, safe=",")
        limits = Limits(("text/html",), _MAX_PAGE_BYTES, self._params.fetch.total_timeout)
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


def read_folder(folder: Path) -> Parsed:
    """Read every `*.html` and `*.htm` file of a folder, in the order of their names.

    Returns:
        Their movies. Of an id on several pages the first is used; if their years differ, it is
        left out as `years disagree`. The reasons of a page that has no movie begin with its name.

    Raises:
        SourceError: there is no folder, no page in it, or one that can't be used.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}: expected one with saved pages of IMDb's")
    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    pages = [file for file in files if file.suffix.lower() in (".html", ".htm")]
    if not pages:
        raise SourceError(f"{folder} has no pages: expected *.html files saved from IMDb")
    results: list[Movie | str] = ["not an *.html file"] * (len(files) - len(pages))
    years: dict[str, set[int]] = defaultdict(set)
    for file in pages:
        try:
            parsed = parse_page(file.read_text(encoding="utf-8-sig", errors="replace"))
        except (SourceError, OSError) as error:
            raise SourceError(f"{file}: {error}") from error
        page = "" if parsed.movies else f"{file.name}: "
        results += [*parsed.movies, *(page + reason for reason in parsed.left_out.elements())]
        for movie in parsed.movies:
            years[movie.imdb_id].add(movie.year)
    return Parsed.of(
        "years disagree" if isinstance(result, Movie) and len(years[result.imdb_id]) > 1 else result
        for result in results
    )


def parse_page(html: str) -> Parsed:
    """Read the movies of a page with several titles (search, find, chart, list) or a title page.

    Returns:
        The movies in the page's order. What is not a movie (series, episodes, shorts, videos) or
        lacks a year or a poster is left out and counted; so are titles that only the HTML has, as
        those that "50 more" loads: it lacks their types.

    Raises:
        SourceError: it is the firewall's page, or of no known layout.
    """
    try:
        results = _movies_and_reasons(BeautifulSoup(html, "html.parser"))
    except (ParserRejectedMarkup, RecursionError) as error:
        raise SourceError(f"this is not HTML: {error}; expected a page of IMDb's") from error
    # Where every item is malformed, the layout has changed.
    if results is not None and (not results or set(results) - {"malformed", _ONLY_IN_HTML}):
        return Parsed.of(results or ["no titles"])
    if is_challenge_page(html.encode("utf-8", "replace")):
        raise SourceError(
            "this is the page of IMDb's firewall, not the requested one; open the address in a "
            "browser, wait until it has loaded, and save it again"
        )
    raise SourceError(
        "this page of IMDb's has no known layout: expected a search page "
        "(https://www.imdb.com/search/title/?title_type=feature&...), a find, chart or list page, "
        "or a movie's own page (https://www.imdb.com/title/tt...), saved as HTML with its scripts. "
        "If it is one, the site has changed"
    )


def _movies_and_reasons(page: BeautifulSoup) -> list[Movie | str] | None:
    """Each item of a page: a movie, or why it can't be used; None for an unknown layout."""
    # Pages since 2023 are built from JSON data; the list in their HTML may hold more, or less.
    script = page.find("script", id="__NEXT_DATA__")
    try:
        data = at(json.loads(script.get_text()), "props", "pageProps") if script else None
    except ValueError:
        data = None
    for items in (at(data, *keys) for keys in _LISTS):
        if isinstance(items, list):
            items = [at(item, "listItem") or at(item, "node") or item for item in items]
            listed = page.select("li.ipc-metadata-list-summary-item a[href]")
            links = filter(None, (_TITLE_LINK.search(str(link["href"])) for link in listed))
            only_in_html = {link[1] for link in links} - {*map(_id_of_data, items)}
            return [*map(_movie_of_data, items), *[_ONLY_IN_HTML] * len(only_in_html)]
    if title := at(data, "aboveTheFoldData"):
        return [_movie_of_data(title)]
    return [_movie_of_old_list(item) for item in page.select("div.lister-item")] or None


def _movie_of_data(item: Any) -> Movie | str:
    """A movie in the data of a page: some nest values deeper; find pages until 2025 name others.

    The year is `releaseYear`: `releaseDate` is that of one country, often a year later.
    """
    if at(item, "titleType", "id") not in (None, "movie") or at(item, "titleTypeText"):
        return "not a movie"
    title, year = at(item, "titleText"), at(item, "releaseYear")
    return listed_movie(
        imdb_id=_id_of_data(item),
        title=text(title) or text(at(title, "text")) or text(at(item, "titleNameText")),
        year=release_year(year)
        or release_year(at(year, "year"))
        or year_of_text(text(at(item, "titleReleaseText")) or ""),
        poster=text(at(item, "primaryImage", "url"))
        or text(at(item, "titlePosterImageModel", "url")),
    )


def _id_of_data(item: Any) -> str | None:
    return text(at(item, "titleId")) or text(at(item, "id"))


def _movie_of_old_list(item: Tag) -> Movie | str:
    """A movie in the list of a search page until 2023."""
    link = item.select_one(".lister-item-header a[href*='/title/tt']")
    imdb_id = _TITLE_LINK.search(str(link["href"])) if link else None
    year_tag = item.select_one(".lister-item-year")
    year_text = _SAME_NAME_MARK.sub("", (text(year_tag.get_text()) or "") if year_tag else "")
    if year_text and not _YEAR_IN_PARENTHESES.fullmatch(year_text):
        return "not a movie"  # such as (2018– ), (2009 Video), (1994 TV Short)
    # `src` is the same grey picture for all; so is `loadlate` where there is no poster.
    image = item.select_one("img[loadlate]")
    poster = text(image["loadlate"]) if image else None
    return listed_movie(
        imdb_id=imdb_id[1] if imdb_id else None,
        title=text(link.get_text()) if link else None,
        year=year_of_text(year_text.strip("()")),
        poster=None if poster and is_placeholder(poster) else poster,
    )
