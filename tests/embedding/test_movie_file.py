"""Movies are found by their row, whatever their titles are made of."""

from pathlib import Path

import numpy as np
import pytest

from posters.embedding.movie_file import FILES, Movie, MovieFile, write_movies
from posters.errors import DataError

TITLES = [
    "Amélie",
    'He said "no", twice',
    "Two\nlines",
    "",
    " ",
    "東京物語",
    "a\r\nb",
    "x" * 70_000,
]
MOVIES = [
    Movie(f"tt{number:07d}", title, 1900 + number, f"posters/{number}.jpg")
    for number, title in enumerate(TITLES)
]


def written(folder: Path, movies: list[Movie]) -> MovieFile:
    write_movies(folder, movies)
    return MovieFile(folder)


def test_every_row_gives_its_own_movie_in_any_order(tmp_path: Path) -> None:
    movies = written(tmp_path, MOVIES)
    assert len(movies) == len(MOVIES)
    for row in (5, 0, 7, 2, 6, 1, 4, 3, 3):
        assert movies[row] == MOVIES[row]
    assert list(movies) == MOVIES
    assert movies[5] == MOVIES[5]  # also after all were read
    assert movies[-1] == MOVIES[-1]
    assert movies[2:4] == MOVIES[2:4]
    with pytest.raises(IndexError):
        movies[len(MOVIES)]


def test_no_movies_are_a_file_too(tmp_path: Path) -> None:
    movies = written(tmp_path, [])
    assert (len(movies), list(movies)) == (0, [])


def test_the_table_is_one_that_people_can_read(tmp_path: Path) -> None:
    write_movies(tmp_path, MOVIES[:1])
    table = (tmp_path / "movies.csv").read_text(encoding="utf-8")
    assert table == "imdb_id,title,year,file\ntt0000000,Amélie,1900,posters/0.jpg\n"


@pytest.mark.parametrize("file", FILES)
def test_files_of_different_runs_do_not_fit_together(tmp_path: Path, file: str) -> None:
    (tmp_path / "other").mkdir()
    write_movies(tmp_path, MOVIES)
    write_movies(tmp_path / "other", MOVIES[1:])
    (tmp_path / file).write_bytes((tmp_path / "other" / file).read_bytes())
    with pytest.raises(DataError, match=r"do not fit together: run `dvc repro`"):
        MovieFile(tmp_path)


def test_starts_of_another_kind_do_not_fit(tmp_path: Path) -> None:
    write_movies(tmp_path, MOVIES)
    size = (tmp_path / FILES[0]).stat().st_size
    for starts in (np.zeros(0, np.int64), np.array([[0, size]]), np.array([0.0, size])):
        np.save(tmp_path / FILES[1], starts)
        with pytest.raises(DataError, match=r"do not fit together: run `dvc repro`"):
            MovieFile(tmp_path)


@pytest.mark.parametrize("damage", [b"\xff", b'"', b","])
def test_a_damaged_row_is_an_error_that_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    write_movies(tmp_path, MOVIES)
    table = tmp_path / FILES[0]
    content = table.read_bytes()
    at = content.index(b"1900,")
    table.write_bytes(content[:at] + damage + content[at + len(damage) :])
    movies = MovieFile(tmp_path)
    for read in (lambda: movies[0], lambda: list(movies)):
        with pytest.raises(DataError, match=r"movies\.csv is damaged .* run `dvc repro`"):
            read()
    assert movies[1] == MOVIES[1]
