"""TMDB's answers in JSON: films of a year, films of an IMDb id, and the IMDb id of a film."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from posters.catalogue.movie_table import IMDB_ID
from posters.errors import SourceError
from posters.sources.json_values import at, read_json, text, whole, year

IMAGES = "https://image.tmdb.org/t/p/"
_SIZE = "w342"  # 342 pixels wide
_IMAGE_PATH = re.compile(r"/[A-Za-z0-9_-]+\.[A-Za-z]+")
_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")
_BAD_KEY = 7


class TmdbFilm(NamedTuple):
    """A film of TMDB's; `year` is that of its first release, `poster` an address."""

    tmdb_id: int
    title: str
    year: int
    poster: str


@dataclass
class Discovered:
    """One page of the films of a year.

    Attributes:
        films: in TMDB's order, no id twice.
        left_out: how many can't be used, by reason: `another year`, `no year`, `no poster`,
            `adult`, `malformed`, `repeated`.
        total_pages: how many pages can be asked for.
        total_results: films on all of them.
    """

    total_pages: int
    total_results: int
    films: list[TmdbFilm] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def parse_configuration(answer: bytes) -> str:
    """Read an answer of `/3/configuration`: what a poster's path is put behind.

    Raises:
        SourceError: as of `parse_discover`, or TMDB no longer has posters of that size there.
    """
    asked = "TMDB's configuration"
    images = at(_body(answer, asked), "images")
    base, sizes = text(at(images, "secure_base_url")), at(images, "poster_sizes")
    if base != IMAGES or not isinstance(sizes, list) or _SIZE not in sizes:
        raise _unexpected(asked, f"posters of size {_SIZE} at {IMAGES}", answer)
    return base + _SIZE


def parse_discover(answer: bytes, year: int, images: str = IMAGES + _SIZE) -> Discovered:
    """Read an answer of `/3/discover/movie`, of which only films of this year are taken.

    Args:
        answer: as it came.
        year: that was asked for.
        images: what a poster's path is put behind.

    Raises:
        SourceError: TMDB refuses (a bad key, for one), or it is no such answer.
    """
    asked = "TMDB's list of films"
    body = _body(answer, asked)
    pages, results = whole(at(body, "total_pages")), whole(at(body, "total_results"))
    if pages is None or results is None:
        raise _unexpected(asked, "whole numbers `total_pages` and `total_results`", answer)
    discovered = Discovered(pages, results)
    seen = set()
    for item in _list(body, "results", asked, answer):
        film = _film(item, images)
        if isinstance(film, str):
            discovered.left_out[film] += 1
        elif film.year != year:
            discovered.left_out["another year"] += 1
        elif film.tmdb_id in seen:
            discovered.left_out["repeated"] += 1
        else:
            seen.add(film.tmdb_id)
            discovered.films.append(film)
    return discovered


def parse_find(answer: bytes, images: str = IMAGES + _SIZE) -> list[TmdbFilm]:
    """Read an answer of `/3/find/tt...`: the films that can be used, most often one or none.

    Raises:
        SourceError: as of `parse_discover`.
    """
    asked = "TMDB's answer for an IMDb id"
    items = _list(_body(answer, asked), "movie_results", asked, answer)
    films = (_film(item, images) for item in items)
    return [film for film in films if isinstance(film, TmdbFilm)]


def parse_external_ids(answer: bytes) -> str | None:
    """Read an answer of `/3/movie/.../external_ids`: the film's IMDb id, where TMDB knows it.

    Raises:
        SourceError: as of `parse_discover`.
    """
    imdb_id = text(at(_body(answer, "TMDB's ids of a film"), "imdb_id"))
    return imdb_id if imdb_id and IMDB_ID.fullmatch(imdb_id) else None


def _body(answer: bytes, asked: str) -> dict[str, Any]:
    body = read_json(answer, asked)
    if not isinstance(body, dict):
        raise _unexpected(asked, "an object", answer)
    if body.get("success") is False:
        said = (text(body.get("status_message")) or "no reason is given")[:200]
        if body.get("status_code") == _BAD_KEY:
            raise SourceError(
                f"TMDB does not accept the key in TMDB_API_KEY: {said} A key is had for free at "
                "https://www.themoviedb.org/settings/api"
            )
        raise SourceError(f"{asked} is a refusal: {said} (code {body.get('status_code')!r:.20})")
    return body


def _list(body: dict[str, Any], name: str, asked: str, answer: bytes) -> list[Any]:
    items = body.get(name)
    if not isinstance(items, list):
        raise _unexpected(asked, f"a list `{name}`", answer)
    return items


def _film(item: Any, images: str) -> TmdbFilm | str:
    tmdb_id = whole(at(item, "id"))
    title = text(at(item, "title")) or text(at(item, "original_title"))
    if tmdb_id is None or title is None:
        return "malformed"
    if at(item, "adult") is True:
        return "adult"
    date = _DATE.fullmatch(text(at(item, "release_date")) or "")
    of_year = year(int(date[1])) if date else None
    if of_year is None:
        return "no year"
    path = at(item, "poster_path")
    if not path:
        return "no poster"
    if not isinstance(path, str) or not _IMAGE_PATH.fullmatch(path):
        return "malformed"
    return TmdbFilm(tmdb_id, title, of_year, images + path)


def _unexpected(asked: str, expected: str, answer: bytes) -> SourceError:
    return SourceError(
        f"{asked} is not as documented: expected {expected}, received {answer[:80]!r}. If this "
        "lasts, TMDB has changed: https://developer.themoviedb.org"
    )
