"""The `tmdb` source against a server that answers like TMDB's API."""

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from damage import FORMATS, damaged_json
from sites import POSTER, Sites, listed_alike, opened

from posters.errors import ParamsError, SourceError
from posters.sources import tmdb
from posters.sources.tmdb import (
    TmdbMovie,
    TmdbSource,
    parse_discover,
    parse_external_ids,
    parse_find,
)

DISCOVER = (FORMATS / "tmdb_discover.json").read_bytes()
FIND = (FORMATS / "tmdb_find.json").read_bytes()
POSTERS = "https://image.tmdb.org/t/p/w342"
LADDER = f"{POSTERS}/inventedCopper1.jpg"
TMDB = "https://api.themoviedb.org/3"
KEY = "0123456789abcdef0123456789abcdef"
REFUSAL = {"success": False, "status_code": 34, "status_message": "An invented refusal."}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", KEY)


def discover(year: int, page: int, movies: range, total: int) -> dict[str, str]:
    query = f"primary_release_year={year}&sort_by=vote_count.desc&include_adult=false&page={page}"
    query += "&vote_count.gte=100"
    results = [
        {"id": n, "title": f"Film {n}", "release_date": f"{year}-05-01", "poster_path": f"/{n}.jpg"}
        for n in movies
    ]
    pages = -(-total // 20)
    answer = {"page": page, "results": results, "total_pages": pages, "total_results": total}
    return {f"{TMDB}/discover/movie?{query}": json.dumps(answer)}


def ids(number: int, imdb_id: str | None, found: int | None = None) -> dict[str, str]:
    movie = {"id": found or number, "title": "A Film", "release_date": "1950-05-01"}
    results = [{**movie, "poster_path": "/x.jpg"}]
    find = f"{TMDB}/find/{imdb_id}?external_source=imdb_id"
    return {
        f"{TMDB}/movie/{number}/external_ids": json.dumps({"imdb_id": imdb_id}),
        find: json.dumps({"movie_results": results}),
    }


def all_ids(numbers: range) -> dict[str, str]:
    return {k: v for number in numbers for k, v in ids(number, f"tt{number:07d}").items()}


def with_key(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        address + ("&" if "?" in address else "?") + f"api_key={KEY}": body
        for address, body in content.items()
    }


def test_movies_of_all_pages_are_listed_alike_for_all_origins(sites: Sites, tmp_path: Path) -> None:
    # A movie that gets votes may be on one page and, a moment later, on the next.
    sites.content |= with_key(
        discover(1950, 1, range(1, 21), 22)
        | discover(1950, 2, range(20, 23), 22)
        | discover(1951, 1, range(0), 0)
        | discover(1952, 1, range(31, 33), 2)
        | all_ids(range(1, 40))
    )
    with opened(TmdbSource, sites, tmp_path) as source:
        listed = listed_alike(source)
    assert sorted(listed) == [f"tt{n:07d}" for n in (*range(1, 23), 31, 32)]
    assert listed != sorted(listed)


def test_movies_without_an_id_of_their_own_or_a_page_are_counted(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmdb, "MAX_PAGES", 1)
    sites.content |= with_key(
        discover(1950, 1, range(1, 4), 25)
        | ids(1, None)
        | ids(2, "tt0000002", found=3)
        | ids(3, "tt0000003")
    )
    sites.content[f"{POSTERS}/3.jpg"] = POSTER
    with opened(TmdbSource, sites, tmp_path, last_year=1950) as source:
        (movie,) = source.candidates(1950)
        assert movie.imdb_id == "tt0000003"
        reasons = {"ambiguous id": 1, "no IMDb id": 1, "beyond page 1": 5}
        assert source.describe()["left_out"] == reasons
        assert source.poster(movie).content == POSTER
    ledger = b"".join(file.read_bytes() for file in tmp_path.glob("ledger*"))
    assert b"discover/movie" in ledger
    assert KEY.encode() not in ledger
    assert KEY not in str(sites.headers[f"{POSTERS}/3.jpg"])


def test_token_is_sent_as_a_header(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "eyJ" + "a" * 60
    monkeypatch.setenv("TMDB_API_KEY", token)
    sites.content |= discover(1950, 1, range(0), 0)
    with opened(TmdbSource, sites, tmp_path, last_year=1950) as source:
        assert list(source.candidates(1950)) == []
    assert {headers["Authorization"] for headers in sites.headers.values()} == {f"Bearer {token}"}


def test_missing_key_is_an_error(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMDB_API_KEY")
    with pytest.raises(ParamsError, match="TMDB_API_KEY"), opened(TmdbSource, sites, tmp_path):
        pass


def test_movies_of_the_year_are_read_and_others_counted() -> None:
    page = parse_discover(DISCOVER, 1950)
    assert page.movies == [
        TmdbMovie(990001, "The Copper Ladder", 1950, LADDER),
        TmdbMovie(990006, "Titre d'origine", 1950, f"{POSTERS}/invented-6_x.png"),
    ]
    assert page.left_out == {
        **{"another year": 1, "no poster": 1, "adult": 1, "no year": 1},
        **{"repeated": 1, "malformed": 1},
    }
    assert (page.total_pages, page.total_results) == (7, 140)
    assert parse_find(FIND) == [TmdbMovie(990011, "The Copper Ladder", 1950, LADDER)]


@pytest.mark.parametrize("value", [None, "nm9900071", "tt12", "tt" + "1" * 11, 9900071])
def test_invalid_imdb_id_is_none(value: object) -> None:
    assert parse_external_ids(json.dumps({"id": 1, "imdb_id": value}).encode()) is None


@pytest.mark.parametrize(
    "parse", [lambda answer: parse_discover(answer, 1950), parse_find, parse_external_ids]
)
def test_refusals_and_answers_of_another_shape_are_errors(parse: Callable[[bytes], object]) -> None:
    with pytest.raises(SourceError, match="An invented refusal"):
        parse(json.dumps(REFUSAL).encode())
    with pytest.raises(SourceError, match=r"TMDB_API_KEY.*An invented refusal.*themoviedb\.org"):
        parse(json.dumps({**REFUSAL, "status_code": 7}).encode())
    for answer in (b"", b"[]", *([b"{}"] if parse is not parse_external_ids else [])):
        with pytest.raises(SourceError, match="expected"):
            parse(answer)


def test_damaged_answers_are_read_or_errors() -> None:
    for answer in damaged_json(DISCOVER.decode()):
        with contextlib.suppress(SourceError):
            assert all(movie.year == 1950 for movie in parse_discover(answer, 1950).movies)
    for answer in damaged_json(FIND.decode()):
        with contextlib.suppress(SourceError):
            assert all(movie.poster.startswith(POSTERS) for movie in parse_find(answer))
