"""TMDB's answers give the films that can be used, and count the others."""

import contextlib
import json

import pytest
from damage import FORMATS, damaged_json

from posters.errors import SourceError
from posters.sources.tmdb_answers import (
    TmdbFilm,
    parse_configuration,
    parse_discover,
    parse_external_ids,
    parse_find,
)

DISCOVER = (FORMATS / "tmdb_discover.json").read_bytes()
FIND = (FORMATS / "tmdb_find.json").read_bytes()
LADDER = "https://image.tmdb.org/t/p/w342/inventedCopper1.jpg"


def test_films_of_the_year_are_taken_and_all_others_counted() -> None:
    discovered = parse_discover(DISCOVER, 1950)
    assert discovered.films == [
        TmdbFilm(990001, "The Copper Ladder", 1950, LADDER),
        TmdbFilm(
            990006, "Titre d'origine", 1950, "https://image.tmdb.org/t/p/w342/invented-6_x.png"
        ),
    ]
    assert discovered.left_out == {
        **{"another year": 1, "no poster": 1, "adult": 1, "no year": 1},
        **{"repeated": 1, "malformed": 1},
    }
    assert (discovered.total_pages, discovered.total_results) == (7, 140)


@pytest.mark.parametrize(
    ("images", "usable"),
    [
        ({"secure_base_url": "https://image.tmdb.org/t/p/", "poster_sizes": ["w342"]}, True),
        ({"secure_base_url": "https://image.tmdb.org/t/p/", "poster_sizes": ["w92"]}, False),
        ({"secure_base_url": "https://elsewhere.example/", "poster_sizes": ["w342"]}, False),
        ({"secure_base_url": None, "poster_sizes": None}, False),
        (None, False),
    ],
)
def test_posters_are_where_the_configuration_says_and_we_may_ask(
    images: object, usable: bool
) -> None:
    answer = json.dumps({"images": images}).encode()
    if usable:
        assert parse_configuration(answer) == "https://image.tmdb.org/t/p/w342"
    else:
        with pytest.raises(SourceError, match="w342"):
            parse_configuration(answer)


def test_a_page_without_films_is_no_error() -> None:
    assert (
        parse_discover(b'{"results": [], "total_pages": 1, "total_results": 0}', 1950).films == []
    )


def test_the_films_of_an_imdb_id_are_found() -> None:
    assert parse_find(FIND) == [TmdbFilm(990011, "The Copper Ladder", 1950, LADDER)]
    assert parse_find(b'{"movie_results": [{"id": 1}], "tv_results": [{}]}') == []


@pytest.mark.parametrize(
    ("body", "imdb_id"),
    [
        ({"id": 990001, "imdb_id": "tt9900071"}, "tt9900071"),
        *(({"id": 1, "imdb_id": x}, None) for x in (None, "", "nm9900071", "tt12", 9900071, [])),
        ({"id": 1}, None),
    ],
)
def test_an_imdb_id_is_taken_only_if_it_is_one(body: object, imdb_id: str | None) -> None:
    assert parse_external_ids(json.dumps(body).encode()) == imdb_id


REFUSED = {"success": False, "status_code": 34, "status_message": "An invented refusal."}


@pytest.mark.parametrize(
    "parse", [lambda a: parse_discover(a, 1950), parse_find, parse_external_ids]
)
def test_refusals_are_errors_with_their_message(parse) -> None:
    with pytest.raises(SourceError, match="An invented refusal"):
        parse(json.dumps(REFUSED).encode())
    with pytest.raises(SourceError, match=r"TMDB_API_KEY.*An invented refusal.*themoviedb\.org"):
        parse(json.dumps({**REFUSED, "status_code": 7}).encode())


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"<html>", b"[]", b"{}"),
        b'{"results": {}, "total_pages": 1, "total_results": 1}',
        b'{"results": [], "total_pages": null, "total_results": 1}',
    ],
)
def test_what_is_no_list_of_films_is_an_error(answer: bytes) -> None:
    with pytest.raises(SourceError, match="expected"):
        parse_discover(answer, 1950)
    with pytest.raises(SourceError, match="expected"):
        parse_find(answer)


def test_damaged_answers_are_read_or_errors() -> None:
    for answer in damaged_json(DISCOVER.decode()):
        with contextlib.suppress(SourceError):
            assert all(film.year == 1950 for film in parse_discover(answer, 1950).films)
    for answer in damaged_json(FIND.decode()):
        with contextlib.suppress(SourceError):
            assert all(film.poster.startswith("https://image") for film in parse_find(answer))
        with contextlib.suppress(SourceError):
            assert parse_external_ids(answer) is None
