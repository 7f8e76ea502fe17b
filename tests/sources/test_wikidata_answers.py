"""Wikidata's rows become films: one year and one poster of each, or none where they contradict."""

import contextlib
import json

import pytest
from damage import FORMATS, damaged_json

from posters.catalogue.movie_table import Movie
from posters.errors import SourceError
from posters.sources.wikidata_answers import bindings, commons_address, parse_films

ANSWER = (FORMATS / "wikidata.json").read_bytes()
FILE = "//commons.wikimedia.org/wiki/Special:FilePath/"


def test_rows_become_films_by_year() -> None:
    parsed = parse_films(ANSWER)
    cellar = f"https:{FILE}Invented%20Poster%20%28A%29.jpg?width=330"
    assert parsed.movies == [
        Movie("tt9900062", "Q990002", 1915, f"https:{FILE}Invented2.png?width=330"),
        Movie("tt9900061", "The Cellar", 1921, cellar),
    ]
    assert parsed.left_out == {"ambiguous": 3, "no year": 1, "malformed": 1, "no poster": 1}


@pytest.mark.parametrize(
    ("y", "year"),
    [("1921", 1921), ("1921.0", 1921)]
    + [(y, None) for y in ("1921.5", "-300", "+1921", "21", "0000", "9999", "1921-01-01", "")],
)
def test_only_whole_years_are_years(y: str, year: int | None) -> None:
    row = {"film": "/entity/Q990001", "imdb": "tt9900061", "poster": f"http:{FILE}A.jpg", "y": y}
    values = {name: {"value": value} for name, value in row.items()}
    parsed = parse_films(json.dumps({"results": {"bindings": [values]}}).encode())
    assert [movie.year for movie in parsed.movies] == ([year] if year else [])
    assert parsed.left_out == ({} if year else {"no year": 1})


def test_the_order_of_rows_does_not_matter() -> None:
    answer = json.loads(ANSWER)
    answer["results"]["bindings"].reverse()
    assert parse_films(json.dumps(answer).encode()) == parse_films(ANSWER)


@pytest.mark.parametrize(
    "value", [f"http:{FILE}%C3%89_(1).jpg", f"HTTPS:{FILE}%C3%89_(1).jpg?width=9"]
)
def test_addresses_of_commons_keep_their_encoding(value: str) -> None:
    assert commons_address(value) == f"https:{FILE}%C3%89_(1).jpg?width=330"


@pytest.mark.parametrize(
    "value",
    [
        *("", "http://[", f"http:{FILE}", f"ftp:{FILE}X.jpg", f"http:{FILE}a b.jpg"),
        "http://example.org/wiki/Special:FilePath/X.jpg",
        "http://commons.wikimedia.org/wiki/File:X.jpg",
    ],
)
def test_other_addresses_are_none_of_commons(value: str) -> None:
    with pytest.raises(SourceError, match="Wikimedia Commons"):
        commons_address(value)


def test_variables_without_a_value_are_left_out() -> None:
    row = {"a": {"value": "1"}, "b": {}, "c": None, "d": {"value": 3}, "e": {"value": " "}}
    answer = json.dumps({"results": {"bindings": [row, None]}}).encode()
    assert bindings(answer) == [{"a": "1"}, {}]


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"results": {}}', ANSWER[:900] + b"java.util"])
def test_what_is_no_answer_to_a_query_is_an_error(answer: bytes) -> None:
    with pytest.raises(SourceError, match="Wikidata's answer"):
        bindings(answer)


def test_damaged_answers_are_read_or_errors() -> None:
    for answer in damaged_json(ANSWER.decode()):
        with contextlib.suppress(SourceError):
            assert all(1915 <= movie.year <= 1922 for movie in parse_films(answer).movies)
