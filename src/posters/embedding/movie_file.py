"""Movies in the order of the rows they belong to, looked up by the row without reading them all.

`movies.csv` is a plain table; `movie_starts.npy` says at which byte each of its rows begins. So a
million movies are opened as fast as ten.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from posters.errors import DataError

FILES = ("movies.csv", "movie_starts.npy")


@dataclass(frozen=True)
class Movie:
    """What is said of a neighbour.

    Attributes:
        file: the poster, relative to the folder of the catalogue.
    """

    imdb_id: str
    title: str
    year: int
    file: str


class MovieFile(Sequence[Movie]):
    """What `write_movies` wrote.

    Args:
        folder: where the two files lie.

    Raises:
        FileNotFoundError: one of them is missing.
        DataError: they don't fit together; also raised later, for a row that is damaged.
    """

    def __init__(self, folder: Path) -> None:
        table, starts = (folder / file for file in FILES)
        self._starts = np.load(starts, mmap_mode="r")
        self._file = table.open("rb")
        fits = self._starts.ndim == 1 and len(self._starts) and self._starts.dtype == np.int64
        if not fits or self._file.seek(0, io.SEEK_END) != self._starts[-1]:
            raise DataError(f"{FILES[0]} and {FILES[1]} do not fit together: run `dvc repro`")

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, row: int) -> Movie: ...
    @overload
    def __getitem__(self, row: slice) -> list[Movie]: ...
    def __getitem__(self, row: int | slice) -> Movie | list[Movie]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        number = range(len(self))[row]
        self._file.seek(self._starts[number])
        return next(_parsed(self._file.read(self._starts[number + 1] - self._starts[number])))

    def __iter__(self) -> Iterator[Movie]:
        self._file.seek(self._starts[0])
        return _parsed(self._file.read())


def _parsed(content: bytes) -> Iterator[Movie]:
    try:
        for imdb_id, title, year, file in csv.reader(
            io.StringIO(content.decode("utf-8"), newline=""), strict=True
        ):
            yield Movie(imdb_id, title, int(year), file)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{FILES[0]} is damaged ({error}): run `dvc repro`") from error


def write_movies(folder: Path, movies: Sequence[Movie]) -> None:
    """Write both files into a folder that is there."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    starts = [0]
    with (folder / FILES[0]).open("wb") as file:
        for row in (
            ("imdb_id", "title", "year", "file"),
            *((movie.imdb_id, movie.title, movie.year, movie.file) for movie in movies),
        ):
            table.seek(0)
            table.truncate()
            writer.writerow(row)
            starts.append(starts[-1] + file.write(table.getvalue().encode("utf-8")))
    # The first start is the header's.
    np.save(folder / FILES[1], np.array(starts[1:], dtype=np.int64))
