"""The `table` source: two CSV files of movies with their posters beside them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from posters.files import unit_interval
from posters.images import read_poster_file
from posters.table import Movie, read_table


class TableSource:
    """Movies from `imdb_id,title,year,file` tables; `file` is relative to its table.

    Args:
        table: the CSV that the initial catalogue is sampled from.
        pool: the CSV that the reserve and the top-up draw on; may be the same file.
        seed: decides the order within either table, whatever the order of its rows.

    Raises:
        TableError: when a table is first asked for and can't be used.
    """

    name = "table"

    def __init__(self, table: Path, pool: Path, *, seed: int) -> None:
        self._table, self._pool = table, pool
        self._seed = seed
        self._files: dict[Movie, Path] = {}

    def initial(self) -> Iterator[Movie]:
        """Movies of the table in a seeded random order."""
        yield from self._read(self._table)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of the pool of one year in a seeded random order."""
        yield from self._by_year.get(year, [])

    def poster(self, movie: Movie) -> bytes:
        """The poster file; refused when it is missing."""
        return read_poster_file(self._files[movie])

    @cached_property
    def _by_year(self) -> dict[int, list[Movie]]:
        by_year: dict[int, list[Movie]] = defaultdict(list)
        for movie in self._read(self._pool):
            by_year[movie.year].append(movie)
        return by_year

    def _read(self, table: Path) -> list[Movie]:
        movies = read_table(table)
        # The movie keeps the relative path, so that no catalogue names a machine's folders.
        self._files.update((movie, table.parent / movie.poster) for movie in movies)
        return sorted(movies, key=lambda movie: unit_interval(self._seed, movie.imdb_id))
