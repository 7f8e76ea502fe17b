"""IMDb's page of one title: its data in JSON, or what its head tells search engines."""

import html
import json
import re
from typing import Any

from bs4 import BeautifulSoup

from posters.catalogue.movie_table import Movie, Parsed
from posters.sources.imdb_search_page import TITLE_LINK, from_item, offer
from posters.sources.json_values import at, text, year

_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


def from_data(page: BeautifulSoup, data: Any) -> Parsed | None:
    """The movie of a title page's data; None where it is no such page."""
    item = at(data, "aboveTheFoldData")
    if not isinstance(item, dict):
        return None
    offered = from_item(item)
    if offered == "no poster" and (address := _property(page, "og:image")):
        offered = from_item({**item, "primaryImage": {"url": address}})
    return Parsed.of([offered])


def from_head(page: BeautifulSoup, data: Any) -> Parsed | None:
    """The movie of a title page's JSON-LD and Open Graph names; None where there are none."""
    for script in page.find_all("script", type="application/ld+json"):
        try:
            described = json.loads(script.get_text())
        except (ValueError, RecursionError):
            continue
        link = TITLE_LINK.search(text(at(described, "url")) or "")
        if link:
            return Parsed.of([_from_description(page, described, link[1])])
    return None


def _from_description(page: BeautifulSoup, described: Any, imdb_id: str) -> Movie | str:
    kind = at(described, "@type")
    # JSON-LD calls films on television and on video Movie too, and has no year. og:title has both:
    # "Name (1994) ...", "Name (TV Series 2008–2013)".
    named = [
        words.strip()
        for words in _IN_BRACKETS.findall(_property(page, "og:title") or "")
        if re.search("[0-9]{4}", words)
    ]
    of_year = named[-1] if named else None
    if (kind is not None and kind != "Movie") or (
        of_year and not re.fullmatch("[0-9]{4}", of_year)
    ):
        return "not a movie"
    image = at(described, "image")
    return offer(
        imdb_id=imdb_id,
        title=text(html.unescape(text(at(described, "name")) or "")),
        year=year(int(of_year)) if of_year else None,
        poster=text(image) or text(at(image, "url")) or _property(page, "og:image"),
    )


def _property(page: BeautifulSoup, name: str) -> str | None:
    """What a page says of itself to those that link to it (Open Graph)."""
    tag = page.find("meta", property=name)
    return text(tag.get("content")) if tag else None
