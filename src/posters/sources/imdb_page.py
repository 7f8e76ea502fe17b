"""IMDb's pages, as a person's browser saved them: search pages of every layout, and title pages."""

import codecs
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from posters.catalogue.movie_table import Parsed
from posters.errors import SourceError
from posters.sources import imdb_search_page, imdb_title_page
from posters.sources.json_values import at
from posters.web.challenge import is_challenge_page

_LACKING = {"malformed", "no year", "no poster"}
_LAYOUTS = (
    imdb_search_page.from_data,
    imdb_title_page.from_data,
    imdb_search_page.from_old_list,
    imdb_search_page.from_list,
    imdb_title_page.from_head,
)


def parse_page(html: str) -> Parsed:
    """Read the movies of a search page or a title page.

    The layout is known by what is there. IMDb's data, JSON in the page, comes first: the HTML
    beside it shows only half of a list. Data that lacks what is needed is as good as none.

    Returns:
        The movies in the page's order, their posters as addresses. What is no movie (series,
        episodes, shorts, videos) or lacks a year or a poster is left out and counted.

    Raises:
        SourceError: the page is the firewall's, or of no known layout.
    """
    try:
        page = BeautifulSoup(html, "html.parser")
    except (ParserRejectedMarkup, RecursionError) as error:
        raise SourceError(f"this is no HTML: {error}; expected a page of IMDb's") from error
    data = _data(page)
    found = [parsed for layout in _LAYOUTS if (parsed := layout(page, data))]
    # Items that lack what is needed are as good as none where another layout has it. But what is
    # no movie is none, also where a poorer layout can't tell.
    for parsed in found:
        if parsed.movies or set(parsed.left_out) - _LACKING:
            return parsed
    for parsed in found:
        if set(parsed.left_out) != {"malformed"}:
            return parsed
    if is_challenge_page(html.encode("utf-8", "replace")):
        raise SourceError(
            "this is the page of IMDb's firewall instead of the one behind it; open the address "
            "in a browser, wait until it has loaded, and save it again"
        )
    raise SourceError(
        "this is no page of IMDb's that is known here: expected a search page "
        "(https://www.imdb.com/search/title/?title_type=feature&...) or a movie's own page "
        "(https://www.imdb.com/title/tt...), saved as HTML. If it is one, the site has changed"
    )


def read_pages(folder: Path) -> Parsed:
    """Read every `*.html` and `*.htm` of a folder, in the order of their names.

    Returns:
        Their movies; the first page with an id counts, and an id that two pages give different
        years to is left out as `years disagree`.

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
        raise SourceError(f"{folder} holds no page: expected *.html files saved from IMDb")
    movies = []
    left_out: Counter[str] = Counter()
    years = defaultdict(set)
    for file in files:
        try:
            parsed = parse_page(_text(file.read_bytes()))
        except (SourceError, OSError) as error:
            raise SourceError(f"{file}: {error}") from error
        movies += parsed.movies
        left_out += parsed.left_out
        for movie in parsed.movies:
            years[movie.imdb_id].add(movie.year)
    together = Parsed.of(
        movie if len(years[movie.imdb_id]) == 1 else "years disagree" for movie in movies
    )
    together.left_out += left_out
    return together


def _data(page: BeautifulSoup) -> Any:
    """What IMDb's own script builds the page from, or None."""
    script = page.find("script", id="__NEXT_DATA__")
    try:
        return at(json.loads(script.get_text()), "props", "pageProps") if script else None
    except (ValueError, RecursionError):
        return None


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")
