"""The `tmdb` source: The Movie Database's interface, with a key and its terms accepted."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlencode

from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Picture
from posters.errors import (
    FetchFailed,
    ParamsError,
    SiteBlocked,
    SiteUnreachable,
    SourceError,
)
from posters.files import unit_interval
from posters.params import FetchParams, PosterParams
from posters.sources.imdb import image_site
from posters.sources.tmdb_answers import (
    Discovered,
    TmdbFilm,
    parse_configuration,
    parse_discover,
    parse_external_ids,
    parse_find,
)
from posters.web.archive import Archive
from posters.web.request import JSON, Limits, Secret, Site, picture_limits

ATTRIBUTION = "This product uses the TMDB API but is not endorsed or certified by TMDB."
KEY_VARIABLE = "TMDB_API_KEY"
INTERFACE, IMAGE_HOST = "https://api.themoviedb.org/3/", "image.tmdb.org"
Parsed = TypeVar("Parsed")
_A_PAGE = 20
# TMDB answers with an error beyond.
_MOST_PAGES = 500
_MAX_BYTES = 5_000_000


def tmdb_sites(settings: FetchParams) -> list[Site]:
    """The hosts that are asked, and how often each may be."""
    return [
        # An interface made for programs, under the terms that come with its key.
        Site("api.themoviedb.org", settings.tmdb_per_second, robots=False),
        image_site(IMAGE_HOST, settings),
    ]


def read_key() -> Secret:
    """The key from the environment: the short one goes into the query, a token into a header.

    Raises:
        ParamsError: there is none.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise ParamsError(
            f"kind: tmdb needs a key in the environment variable {KEY_VARIABLE}: get one at "
            "https://www.themoviedb.org/settings/api, and never write it into params.yaml"
        )
    if len(key) > 32:
        return Secret(headers={"Authorization": f"Bearer {key}"})
    return Secret(query={"api_key": key})


class TmdbSource:
    """Films that TMDB lists by year and votes.

    Args:
        archive: asks the sites, or has their answers.
        settings: how they are asked.
        rules: how large a picture may be.
        years: films of other years are none of ours.
        min_votes: of a film in the natural sample.
        seed: decides which films the natural sample holds.

    Raises:
        ParamsError: there is no key.
    """

    name = "tmdb"
    attribution = ATTRIBUTION

    def __init__(
        self,
        archive: Archive,
        settings: FetchParams,
        rules: PosterParams,
        *,
        years: range,
        min_votes: int,
        seed: int,
    ) -> None:
        self.connections = 2 * settings.image_connections
        self.ledger = archive.ledger
        self._archive = archive
        self._settings = settings
        self._rules = rules
        self._years = years
        self._min_votes = min_votes
        self._seed = seed
        self._secret = read_key()
        self._left_out: Counter[str] = Counter()
        self._pages: dict[str, Discovered] = {}

    def initial(self) -> Iterator[Movie]:
        """Films with enough votes, every one of every year as likely, in a seeded order."""
        places = [
            (year, rank)
            for year in self._years
            for rank in range(
                min(self._page(year, 1, self._min_votes).total_results, _A_PAGE * _MOST_PAGES)
            )
        ]
        for year, rank in sorted(places, key=lambda place: unit_interval(self._seed, *place)):
            films = self._page(year, 1 + rank // _A_PAGE, self._min_votes).films
            if rank % _A_PAGE < len(films) and (movie := self._movie(films[rank % _A_PAGE])):
                yield movie

    def candidates(self, year: int) -> Iterator[Movie]:
        """Films of one year, those with the most votes first."""
        for number in count(1):
            page = self._page(year, number, 0)
            yield from filter(None, map(self._movie, page.films))
            if number >= min(page.total_pages, _MOST_PAGES):
                return

    def poster(self, movie: Movie) -> Picture:
        """The poster, 342 pixels wide."""
        limits = picture_limits(self._rules, self._settings)
        held = self._archive.get(movie.poster, limits, what="poster", imdb_id=movie.imdb_id)
        return Picture(held.read(), movie.poster)

    def describe(self) -> dict[str, Any]:
        """The films that could not be used, by reason."""
        return {"left_out": dict(sorted(self._left_out.items()))}

    def _page(self, year: int, number: int, min_votes: int) -> Discovered:
        query = {
            "primary_release_year": year,
            "sort_by": "vote_count.desc",
            "include_adult": "false",
            "page": number,
        } | ({"vote_count.gte": min_votes} if min_votes else {})
        address = f"{INTERFACE}discover/movie?{urlencode(query)}"
        if address not in self._pages:
            answer = self._ask(address, "listing")
            with self._archive.reading(address):
                self._pages[address] = parse_discover(answer, year, self._images)
            self._left_out += self._pages[address].left_out
        return self._pages[address]

    def _movie(self, film: TmdbFilm) -> Movie | None:
        """A film under its IMDb id, by which the catalogue knows movies, asked for both ways."""
        try:
            imdb_id = self._read(f"movie/{film.tmdb_id}/external_ids", parse_external_ids)
            if imdb_id is None:
                self._left_out["no IMDb id"] += 1
                return None
            # TMDB may give one IMDb id to two films; which it means, it says when asked by the id.
            found = self._read(f"find/{imdb_id}?external_source=imdb_id", parse_find)
        except (FetchFailed, SourceError) as failed:
            if isinstance(failed, SiteBlocked | SiteUnreachable):
                raise
            reason = failed.reason if isinstance(failed, FetchFailed) else "malformed answer"
            self._left_out[reason] += 1
            return None
        if film.tmdb_id not in {other.tmdb_id for other in found}:
            self._left_out["ambiguous id"] += 1
            return None
        return Movie(imdb_id, film.title, film.year, film.poster)

    def _read(self, path: str, parse: Callable[[bytes], Parsed]) -> Parsed:
        """What TMDB says about one film."""
        answer = self._ask(INTERFACE + path, "lookup")
        with self._archive.reading(INTERFACE + path):
            return parse(answer)

    def _ask(self, address: str, what: str) -> bytes:
        limits = Limits(JSON, _MAX_BYTES, self._settings.total_timeout)
        held = self._archive.get(address, limits, what=what, secret=self._secret)
        # What can't be read is quoted in messages.
        return self._secret.redact(held.read())

    @cached_property
    def _images(self) -> str:
        """Where posters are, in the size that is asked for."""
        address = f"{INTERFACE}configuration"
        answer = self._ask(address, "listing")
        with self._archive.reading(address):
            return parse_configuration(answer)
