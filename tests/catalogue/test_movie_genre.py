"""Kaggle's MovieGenre.csv is read unchanged, and its unusable rows are counted."""

from pathlib import Path

import pytest

from posters.catalogue.movie_table import Movie, read_table
from posters.errors import TableError

HEADER = "imdbId,Imdb Link,Title,IMDB Score,Genre,Poster"
ADDRESS = (
    "https://images-na.ssl-images-amazon.com/images/M/INVENTED@._V1_UX182_CR0,0,182,268_AL_.jpg"
)
POSTER = "https://m.media-amazon.com/images/M/INVENTED@._V1_QL75_UX300_.jpg"


def row(number: object = 114, title: str = "A Film (1995)", poster: str = ADDRESS) -> str:
    return f'{number},http://www.imdb.com/title/tt{number},"{title}",7.1,Drama,"{poster}"'


def table(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path = folder / "MovieGenre.csv"
    path.write_bytes("".join(f"{line}\n" for line in (HEADER, *rows)).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_rows_are_read_as_movies(tmp_path: Path, encoding: str) -> None:
    rows = row(), row(1234567, "L'été (II) (2016) "), row(98765432)
    parsed = read_table(table(tmp_path, *rows, encoding=encoding))
    assert parsed.movies == [
        Movie("tt0000114", "A Film", 1995, POSTER),
        Movie("tt1234567", "L'été (II)", 2016, POSTER),
        Movie("tt98765432", "A Film", 1995, POSTER),
    ]
    assert not parsed.left_out


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        *((row(title=x), "no year") for x in ("Serial (2007– )", "Far (9999)", "Wide (１９９５)")),
        *((row(poster=x), "no poster") for x in ("", "NA", "ftp://example.org/a.jpg")),
        (row(poster="https://m.media-amazon.com/images/G/01/nopicture.png"), "placeholder"),
        *((row(number=x), "malformed") for x in ("", "tt114", "1.5", "１１４", "1" * 5000)),
        (row(title="(1995)"), "malformed"),
        (row() + ",more", "malformed"),
        (row(9), "repeated"),
    ],
)
def test_unusable_rows_are_counted_by_reason(tmp_path: Path, bad: str, reason: str) -> None:
    parsed = read_table(table(tmp_path, row(9, "First (1990)"), bad, "", row(10)))
    assert [movie.title for movie in parsed.movies] == ["First", "A Film"]
    assert parsed.left_out == {reason: 1}


def test_unclosed_quote_does_not_join_two_rows(tmp_path: Path) -> None:
    first = '115,x,"Open (1995),8.3,A,https://m.media-amazon.com/images/M/ONE@._V1_.jpg'
    second = '116,x,"Odd" Film (1996),6.9,B,https://m.media-amazon.com/images/M/TWO@._V1_.jpg'
    parsed = read_table(table(tmp_path, first, second))
    (movie,) = parsed.movies
    assert (movie.imdb_id, movie.title, movie.year) == ("tt0000116", "Odd Film", 1996)
    assert "/TWO@" in movie.poster
    assert parsed.left_out == {"malformed": 1}


def test_other_separators_do_not_end_a_row(tmp_path: Path) -> None:
    parsed = read_table(table(tmp_path, row(title="A\x85\x1c\u2028Film (1950)")))
    assert len(parsed.movies) == 1


@pytest.mark.parametrize("rows", [[], [row(title="No Year")]])
def test_file_without_usable_rows_is_refused(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(TableError, match="no movie that can be used"):
        read_table(table(tmp_path, *rows))
