"""The `wikidata` source against a server that answers like Wikidata and Commons."""

import contextlib
import json
from pathlib import Path

import pytest
from damage import FORMATS, damaged_json
from sites import POSTER, Sites, opened

from posters.catalogue.movie_table import Movie
from posters.errors import SourceError
from posters.sources.wikidata import (
    QUERY_ADDRESS,
    WikidataSource,
    commons_address,
    parse_films,
    thumbnail_address,
)

ANSWER = (FORMATS / "wikidata.json").read_bytes()
FILE = "//commons.wikimedia.org/wiki/Special:FilePath/"


def answer_of(*rows: dict[str, str]) -> bytes:
    found = [{name: {"value": value} for name, value in row.items()} for row in rows]
    return json.dumps({"results": {"bindings": found}}).encode()


@pytest.mark.parametrize("robots", ["", "User-agent: *\nDisallow: /wiki/Special:\n"])
def test_poster_comes_by_its_name_or_from_the_thumbnails(
    sites: Sites, tmp_path: Path, robots: str
) -> None:
    row = {"film": "/entity/Q1", "imdb": "tt0000001", "poster": f"http:{FILE}Le%20Voyage.jpg"}
    bad = ({**row, "imdb": imdb_id, "y": "1950"} for imdb_id in ("", "tt" + "1" * 11))
    sites.content[QUERY_ADDRESS] = answer_of({**row, "y": "1950"}, *bad)
    sites.content["https://commons.wikimedia.org/robots.txt"] = robots
    by_name = f"https:{FILE}Le%20Voyage.jpg?width=330"
    thumbnail = thumbnail_address(by_name)
    sites.content |= {by_name: POSTER, thumbnail: POSTER}
    with opened(WikidataSource, sites, tmp_path) as source:
        (movie,) = source.candidates(1950)
        assert movie.imdb_id == "tt0000001"
        assert list(source.initial()) == [movie]
        assert source.poster(movie).url == (thumbnail if robots else by_name)
        described = source.describe()
    assert described["left_out"] == {"malformed": 2}
    assert len(described["datasets"]["query.wikidata.org"]["sha256"]) == 64
    assert sites.counts[by_name] == (0 if robots else 1)


def test_thumbnail_address_has_the_digest_of_the_name() -> None:
    assert thumbnail_address(f"https:{FILE}Am%C3%A9lie%20%28film%29.jpg?width=330") == (
        "https://upload.wikimedia.org/wikipedia/commons/thumb/0/02/Am%C3%A9lie_%28film%29.jpg/"
        "330px-Am%C3%A9lie_%28film%29.jpg"
    )


def test_rows_become_films_by_year() -> None:
    parsed = parse_films(ANSWER)
    cellar = f"https:{FILE}Invented%20Poster%20%28A%29.jpg?width=330"
    assert parsed.movies == [
        Movie("tt9900062", "Q990002", 1915, f"https:{FILE}Invented2.png?width=330"),
        Movie("tt9900061", "The Cellar", 1921, cellar),
    ]
    assert parsed.left_out == {"ambiguous": 3, "no year": 1, "malformed": 1, "no poster": 1}
    reverse = json.loads(ANSWER)
    reverse["results"]["bindings"].reverse()
    assert parse_films(json.dumps(reverse).encode()) == parsed


@pytest.mark.parametrize(
    ("y", "year"),
    [("1921.0", 1921), *((y, None) for y in ("1921.5", "-300", "9999", "1921-01-01"))],
)
def test_only_whole_years_are_used(y: str, year: int | None) -> None:
    row = {"film": "/entity/Q1", "imdb": "tt9900061", "poster": f"http:{FILE}A.jpg", "y": y}
    parsed = parse_films(answer_of(row))
    assert [movie.year for movie in parsed.movies] == ([year] if year else [])
    assert parsed.left_out == ({} if year else {"no year": 1})


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (f"HTTPS:{FILE}%C3%89_(1).jpg?width=9", f"https:{FILE}%C3%89_(1).jpg?width=330"),
        *((x, None) for x in ("http://[", f"http:{FILE}", f"http:{FILE}a b.jpg")),
        ("http://example.org/wiki/Special:FilePath/X.jpg", None),
    ],
)
def test_only_files_on_commons_are_used(value: str, address: str | None) -> None:
    assert commons_address(value) == address


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"results": {}}', ANSWER[:900] + b"java.util"])
def test_answer_of_another_shape_is_an_error(answer: bytes) -> None:
    with pytest.raises(SourceError, match="Wikidata's answer"):
        parse_films(answer)


def test_damaged_answers_are_read_or_errors() -> None:
    for answer in damaged_json(ANSWER.decode()):
        with contextlib.suppress(SourceError):
            assert all(1915 <= movie.year <= 1922 for movie in parse_films(answer).movies)
