"""A person's table of movies is read whole, or refused with the lines that are wrong."""

from pathlib import Path

import pytest

from posters.catalogue.movie_table import Movie, read_table
from posters.errors import TableError

HEADER = "imdb_id,title,year,file"
ROW = "tt0017136,Metropolis,1927,metropolis.jpg"
JAWS = "tt0070047,Jaws,1975,b/jaws.png"
METROPOLIS = Movie("tt0017136", "Metropolis", 1927, "metropolis.jpg")


def table(folder: Path, *lines: str) -> Path:
    path = folder / "movies.csv"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def movies(path: Path) -> list[Movie]:
    """The movies of a table that is read whole."""
    parsed = read_table(path)
    assert not parsed.left_out
    return parsed.movies


def refusal(path: Path) -> str:
    """What `read_table` says about a table that it refuses, in one line."""
    with pytest.raises(TableError) as refused:
        read_table(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_plain_table_gives_its_movies_in_their_order(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, JAWS, ROW)
    assert movies(path) == [Movie("tt0070047", "Jaws", 1975, "b/jaws.png"), METROPOLIS]


def test_columns_may_come_in_any_order_with_others_between(tmp_path: Path) -> None:
    path = table(tmp_path, "note,file,year,title,score,imdb_id", "x,a.jpg,1927,M,8,tt0017136")
    assert movies(path) == [Movie("tt0017136", "M", 1927, "a.jpg")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_line_ends_and_a_byte_order_mark_are_read(
    tmp_path: Path, line_end: str, mark: str
) -> None:
    path = tmp_path / "movies.csv"
    path.write_bytes((mark + HEADER + line_end + ROW + line_end).encode())
    assert movies(path) == [METROPOLIS]


def test_quoted_commas_quotes_and_newlines_belong_to_the_title(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, 'tt0017136,"Crime, ""and""\nPunishment",1927,a.jpg', JAWS)
    assert [movie.title for movie in movies(path)] == ['Crime, "and"\nPunishment', "Jaws"]


def test_surrounding_spaces_are_no_part_of_a_value(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, " tt0017136 ,  Metropolis,1927 ,\tmetropolis.jpg ")
    assert movies(path) == [METROPOLIS]


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    assert movies(table(tmp_path, HEADER, "", ROW, ",,,", "  ")) == [METROPOLIS]


@pytest.mark.parametrize("title", ["NA", "None", "nan", "null", "007", "1984", "1e5", "True", "#"])
def test_titles_that_look_like_something_else_stay_titles(tmp_path: Path, title: str) -> None:
    path = table(tmp_path, HEADER, f"tt0017136,{title},1927,a.jpg")
    assert [movie.title for movie in movies(path)] == [title]


def test_titles_of_every_script_are_read(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, "tt0046438,東京物語,1953,a.jpg", "tt0211915,Amélie,2001,b.jpg")
    assert [movie.title for movie in movies(path)] == ["東京物語", "Amélie"]


@pytest.mark.parametrize("imdb_id", ["tt0000001", "tt12345678", "tt1234567890"])
def test_ids_of_seven_digits_and_more_are_read(tmp_path: Path, imdb_id: str) -> None:
    assert movies(table(tmp_path, HEADER, f"{imdb_id},M,1927,a"))[0].imdb_id == imdb_id


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "movies.csv" in refusal(tmp_path / "movies.csv")


@pytest.mark.parametrize("lines", [[], [""], ["", "  "]])
def test_an_empty_file_is_refused_with_the_header_expected(
    tmp_path: Path, lines: list[str]
) -> None:
    said = refusal(table(tmp_path, *lines))
    assert said.startswith("movies.csv is empty")
    assert HEADER in said


def test_a_header_without_movies_is_refused(tmp_path: Path) -> None:
    assert refusal(table(tmp_path, HEADER)).startswith("movies.csv has a header but no movies")


def test_a_misspelt_column_is_named_with_what_was_received(tmp_path: Path) -> None:
    said = refusal(table(tmp_path, "imdb_id,title,yaer,file", ROW))
    assert "lacks the column year:" in said
    assert "received imdb_id,title,yaer,file" in said


def test_all_missing_columns_are_named(tmp_path: Path) -> None:
    assert "lacks the column title, file:" in refusal(table(tmp_path, "imdb_id,year", "tt1,1927"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        *(
            (f"{imdb_id},M,1927,a.jpg", f"imdb_id {imdb_id!r} is not tt and 7 to 20 digits")
            for imdb_id in (
                "",
                "tt17136",
                "0017136",
                "17136",
                "TT0017136",
                "tt001713x",
                "tt0017136x",
                "nm0017136",
            )
        ),
        *(
            (f"tt0017136,M,{year},a.jpg", f"year {year!r} is not a year")
            for year in ("199x", "", "19", "3000", "1995.0", "-5", "+1995", "1869", "１９９５", "²")
        ),
        ("tt0017136,,1927,a.jpg", "title is empty"),
        ("tt0017136,  ,1927,a.jpg", "title is empty"),
        ("tt0017136,M,1927,", "file is empty"),
        ("tt0017136,M,1927", "has 3 values for 4 columns"),
        ("tt0017136,Crime, and Punishment,1927,a.jpg", "has 5 values for 4 columns"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: str, said: str) -> None:
    message = refusal(table(tmp_path, HEADER, JAWS, row))
    assert message.startswith("movies.csv: 1 rows can't be used: line 3")
    assert said in message


def test_a_repeated_id_is_named_with_both_its_lines(tmp_path: Path) -> None:
    said = refusal(table(tmp_path, HEADER, ROW, JAWS, ROW))
    assert "line 4: imdb_id tt0017136 was on line 2 already" in said


def test_line_numbers_count_newlines_within_titles(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER, 'tt0017136,"Two\nlines",1927,a.jpg', "tt0070047,Jaws,197x,b.jpg")
    assert "line 4: year '197x'" in refusal(path)


def test_many_problems_are_counted_and_the_first_few_shown(tmp_path: Path) -> None:
    said = refusal(table(tmp_path, HEADER, *(f"tt{n:07d},M,19xx,a.jpg" for n in range(40)), ROW))
    assert said.startswith("movies.csv: 40 rows can't be used: line 2: year '19xx'")
    assert said.count("line ") == 5
    assert "and 35 more" in said


@pytest.mark.parametrize("row", ['tt0017136,"M,1927,a.jpg', 'tt0017136,"M"x,1927,a.jpg'])
def test_broken_quotes_are_named_by_their_line(tmp_path: Path, row: str) -> None:
    assert refusal(table(tmp_path, HEADER, row)).startswith("movies.csv line 2: ")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "movies.csv"
    path.write_bytes(f"{HEADER}\ntt0211915,Amélie,2001,a.jpg\n".encode(encoding))
    said = refusal(path)
    assert "movies.csv can't be read as UTF-8" in said
    assert "position" in said


def test_spaces_around_the_names_of_columns_do_not_count(tmp_path: Path) -> None:
    assert movies(table(tmp_path, "imdb_id, title, year, file", ROW)) == [METROPOLIS]


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    said = refusal(table(tmp_path, "imdb_id,title,year,year,file", ROW))
    assert "has the column year twice" in said


ADDRESS = "https://example.org/posters/metropolis.jpg"
URL_HEADER = "imdb_id,title,year,poster_url"
BOTH_HEADER = "imdb_id,title,year,file,poster_url"


@pytest.mark.parametrize(
    ("header", "row", "poster"),
    [
        (HEADER, f"tt0017136,Metropolis,1927,{ADDRESS}", ADDRESS),
        (URL_HEADER, f"tt0017136,Metropolis,1927,{ADDRESS}", ADDRESS),
        (URL_HEADER, "tt0017136,Metropolis,1927,HTTP://example.org/x", "HTTP://example.org/x"),
        (BOTH_HEADER, f"tt0017136,Metropolis,1927,,{ADDRESS}", ADDRESS),
        (BOTH_HEADER, f"tt0017136,Metropolis,1927,a.jpg,{ADDRESS}", "a.jpg"),
        (BOTH_HEADER, "tt0017136,Metropolis,1927,a.jpg,", "a.jpg"),
    ],
)
def test_a_poster_may_be_an_address(tmp_path: Path, header: str, row: str, poster: str) -> None:
    expected = Movie("tt0017136", "Metropolis", 1927, poster)
    assert movies(table(tmp_path, header, row)) == [expected]


@pytest.mark.parametrize(
    ("header", "poster", "said"),
    [
        (URL_HEADER, "", "poster_url is empty"),
        (URL_HEADER, "a.jpg", "poster_url 'a.jpg' is not an http or https address"),
        (URL_HEADER, "ftp://example.org/a.jpg", "is not an http or https address"),
        (URL_HEADER, "https://example.org/a b.jpg", "is not an http or https address"),
        (URL_HEADER, "https://[", "is not an http or https address"),
        (HEADER, "https://", "file 'https://' is not an http or https address"),
        (BOTH_HEADER, ",", "file and poster_url are empty"),
    ],
)
def test_what_is_no_address_is_named_by_its_line(
    tmp_path: Path, header: str, poster: str, said: str
) -> None:
    message = refusal(table(tmp_path, header, f"tt0017136,M,1927,{poster}"))
    assert "1 rows can't be used: line 2: " in message
    assert said in message


def test_a_table_without_posters_is_told_of_both_columns(tmp_path: Path) -> None:
    said = refusal(table(tmp_path, "imdb_id,title,year", "tt0017136,M,1927"))
    assert "lacks the column file:" in said
    assert "poster_url" in said
