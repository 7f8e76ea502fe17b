"""The `tmdb` source: The Movie Database's API (https://developer.themoviedb.org)."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from posters.catalogue.movie_table import IMDB_ID, Movie, year_of_text
from posters.errors import FetchFailed, ParamsError, SiteBlocked, SiteUnreachable, SourceError
from posters.params import FetchParams, Params
from posters.sources.json_values import at, integer, read_json, text, unexpected
from posters.sources.web_source import WebSource, description, image_site, seeded_order
from posters.web.archive import Archive
from posters.web.request import JSON, Limits, Secret, Site

KEY_VARIABLE = "TMDB_API_KEY"
_ANSWER = "TMDB's answer"
_API, _IMAGE_HOST = "https://api.themoviedb.org/3/", "image.tmdb.org"
_POSTERS = f"https://{_IMAGE_HOST}/t/p/w342"  # 342 pixels wide
_POSTER_PATH = re.compile(r"/[A-Za-z0-9_-]+\.[A-Za-z]+")
_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")
_PAGE_SIZE = 20
MAX_PAGES = 500  # TMDB answers with an error beyond
_MAX_BYTES = 5_000_000
_BAD_KEY = 7  # TMDB's status code
_Result = TypeVar("_Result")


class TmdbMovie(NamedTuple):
    """A movie of TMDB's; `year` is that of its first release, `poster` an address."""

    tmdb_id: int
    title: str
    year: int
    poster: str


class DiscoverPage(NamedTuple):
    """One page of the list of a year: usable movies, other rows by reason."""

    total_pages: int
    total_results: int
    movies: list[TmdbMovie]
    left_out: Counter[str]


class TmdbSource(WebSource):
    """Movies that TMDB lists by year, with enough votes.

    Raises:
        ParamsError: the environment has no key.
    """

    name = "tmdb"
    attribution = "This product uses the TMDB API but is not endorsed or certified by TMDB."

    def __init__(self, archive: Archive, params: Params) -> None:
        super().__init__(archive, params)
        self._secret = _read_key()
        self._left_out: Counter[str] = Counter()

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, with their rates."""
        return [
            # Made for programs, under the terms that come with its key.
            Site("api.themoviedb.org", fetch.tmdb_per_second, robots=False),
            image_site(_IMAGE_HOST, fetch),
        ]

    def initial(self) -> Iterator[Movie]:
        """All movies in a seeded random order."""
        return self._with_imdb_ids(self._in_order)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in the order of `initial`."""
        return self._with_imdb_ids(movie for movie in self._in_order if movie.year == year)

    def describe(self) -> dict[str, Any]:
        """How many movies could not be used so far, by reason."""
        return description(self._left_out)

    @cached_property
    def _in_order(self) -> list[TmdbMovie]:
        # By id, as a movie may move to another page while the pages are read.
        movies: dict[int, TmdbMovie] = {}
        for year in self._params.scrape.years:
            for number in count(1):
                page = self._page(year, number)
                movies |= {movie.tmdb_id: movie for movie in page.movies}
                self._left_out += page.left_out
                if number >= min(page.total_pages, MAX_PAGES):
                    beyond = max(0, page.total_results - MAX_PAGES * _PAGE_SIZE)
                    self._left_out += Counter({f"beyond page {MAX_PAGES}": beyond})
                    break
        return seeded_order(movies.values(), self._params.scrape.seed, attrgetter("tmdb_id"))

    def _page(self, year: int, number: int) -> DiscoverPage:
        query = {
            "primary_release_year": year,
            "sort_by": "vote_count.desc",
            "include_adult": "false",
            "page": number,
            "vote_count.gte": self._params.source.min_votes,
        }
        path = f"discover/movie?{urlencode(query)}"
        return self._get(path, "listing", lambda answer: parse_discover(answer, year))

    def _with_imdb_ids(self, movies: Iterable[TmdbMovie]) -> Iterator[Movie]:
        return filter(None, map(self._with_imdb_id, movies))

    def _with_imdb_id(self, movie: TmdbMovie) -> Movie | None:
        """The movie under its IMDb id, which has to lead back to the same movie of TMDB's."""
        try:
            imdb_id = self._get(f"movie/{movie.tmdb_id}/external_ids", "lookup", parse_external_ids)
            # TMDB may give one IMDb id to two movies.
            find = f"find/{imdb_id}?external_source=imdb_id"
            found = self._get(find, "lookup", parse_find) if imdb_id else []
        except (SiteBlocked, SiteUnreachable):
            raise
        except FetchFailed as failed:
            reason = failed.reason
        except SourceError:
            reason = "malformed answer"
        else:
            if imdb_id and movie.tmdb_id in {other.tmdb_id for other in found}:
                return Movie(imdb_id, movie.title, movie.year, movie.poster)
            reason = "ambiguous id" if imdb_id else "no IMDb id"
        self._left_out[reason] += 1
        return None

    def _get(self, path: str, what: str, parse: Callable[[bytes], _Result]) -> _Result:
        address = _API + path
        limits = Limits(JSON, _MAX_BYTES, self._params.fetch.total_timeout)
        answer = self._archive.get(address, limits, what=what, secret=self._secret)
        with self._archive.reading(address):
            return parse(self._secret.redact(answer.read()))  # error messages quote the answer


def _read_key() -> Secret:
    """The key: the short kind belongs in the query, a token in a header."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise ParamsError(
            f"kind: tmdb needs a key in the environment variable {KEY_VARIABLE}: get one at "
            "https://www.themoviedb.org/settings/api, and never write it into params.yaml"
        )
    if len(key) > 32:
        return Secret(headers={"Authorization": f"Bearer {key}"})
    return Secret(query={"api_key": key})


def parse_discover(answer: bytes, year: int) -> DiscoverPage:
    """Read an answer of `/3/discover/movie`.

    Reasons to leave out a row: `another year`, `no year`, `no poster`, `adult`, `malformed`,
    `repeated`.

    Raises:
        SourceError: TMDB refuses the request, as with a bad key, or the answer has another shape.
    """
    body = _read_object(answer)
    pages, results = integer(body.get("total_pages")), integer(body.get("total_results"))
    if pages is None or results is None:
        raise unexpected(_ANSWER, "integers `total_pages` and `total_results`", answer)
    movies: dict[int, TmdbMovie] = {}
    left_out: Counter[str] = Counter()
    for movie in _movies_and_reasons(body, "results", answer):
        if isinstance(movie, str):
            left_out[movie] += 1
        elif movie.year != year:
            left_out["another year"] += 1
        elif movie.tmdb_id in movies:
            left_out["repeated"] += 1
        else:
            movies[movie.tmdb_id] = movie
    return DiscoverPage(pages, results, [*movies.values()], left_out)


def parse_find(answer: bytes) -> list[TmdbMovie]:
    """Read an answer of `/3/find/tt...`: usable movies; raises as `parse_discover`."""
    movies = _movies_and_reasons(_read_object(answer), "movie_results", answer)
    return [movie for movie in movies if isinstance(movie, TmdbMovie)]


def parse_external_ids(answer: bytes) -> str | None:
    """Read an answer of `/3/movie/.../external_ids`: the IMDb id; raises as `parse_discover`."""
    imdb_id = text(_read_object(answer).get("imdb_id"))
    return imdb_id if imdb_id and IMDB_ID.fullmatch(imdb_id) else None


def _read_object(answer: bytes) -> dict[str, Any]:
    body = read_json(answer, _ANSWER)
    if not isinstance(body, dict):
        raise unexpected(_ANSWER, "an object", answer)
    if body.get("success") is False:
        message = (text(body.get("status_message")) or "no reason is given")[:200]
        if body.get("status_code") == _BAD_KEY:
            raise SourceError(
                f"TMDB does not accept the key in {KEY_VARIABLE}: {message} Get a key at "
                "https://www.themoviedb.org/settings/api"
            )
        raise SourceError(f"TMDB refuses: {message} (code {body.get('status_code')!r:.20})")
    return body


def _movies_and_reasons(body: dict[str, Any], key: str, answer: bytes) -> list[TmdbMovie | str]:
    if not isinstance(body.get(key), list):
        raise unexpected(_ANSWER, f"a list `{key}`", answer)
    return [_movie_or_reason(item) for item in body[key]]


def _movie_or_reason(item: Any) -> TmdbMovie | str:
    tmdb_id = integer(at(item, "id"))
    title = text(at(item, "title")) or text(at(item, "original_title"))
    if tmdb_id is None or title is None:
        return "malformed"
    if at(item, "adult") is True:
        return "adult"
    date = _DATE.fullmatch(text(at(item, "release_date")) or "")
    release_year = year_of_text(date[1]) if date else None
    if release_year is None:
        return "no year"
    path = at(item, "poster_path")
    if not path:
        return "no poster"
    if not isinstance(path, str) or not _POSTER_PATH.fullmatch(path):
        return "malformed"
    return TmdbMovie(tmdb_id, title, release_year, _POSTERS + path)
