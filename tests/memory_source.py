"""A source whose posters are held in memory, and catalogues that are gathered from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sites import params_with
from small_pictures import encoded, picture

from posters.catalogue.entries import Entry, Origin
from posters.catalogue.gathering import Gatherer, Queue
from posters.catalogue.movie_table import Movie
from posters.catalogue.rebalancing import Rebalanced, rebalance
from posters.catalogue.source_protocol import Picture, Source
from posters.errors import PosterRefused
from posters.params import RebalanceParams

YEARS = range(1990, 1996)
BEFORE = 1994
ORIGINS: tuple[Origin, ...] = ("initial", "reserve", "topup")


TOO_SMALL, LANDSCAPE = encoded(picture(0, (30, 45))), encoded(picture(0, (120, 80)))
HTML = b"<html>not found</html>"


class MemorySource:
    """A source whose movies and posters are held in memory; a poster of None is missing."""

    name = "memory"
    attribution = ""
    ledger = None

    def __init__(self, connections: int = 1) -> None:
        self.connections = connections
        self.movies: list[Movie] = []
        self.fetched: list[str] = []
        self._posters: dict[str, bytes | None] = {}

    def add(self, year: int, *posters: bytes | int | None) -> None:
        """Add candidates of a year; a number stands for a different picture each."""
        for poster in posters:
            number = len(self.movies) + 1
            movie = Movie(f"tt{number:07d}", f"Movie {number}", year, f"memory/{number}")
            self.movies.append(movie)
            content = encoded(picture(poster)) if isinstance(poster, int) else poster
            self._posters[movie.imdb_id] = content

    def initial(self) -> Iterator[Movie]:
        return iter(self.movies)

    def candidates(self, year: int) -> Iterator[Movie]:
        return (movie for movie in self.movies if movie.year == year)

    def describe(self) -> dict[str, Any]:
        return {"left_out": {}}

    def poster(self, movie: Movie) -> Picture:
        self.fetched.append(movie.imdb_id)
        content = self._posters[movie.imdb_id]
        if content is None:
            raise PosterRefused("missing", "no such poster")
        return Picture(content, movie.poster)


def plentiful_source(per_year: int = 12) -> MemorySource:
    """A source with so many movies of every year; the poster of each third one is refused."""
    source = MemorySource()
    bad = (TOO_SMALL, LANDSCAPE, HTML, None)
    for year in YEARS:
        for number in range(per_year):
            unusable = number % 3 == 2
            source.add(year, bad[number // 3 % 4] if unusable else year * 100 + number)
    return source


def make_gatherer(
    source: Source,
    folder: Path,
    *,
    max_failed: float = 0.99,
    wanted: int = 1000,
    placeholders: tuple[str, ...] = (),
) -> Gatherer:
    """A gatherer that writes posters to where a catalogue in `folder` expects them."""
    folders = {origin: folder / "posters" / origin for origin in ORIGINS}
    for each in folders.values():
        each.mkdir(parents=True, exist_ok=True)
    params = params_with(
        posters={"min_side": 60, "placeholders": placeholders}, scrape={"max_failed": max_failed}
    )
    return Gatherer(source, params, folders, wanted, folder)


def topped_up(
    source: MemorySource, folder: Path, t: int, *, reserve: int = 2, initial_per_year: int = 0
) -> tuple[list[Entry], Rebalanced, Gatherer]:
    """The first few movies of the last four years, the result of rebalancing, the gatherer."""
    gatherer = make_gatherer(source, folder)
    queues = [Queue(source.candidates(year), gatherer) for year in YEARS[2:]]
    accepted = [queue.next_accepted("initial") for queue in queues for _ in range(initial_per_year)]
    initial = [entry for entry in accepted if entry]
    gatherer = make_gatherer(source, folder)
    gatherer.add_known(initial, folder)
    params = RebalanceParams(t=t, before=BEFORE, reserve=reserve)
    return initial, rebalance(gatherer, [e.year for e in initial], YEARS, params), gatherer
