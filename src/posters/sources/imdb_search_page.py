"""IMDb's search pages: their data in JSON, the list in their HTML, and the list of before 2023."""

import re
from collections.abc import Iterable
from typing import Any

from bs4 import BeautifulSoup, Tag

from posters.catalogue.movie_table import IMDB_ID, Movie, Parsed, is_address
from posters.images.imdb_addresses import image_address, is_placeholder
from posters.sources.json_values import at, text, year

TITLE_LINK = re.compile(r"/title/(tt[0-9]{7,})(?![0-9])")
_YEAR = re.compile(r"[0-9]{4}")
_NUMBER_IN_LIST = re.compile(r"^[0-9][0-9,]*\.\s+")
_SAME_NAME_MARK = re.compile(r"^\([IVXLCDM]+\)\s*")  # "(II) (2019)": the second one of its name


def from_data(page: BeautifulSoup, data: Any) -> Parsed | None:
    """The movies of a search page's data; None where it is no such page."""
    items = at(data, "searchResults", "titleResults", "titleListItems")
    if not isinstance(items, list):
        return None
    return Parsed.of(from_item(at(item, "listItem") or item) for item in items)


def from_item(item: Any) -> Movie | str:
    """A movie as IMDb's data describe it in lists and on its own page.

    The year is `releaseYear`: `releaseDate` is that of one country, often a year later.
    """
    kind = at(item, "titleType", "id")
    if kind is not None and kind != "movie":
        return "not a movie"
    return offer(
        imdb_id=text(at(item, "titleId")) or text(at(item, "id")),
        title=text(at(item, "titleText")) or text(at(item, "titleText", "text")),
        year=year(at(item, "releaseYear")) or year(at(item, "releaseYear", "year")),
        poster=text(at(item, "primaryImage", "url")),
    )


def from_old_list(page: BeautifulSoup, data: Any) -> Parsed | None:
    """The movies of a search page's list as it was until 2023; None where there is none."""
    items = page.select("div.lister-item")
    return Parsed.of(map(_old_item, items)) if items else None


def from_list(page: BeautifulSoup, data: Any) -> Parsed | None:
    """The movies of a search page's list; None where there is none."""
    items = [
        item
        for item in page.select("li.ipc-metadata-list-summary-item")
        if item.find("h3") and _link(item.find_all("a"))
    ]
    return Parsed.of(map(_item, items)) if items else None


def offer(
    *, imdb_id: str | None, title: str | None, year: int | None, poster: str | None
) -> Movie | str:
    """A movie with the address of its poster, or the reason why it is none."""
    if imdb_id is None or not IMDB_ID.fullmatch(imdb_id) or title is None:
        return "malformed"
    if year is None:
        return "no year"
    if poster is None or not is_address(poster):
        return "no poster"
    if is_placeholder(poster):
        return "placeholder"
    return Movie(imdb_id, title, year, image_address(poster))


def _old_item(item: Tag) -> Movie | str:
    links = item.select(".lister-item-header a")
    link = _link(links)
    named = _SAME_NAME_MARK.sub("", _words(item.select_one(".lister-item-year")) or "")
    if named and not re.fullmatch(r"\(\s*[0-9]{4}\s*\)", named):
        return "not a movie"  # such as (2018– ), (2009 Video), (1994 TV Short)
    image = item.select_one("img[loadlate]")
    # `src` is the same grey picture for all; where there is no poster, so is `loadlate`.
    poster = _attribute(image, "loadlate")
    return offer(
        imdb_id=link[0] if link else None,
        title=link[1] if link else None,
        year=year(int(named.strip("() "))) if named else None,
        poster=None if poster and is_placeholder(poster) else poster,
    )


def _item(item: Tag) -> Movie | str:
    link = _link(item.find_all("a"))
    named = _words(item.select_one(".dli-title-metadata-item")) or ""
    kind = _words(item.select_one(".dli-title-type-data"))  # not there for movies
    if (kind and kind != "Movie") or re.match(r"[0-9]{4}\s*[–—-]", named):
        return "not a movie"
    title = _words(item.select_one("h3"))
    image = item.select_one("img.ipc-image")
    # A browser that saves the pictures too may have left their addresses in only one of the two.
    addresses = [_attribute(image, "src"), *(_attribute(image, "srcset") or "").split()]
    return offer(
        imdb_id=link[0] if link else None,
        title=_NUMBER_IN_LIST.sub("", title) if title else None,
        year=year(int(named)) if _YEAR.fullmatch(named) else None,
        poster=next((address for address in addresses if address and is_address(address)), None),
    )


def _link(links: Iterable[Tag]) -> tuple[str, str | None] | None:
    """The id and the words of the first link to a title; a saved page may link with its host."""
    for link in links:
        found = TITLE_LINK.search(_attribute(link, "href") or "")
        if found:
            return found[1], _words(link)
    return None


def _words(tag: Tag | None) -> str | None:
    return text(tag.get_text()) if tag else None


def _attribute(tag: Tag | None, name: str) -> str | None:
    return text(tag.get(name)) if tag else None
