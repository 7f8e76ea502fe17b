"""Parse IMDb's HTML pages: search pages of three layouts, and title pages."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from posters.catalogue.movie_table import IMDB_ID, Movie, Parsed, is_address
from posters.errors import SourceError
from posters.images.imdb_addresses import image_address, is_placeholder
from posters.sources.json_values import at, text, year
from posters.web.challenge import is_stub

_TITLE_LINK = re.compile(r"/title/(tt[0-9]{7,})(?![0-9])")
_YEAR = re.compile(r"[0-9]{4}")
_RANK = re.compile(r"^[0-9][0-9,]*\.\s+")
_SAME_NAME_MARK = re.compile(r"^\([IVXLCDM]+\)\s*")  # "(II) (2019)": the second of its name
_PARENTHESES = re.compile(r"\(([^()]*)\)")


def parse_page(page_html: str) -> Parsed:
    """Read the movies of a search page or a title page.

    The JSON data in the page come first: the list in the HTML holds only part of their movies.

    Returns:
        The movies in the page's order, with the addresses of their posters. What is not a movie
        (series, episodes, shorts, videos) or lacks a year or a poster is left out and counted.

    Raises:
        SourceError: it is the firewall's page, or of no known layout.
    """
    try:
        page = BeautifulSoup(page_html, "html.parser")
    except (ParserRejectedMarkup, RecursionError) as error:
        raise SourceError(f"this is not HTML: {error}; expected a page of IMDb's") from error
    for parsed in _parse_layouts(page):
        # Where every item is malformed, the layout has changed: another one may be readable.
        if parsed.movies or set(parsed.left_out) != {"malformed"}:
            return parsed
    if is_stub(page_html.encode("utf-8", "replace")):
        raise SourceError(
            "this is the page of IMDb's firewall, not the requested one; open the address in a "
            "browser, wait until it has loaded, and save it again"
        )
    raise SourceError(
        "this page of IMDb's has no known layout: expected a search page "
        "(https://www.imdb.com/search/title/?title_type=feature&...) or a movie's own page "
        "(https://www.imdb.com/title/tt...), saved as HTML. If it is one, the site has changed"
    )


def _parse_layouts(page: BeautifulSoup) -> Iterator[Parsed]:
    """What the page gives in each layout that it has."""
    data = _json_data(page)
    items = at(data, "searchResults", "titleResults", "titleListItems")
    if isinstance(items, list):
        yield Parsed.of(_movie_of_data(at(item, "listItem") or item) for item in items)
    title = at(data, "aboveTheFoldData")
    if isinstance(title, dict):
        yield Parsed.of([_movie_of_data(title)])
    if items := page.select("div.lister-item"):
        yield Parsed.of(map(_movie_of_list_until_2023, items))
    list_items = page.select("li.ipc-metadata-list-summary-item")
    if items := [
        item for item in list_items if item.find("h3") and _title_link(item.find_all("a"))
    ]:
        yield Parsed.of(map(_movie_of_list, items))
    for script in page.find_all("script", type="application/ld+json"):
        description = _json(script)
        if link := _TITLE_LINK.search(text(at(description, "url")) or ""):
            yield Parsed.of([_movie_of_head(page, description, link[1])])


def _json_data(page: BeautifulSoup) -> Any:
    script = page.find("script", id="__NEXT_DATA__")
    return at(_json(script), "props", "pageProps") if script else None


def _json(script: Tag) -> Any:
    try:
        return json.loads(script.get_text())
    except (ValueError, RecursionError):
        return None


def _movie_or_reason(
    *, imdb_id: str | None, title: str | None, year: int | None, poster: str | None
) -> Movie | str:
    """A movie, or why it can't be used."""
    if imdb_id is None or not IMDB_ID.fullmatch(imdb_id) or title is None:
        return "malformed"
    if year is None:
        return "no year"
    if poster is None or not is_address(poster):
        return "no poster"
    if is_placeholder(poster):
        return "placeholder"
    return Movie(imdb_id, title, year, image_address(poster))


def _movie_of_data(item: Any) -> Movie | str:
    """A movie in the JSON of a search page or of its own page, which nests some values deeper.

    The year is `releaseYear`: `releaseDate` is that of one country, often a year later.
    """
    if at(item, "titleType", "id") not in (None, "movie"):
        return "not a movie"
    return _movie_or_reason(
        imdb_id=text(at(item, "titleId")) or text(at(item, "id")),
        title=text(at(item, "titleText")) or text(at(item, "titleText", "text")),
        year=year(at(item, "releaseYear")) or year(at(item, "releaseYear", "year")),
        poster=text(at(item, "primaryImage", "url")),
    )


def _movie_of_list_until_2023(item: Tag) -> Movie | str:
    link = _title_link(item.select(".lister-item-header a"))
    year_text = _SAME_NAME_MARK.sub("", _text(item.select_one(".lister-item-year")) or "")
    if year_text and not re.fullmatch(r"\(\s*[0-9]{4}\s*\)", year_text):
        return "not a movie"  # such as (2018– ), (2009 Video), (1994 TV Short)
    # `src` is the same grey picture for all; so is `loadlate` where there is no poster.
    poster = _attribute(item.select_one("img[loadlate]"), "loadlate")
    return _movie_or_reason(
        imdb_id=link[0] if link else None,
        title=link[1] if link else None,
        year=year(int(year_text.strip("() "))) if year_text else None,
        poster=None if poster and is_placeholder(poster) else poster,
    )


def _movie_of_list(item: Tag) -> Movie | str:
    link = _title_link(item.find_all("a"))
    year_text = _text(item.select_one(".dli-title-metadata-item")) or ""
    title_type = _text(item.select_one(".dli-title-type-data"))  # missing for movies
    if title_type not in (None, "Movie") or re.match(r"[0-9]{4}\s*[–—-]", year_text):
        return "not a movie"
    image = item.select_one("img.ipc-image")
    # A browser that saves the pictures too replaces the address in `src`.
    addresses = [_attribute(image, "src"), *(_attribute(image, "srcset") or "").split()]
    return _movie_or_reason(
        imdb_id=link[0] if link else None,
        title=_RANK.sub("", _text(item.select_one("h3")) or "") or None,
        year=year(int(year_text)) if _YEAR.fullmatch(year_text) else None,
        poster=next((address for address in addresses if address and is_address(address)), None),
    )


def _movie_of_head(page: BeautifulSoup, description: Any, imdb_id: str) -> Movie | str:
    """A movie in the head of its page: JSON-LD for all but the year, which is in `og:title`.

    `og:title` is "Name (1994) ..." or "Name (TV Series 2008–2013)". JSON-LD has the type Movie
    for films on television and on video too.
    """
    og_title = page.find("meta", property="og:title")
    in_parentheses = _PARENTHESES.findall(_attribute(og_title, "content") or "")
    year_text = next((words for words in reversed(in_parentheses) if _YEAR.search(words)), "")
    only_a_year = not year_text or _YEAR.fullmatch(year_text)
    if at(description, "@type") not in (None, "Movie") or not only_a_year:
        return "not a movie"
    return _movie_or_reason(
        imdb_id=imdb_id,
        title=text(html.unescape(text(at(description, "name")) or "")),
        year=year(int(year_text)) if year_text else None,
        poster=text(at(description, "image")),
    )


def _title_link(links: Iterable[Tag]) -> tuple[str, str | None] | None:
    """Id and text of the first link to a title, relative or with its host."""
    for link in links:
        if found := _TITLE_LINK.search(_attribute(link, "href") or ""):
            return found[1], _text(link)
    return None


def _text(tag: Tag | None) -> str | None:
    return text(tag.get_text()) if tag else None


def _attribute(tag: Tag | None, name: str) -> str | None:
    return text(tag.get(name)) if tag else None
