"""The `sample` source's catalogue: invented movies with posters this project draws itself.

Its shape is that of real movies: a natural sample is mostly recent (its median is near 2000) and
thin before 1930, and of the oldest years only a handful of movies exist at all, so that a top-up
falls short there.
"""

import io
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

import sample_posters
from posters.catalogue.movie_table import Movie
from posters.errors import PosterRefused
from posters.files import sha256, unit_interval
from posters.images import fonts
from posters.sources.imdb_datasets import Film
from posters.sources.replica import NATURAL_VOTES
from posters.sources.titles import invent_title

_JPEG_QUALITY = 88
_WITHOUT_POSTER = 0.02

# Movies of a year in a natural sample, relative to each other, at these years (linear between).
_NATURAL = {
    1888: 0.05,
    1910: 0.5,
    1930: 2,
    1945: 4,
    1970: 10,
    1985: 11,
    1999: 14,
    2004: 32,
    2016: 65,
}
# Further movies of a year that exist at these years.
_POOL = {1888: 3, 1905: 6, 1915: 16, 1925: 26, 1931: 70, 2016: 70}


class SampleShelf:
    """Invented films for the replica; posters are drawn when they are asked for.

    Args:
        movies: how many a natural sample needs at most.
        years: the years the films are of.
        seed: decides the catalogue and every poster.
    """

    def __init__(self, *, movies: int, years: range, seed: int) -> None:
        self._years = years
        self._seed = seed
        self._drawn_by = _drawing_digest()
        natural = [*self._natural(round(1.1 * movies) + 10)]
        self._films = [
            *(Film(m.imdb_id, m.title, m.year, NATURAL_VOTES) for m in natural),
            *(
                Film(m.imdb_id, m.title, m.year, NATURAL_VOTES - 1 - rank)
                for year in years
                for rank, m in enumerate(self._further(year))
            ),
        ]
        self._by_id = {film.imdb_id: film for film in self._films}

    def films(self) -> list[Film]:
        """Those of the natural sample, then the further ones of each year."""
        return self._films

    def key(self, imdb_id: str) -> str | None:
        """Changes with whatever decides the drawing; a few films have no poster, as real ones."""
        if unit_interval(self._seed, "without poster", imdb_id) < _WITHOUT_POSTER:
            return None
        film = self._by_id[imdb_id]
        named = f"{self._drawn_by}:{self._seed}:{imdb_id}:{film.title}:{film.year}"
        return sha256(named.encode())[:16]

    def picture(self, imdb_id: str) -> bytes:
        """Draw a film's poster as a JPEG file."""
        film = self._by_id.get(imdb_id)
        if film is None:
            raise PosterRefused("missing", f"no film {imdb_id}")
        seed = int(unit_interval(self._seed, "poster", imdb_id) * 2**53)
        content = io.BytesIO()
        image = sample_posters.draw_poster(film.title, film.year, seed)
        image.save(content, "JPEG", quality=_JPEG_QUALITY)
        return content.getvalue()

    def _natural(self, number: int) -> Iterator[Movie]:
        """Movies whose years follow the natural distribution."""
        for rank in range(number):
            imdb_id = f"tt990{rank:07d}"
            place = unit_interval(self._seed, "year", imdb_id)
            year = self._years[int(np.searchsorted(self._cumulative[:-1], place, side="right"))]
            yield self._movie(imdb_id, year)

    def _further(self, year: int) -> Iterator[Movie]:
        """The further movies of a year."""
        number = round(float(np.interp(year, list(_POOL), list(_POOL.values()))))
        number += int(unit_interval(self._seed, "pool", year) * 3) - 1
        for rank in range(number):
            yield self._movie(f"tt991{year}{rank:03d}", year)

    def _movie(self, imdb_id: str, year: int) -> Movie:
        generator = np.random.default_rng(int(unit_interval(self._seed, "title", imdb_id) * 2**53))
        return Movie(imdb_id, invent_title(generator), year, "")

    @cached_property
    def _cumulative(self) -> np.ndarray:
        weights = np.interp(self._years, list(_NATURAL), list(_NATURAL.values()))  # (n_years,)
        return np.asarray(np.cumsum(weights) / weights.sum())


def _drawing_digest() -> str:
    """Changes with the code that draws: no poster of an older pen is taken from the archive."""
    files = [*sorted(Path(sample_posters.__file__).parent.glob("*.py")), Path(fonts.__file__)]
    return sha256(b"".join(file.read_bytes() for file in files))
