"""A source held in memory, and the catalogues that are gathered from it."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from posters.catalogue.entries import Entry, Origin
from posters.catalogue.gathering import Gatherer, Queue
from posters.catalogue.movie_table import Movie
from posters.catalogue.rebalancing import Rebalanced, rebalance
from posters.errors import PosterRefused
from posters.params import RebalanceParams, load_params
from posters.sources import Picture

RULES = load_params().posters.model_copy(update={"min_side": 60})
YEARS = range(1990, 1996)
BEFORE = 1994
ORIGINS: tuple[Origin, ...] = ("initial", "reserve", "topup")


def picture(seed: int, size: tuple[int, int] = (80, 120)) -> Image.Image:
    patches = np.random.default_rng(seed).integers(0, 256, (17, 18, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format_name: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, quality=70)
    return file.getvalue()


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
        self.queue: list[Movie] = []
        self.asked: list[str] = []
        self._posters: dict[str, bytes | None] = {}

    def add(self, year: int, *posters: bytes | int | None) -> None:
        """Candidates of a year; a number stands for a picture of its own."""
        for poster in posters:
            number = len(self.movies) + 1
            movie = Movie(f"tt{number:07d}", f"Movie {number}", year, f"memory/{number}")
            self.movies.append(movie)
            content = encoded(picture(poster)) if isinstance(poster, int) else poster
            self._posters[movie.imdb_id] = content

    def initial(self) -> Iterator[Movie]:
        yield from self.queue

    def candidates(self, year: int) -> Iterator[Movie]:
        return (movie for movie in self.movies if movie.year == year)

    def describe(self) -> dict[str, Any]:
        return {"left_out": {}}

    def poster(self, movie: Movie) -> Picture:
        self.asked.append(movie.imdb_id)
        content = self._posters[movie.imdb_id]
        if content is None:
            raise PosterRefused("missing", "no such poster")
        return Picture(content, movie.poster)


def plentiful(per_year: int = 12) -> MemorySource:
    """Every year has so many movies, each third of them with a poster that is refused."""
    source = MemorySource()
    bad = (TOO_SMALL, LANDSCAPE, HTML, None)
    for year in YEARS:
        for number in range(per_year):
            useless = number % 3 == 2
            source.add(year, bad[number // 3 % 4] if useless else year * 100 + number)
    return source


def gatherer_of(
    source: MemorySource, folder: Path, max_failed: float = 0.99, wanted: int = 1000
) -> Gatherer:
    """A gatherer that writes each origin's posters where a catalogue in `folder` names them."""
    folders = {origin: folder / "posters" / origin for origin in ORIGINS}
    for made in folders.values():
        made.mkdir(parents=True, exist_ok=True)
    return Gatherer(source, RULES, folders, range(1888, 2017), max_failed, wanted)


def initial_catalogue(source: MemorySource, folder: Path, picks: int) -> list[Entry]:
    """The first few movies of the last years become the initial catalogue, as `scrape` does it."""
    gatherer = gatherer_of(source, folder)
    found = []
    for year in YEARS[2:]:
        for _ in range(picks):
            entry = Queue(source.candidates(year), gatherer).first_accepted("initial")
            found += [entry] if entry else []
    return found


def topped_up(
    source: MemorySource, folder: Path, t: int, *, reserve: int = 2, picks: int = 0
) -> tuple[list[Entry], Rebalanced, Gatherer]:
    """The initial catalogue, what the top-up came to, and who gathered it."""
    initial = initial_catalogue(source, folder, picks)
    gatherer = gatherer_of(source, folder)
    gatherer.know(initial, folder)
    params = RebalanceParams(t=t, before=BEFORE, reserve=reserve)
    return initial, rebalance(gatherer, [e.year for e in initial], YEARS, params), gatherer


def per_year(entries: list[Entry]) -> Counter[int]:
    return Counter(entry.year for entry in entries)
