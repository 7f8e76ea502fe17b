"""A table of movies is read whole, or refused with the numbers of its bad lines."""

import os
from pathlib import Path

import pytest

from posters.catalogue import movie_table
from posters.catalogue.movie_table import Movie, read_table
from posters.errors import TableError

HEADER = "imdb_id,title,year,file"
ROW = "tt0017136,Metropolis,1927,metropolis.jpg"
JAWS = "tt0070047,Jaws,1975,b/jaws.png"
METROPOLIS = Movie("tt0017136", "Metropolis", 1927, "metropolis.jpg")
ADDRESS = "https://example.org/posters/metropolis.jpg"
URL_HEADER = "imdb_id,title,year,poster_url"
BOTH_HEADER = "imdb_id,title,year,file,poster_url"


def table(folder: Path, *lines: str) -> Path:
    path = folder / "movies.csv"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def movies(path: Path) -> list[Movie]:
    parsed = read_table(path)
    assert not parsed.left_out
    return parsed.movies


def error_message(path: Path) -> str:
    with pytest.raises(TableError) as error:
        read_table(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_columns_may_be_in_any_order(tmp_path: Path) -> None:
    path = table(tmp_path, "note, file,year,title ,score,imdb_id", "x,a.jpg,1927,M,8,tt0017136")
    assert movies(path) == [Movie("tt0017136", "M", 1927, "a.jpg")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark_are_read(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "movies.csv"
    path.write_bytes(("\ufeff" + HEADER + line_end + ROW + line_end).encode())
    assert movies(path) == [METROPOLIS]


def test_spaces_and_blank_lines_are_ignored(tmp_path: Path) -> None:
    row = " tt0017136 ,  Metropolis,1927 ,\tmetropolis.jpg "
    assert movies(table(tmp_path, HEADER, "", row, ",,,", "  ")) == [METROPOLIS]


def test_any_title_is_read_as_text(tmp_path: Path) -> None:
    titles = ["NA", "007", "1e5", "True", "#", "東京物語", 'Crime, ""and""\nPunishment']
    rows = [f'tt{n:07d},"{title}",1927,a.jpg' for n, title in enumerate(titles)]
    path = table(tmp_path, HEADER, *rows, "tt1234567890,Long id,1927,a")
    expected = [title.replace('""', '"') for title in titles]
    assert [movie.title for movie in movies(path)] == [
        *(title.replace("\n", " ") for title in expected),
        "Long id",
    ]


def test_control_characters_in_titles_become_spaces(tmp_path: Path) -> None:
    # Reversed text, a window's title, the one-byte CSI, and both new separators of lines.
    title = "\u202eA\x1b]0;B\x07 \x9b31mC\u2067\x00D\u2028E\x85F\u2069"
    assert movies(table(tmp_path, HEADER, f"tt0000001,{title},1927,a.jpg"))[0].title == (
        "A ]0;B 31mC D E F"
    )
    for title in ("می\u200cخواهم", "👩\u200d🚀", "שלום\u200f!", "e\u0301", "नमस्ते"):
        assert movies(table(tmp_path, HEADER, f"tt0000001,{title},1927,a.jpg"))[0].title == title


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["", "  "], f"movies.csv is empty: expected a header {HEADER}"),
        ([HEADER], "movies.csv has a header but no movies"),
        (["imdb_id,title,yaer,file", ROW], "lacks the column year: expected imdb_id,"),
        (["imdb_id,title,year", "tt1,M,1927"], "(or poster_url for file)"),
        (["imdb_id,title,year,year,file", ROW], "has the column year twice"),
        ([HEADER, 'tt0017136,"M"x,1927,a.jpg'], "movies.csv line 2: "),
    ],
)
def test_bad_headers_and_quotes_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    assert "there is no table" in error_message(tmp_path / "movies.csv")
    assert message in error_message(table(tmp_path, *lines))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        *(
            (f"{imdb_id},M,1927,a.jpg", f"imdb_id {imdb_id[:20]!r} is not tt and 7 to 10 digits")
            for imdb_id in ("", "tt17136", "TT0017136", "tt001713x", "tt١٢٣٤٥٦٧", "tt" + "1" * 302)
        ),
        *(
            (f"tt0017136,M,{year},a.jpg", f"year {year!r} is not a year")
            for year in ("199x", "", "3000", "1995.0", "+1995", "1869", "１９９５", "²")
        ),
        ("tt0017136,  ,1927,a.jpg", "title is empty"),
        ("tt0017136,M,1927,", "no value in file"),
        ("tt0017136,M,1927", "3 values for 4 columns"),
        ("tt0017136,M,1927,a\x1b[2J.jpg", r"file 'a\x1b[2J.jpg' contains control characters"),
        ("tt0017136,M,1927,https://", "file 'https://' is not an http or https address"),
        ("tt0070047,Jaws 2,1978,b.jpg", "imdb_id tt0070047 is also on line 2"),
    ],
)
def test_bad_row_is_reported_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    error = error_message(table(tmp_path, HEADER, JAWS, row))
    assert error.startswith(f"movies.csv: 1 rows can't be used: line 3: {message}")


def test_line_numbers_include_newlines_in_titles(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, 'tt0017136,"Two\nlines",1927,a.jpg', "tt0070047,Jaws,197x,b.jpg")
    assert "line 4: year '197x'" in error_message(path)


def test_first_problems_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    rows = (f"tt{n:07d},M,19xx,a.jpg" for n in range(40))
    error = error_message(table(tmp_path, HEADER, *rows, ROW))
    assert error.startswith("movies.csv: 40 rows can't be used: line 2: year '19xx'")
    assert error.count("line ") == 5
    assert "and 35 more" in error


def test_only_a_regular_file_of_bounded_size_is_read(tmp_path: Path) -> None:
    fifo, huge = tmp_path / "fifo.csv", tmp_path / "huge.csv"
    os.mkfifo(fifo)
    with huge.open("wb") as file:
        file.truncate(movie_table.MAX_TABLE_BYTES + 1)
    for path in (fifo, huge, tmp_path, Path("/dev/zero")):
        assert "can't be read: " in error_message(path)
        assert "expected a CSV file of at most 100,000,000 bytes" in error_message(path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "movies.csv"
    path.write_bytes(f"{HEADER}\ntt0211915,Amélie,2001,a.jpg\n".encode(encoding))
    assert "movies.csv can't be read as UTF-8" in error_message(path)


@pytest.mark.parametrize(
    ("header", "poster", "expected"),
    [
        (URL_HEADER, "HTTP://example.org/x", "HTTP://example.org/x"),
        (BOTH_HEADER, f",{ADDRESS}", ADDRESS),
        (BOTH_HEADER, f"a.jpg,{ADDRESS}", "a.jpg"),
    ],
)
def test_poster_may_be_an_address(tmp_path: Path, header: str, poster: str, expected: str) -> None:
    path = table(tmp_path, header, f"tt0017136,Metropolis,1927,{poster}")
    assert movies(path) == [Movie("tt0017136", "Metropolis", 1927, expected)]


@pytest.mark.parametrize(
    ("header", "poster", "message"),
    [
        (URL_HEADER, "a.jpg", "poster_url 'a.jpg' is not an http or https address"),
        (URL_HEADER, "https://example.org/a b.jpg", "is not an http or https address"),
        (URL_HEADER, "https://[", "is not an http or https address"),
        (URL_HEADER, "https://example.org/\u202egpj.exe", "is not an http or https address"),
        (BOTH_HEADER, ",", "no value in file or poster_url"),
    ],
)
def test_bad_addresses_are_refused(tmp_path: Path, header: str, poster: str, message: str) -> None:
    error = error_message(table(tmp_path, header, f"tt0017136,M,1927,{poster}"))
    assert "1 rows can't be used: line 2: " in error
    assert message in error
