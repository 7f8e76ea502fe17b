"""The `sample` source: an invented catalogue with posters this project draws itself.

Its shape is that of real movies: a natural sample is mostly recent (its median is near 2000) and
thin before 1930, and of the oldest years only a handful of movies exist at all, so that a top-up
falls short there.
"""

import io
from collections.abc import Iterator
from functools import cache as remember
from functools import cached_property
from pathlib import Path

import numpy as np

from posters import drawing
from posters.files import sha256, unit_interval, write_bytes
from posters.sources.titles import invent_title
from posters.table import Movie

_JPEG_QUALITY = 88

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


class SampleSource:
    """Invented movies; posters drawn when they are asked for, and kept.

    Args:
        movies: size of the initial catalogue.
        first_year, last_year: the years movies are of.
        seed: decides the catalogue and every poster.
        cache: folder that drawn posters are kept in.
    """

    name = "sample"

    def __init__(
        self, *, movies: int, first_year: int, last_year: int, seed: int, cache: Path
    ) -> None:
        self._movies = movies
        self._years = range(first_year, last_year + 1)
        self._seed = seed
        self._cache = cache

    def initial(self) -> Iterator[Movie]:
        """Movies whose years follow the natural distribution."""
        for number in range(2 * self._movies):
            imdb_id = f"tt990{number:07d}"
            place = unit_interval(self._seed, "year", imdb_id)
            year = self._years[int(np.searchsorted(self._cumulative[:-1], place, side="right"))]
            yield self._movie(imdb_id, year)

    def candidates(self, year: int) -> Iterator[Movie]:
        """The further movies of a year, in a fixed order."""
        number = round(float(np.interp(year, list(_POOL), list(_POOL.values()))))
        number += int(unit_interval(self._seed, "pool", year) * 3) - 1
        for rank in range(number):
            yield self._movie(f"tt991{year}{rank:03d}", year)

    def poster(self, movie: Movie) -> bytes:
        """Draw a movie's poster as a JPEG file, or take the one drawn before."""
        key = sha256(f"{_drawing_digest()}:{self._seed}:{movie}".encode())
        kept = self._cache / key[:2] / f"{key}.jpg"
        if kept.exists():
            return kept.read_bytes()
        seed = int(unit_interval(self._seed, "poster", movie.imdb_id) * 2**53)
        content = io.BytesIO()
        drawing.draw_poster(movie.title, movie.year, seed).save(
            content, "JPEG", quality=_JPEG_QUALITY
        )
        write_bytes(kept, content.getvalue())
        return content.getvalue()

    def _movie(self, imdb_id: str, year: int) -> Movie:
        generator = np.random.default_rng(int(unit_interval(self._seed, "title", imdb_id) * 2**53))
        return Movie(imdb_id, invent_title(generator), year, f"drawn:{imdb_id}")

    @cached_property
    def _cumulative(self) -> np.ndarray:
        weights = np.interp(self._years, list(_NATURAL), list(_NATURAL.values()))  # (n_years,)
        return np.asarray(np.cumsum(weights) / weights.sum())


@remember
def _drawing_digest() -> str:
    """Changes with the code that draws: no poster of an older pen is taken from the cache."""
    folder = Path(drawing.__file__).parent
    return sha256(b"".join(file.read_bytes() for file in sorted(folder.glob("*.py"))))
