"""The `tmdb` source against a server that answers as its interface does."""

import json
from pathlib import Path
from typing import Any

import pytest
from memory_source import encoded, picture
from sites import Sites, settings

from posters.errors import ParamsError, SourceError
from posters.params import load_params
from posters.sources.tmdb import TmdbSource, tmdb_sites

RULES = load_params().posters
YEARS = range(1950, 1953)
POSTER = encoded(picture(1), "JPEG")
TMDB = "https://api.themoviedb.org/3"
KEY = "0123456789abcdef0123456789abcdef"


def tmdb(archive: Any) -> TmdbSource:
    return TmdbSource(archive, settings(), RULES, years=YEARS, min_votes=10, seed=1)


def discover(year: int, page: int, films: list[int], total: int, votes: int = 0) -> dict[str, str]:
    query = f"primary_release_year={year}&sort_by=vote_count.desc&include_adult=false&page={page}"
    query += f"&vote_count.gte={votes}" if votes else ""
    results = [
        {"id": n, "title": f"Film {n}", "release_date": f"{year}-05-01", "poster_path": f"/{n}.jpg"}
        for n in films
    ]
    pages = -(-total // 20)
    answer = {"page": page, "results": results, "total_pages": pages, "total_results": total}
    return {f"{TMDB}/discover/movie?{query}": json.dumps(answer)}


def configuration() -> dict[str, str]:
    images = {"secure_base_url": "https://image.tmdb.org/t/p/", "poster_sizes": ["w92", "w342"]}
    return {f"{TMDB}/configuration": json.dumps({"images": images})}


def external(number: int, imdb_id: str | None, found: int | None = None) -> dict[str, str]:
    content = {f"{TMDB}/movie/{number}/external_ids": json.dumps({"imdb_id": imdb_id})}
    film = {"id": found or number, "title": "A Film", "release_date": "1950-05-01"}
    results = [{**film, "poster_path": "/x.jpg"}]
    asked = f"{TMDB}/find/{imdb_id}?external_source=imdb_id"
    return content | {asked: json.dumps({"movie_results": results})}


def without_key(content: dict[str, Any]) -> dict[str, Any]:
    return {
        address + ("&" if "?" in address else "?") + f"api_key={KEY}": body
        for address, body in content.items()
    }


def test_tmdb_walks_the_pages_of_a_year_and_keeps_imdb_ids(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    sites.content |= without_key(
        discover(1950, 1, [*range(1, 21)], 22)
        | discover(1950, 2, [21, 22], 22)
        | {k: v for n in range(1, 22) for k, v in external(n, f"tt{n:07d}").items()}
        | external(22, None)
        | external(21, "tt0000021", found=3)
        | configuration()
    )
    sites.content["https://image.tmdb.org/t/p/w342/3.jpg"] = POSTER
    with sites.archive(tmp_path, tmdb_sites(settings())) as archive:
        source = tmdb(archive)
        movies = list(source.candidates(1950))
        assert [movie.imdb_id for movie in movies] == [f"tt{n:07d}" for n in range(1, 21)]
        assert source.describe()["left_out"] == {"ambiguous id": 1, "no IMDb id": 1}
        assert source.poster(movies[2]).content == POSTER
    written = "".join(f.read_text("latin-1") for f in tmp_path.rglob("ledger.sqlite*"))
    assert "discover/movie" in written
    assert KEY not in written
    image = sites.headers["https://image.tmdb.org/t/p/w342/3.jpg"]
    assert KEY not in str(image), "the key goes to the interface alone"


def test_tmdb_samples_every_film_with_enough_votes_alike(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMDB_API_KEY", KEY)
    content = discover(1950, 1, [*range(1, 21)], 25, 10) | discover(
        1950, 2, [*range(21, 26)], 25, 10
    )
    content |= discover(1951, 1, [], 0, 10) | discover(1952, 1, [31, 32], 2, 10)
    content |= {k: v for n in range(1, 40) for k, v in external(n, f"tt{n:07d}").items()}
    sites.content |= without_key(content | configuration())
    with sites.archive(tmp_path, tmdb_sites(settings())) as archive:
        ids = [movie.imdb_id for movie in tmdb(archive).initial()]
    assert sorted(ids) == [f"tt{n:07d}" for n in (*range(1, 26), 31, 32)]
    assert ids != sorted(ids)


def test_tmdb_sends_a_token_as_a_header(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "eyJ" + "a" * 60
    monkeypatch.setenv("TMDB_API_KEY", token)
    sites.content |= discover(1950, 1, [], 0) | configuration()
    with sites.archive(tmp_path, tmdb_sites(settings())) as archive:
        assert list(tmdb(archive).candidates(1950)) == []
    for headers in sites.headers.values():
        assert headers["Authorization"] == f"Bearer {token}"


def test_tmdb_says_that_a_key_is_missing_or_not_accepted(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    with sites.archive(tmp_path, tmdb_sites(settings())) as archive:
        with pytest.raises(ParamsError, match="TMDB_API_KEY"):
            tmdb(archive)
        monkeypatch.setenv("TMDB_API_KEY", KEY)
        (address,) = without_key(discover(1950, 1, [], 0))
        sites.content[address] = 401
        with pytest.raises(SourceError, match="does not accept the key"):
            list(tmdb(archive).candidates(1950))
    sites.content |= without_key(discover(1950, 1, [], 0) | configuration())
    with sites.archive(tmp_path, tmdb_sites(settings())) as archive:
        assert list(tmdb(archive).candidates(1950)) == [], "a better key is tried"
