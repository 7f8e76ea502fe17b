"""The `imdb` source against a server that answers as its three hosts do."""

import json
from pathlib import Path
from typing import Any

import pytest
from memory_source import encoded, picture
from sites import Sites, settings

from posters.catalogue.movie_table import Movie
from posters.errors import FetchFailed, PosterRefused, SourceError
from posters.params import load_params
from posters.sources.imdb import ATTRIBUTION, BASICS, RATINGS, ImdbSource, imdb_sites

RULES = load_params().posters
YEARS = range(1950, 1953)
POSTER = encoded(picture(1), "JPEG")
SUGGESTIONS = "https://v3.sg.media-imdb.com/suggestion/x"
IMAGES = "https://m.media-amazon.com/images/M"
KEY = "0123456789abcdef0123456789abcdef"


def dataset(name: str, *rows: str) -> dict[str, str]:
    return {
        f"https://datasets.imdbws.com/{name}": "\n".join(row.replace(" | ", "\t") for row in rows)
    }


def imdb_content(*films: tuple[str, str, int, int]) -> dict[str, str]:
    basics = ["tconst | titleType | primaryTitle | isAdult | startYear"]
    basics += [f"{imdb_id} | movie | {title} | 0 | {year}" for imdb_id, title, year, _ in films]
    ratings = ["tconst | averageRating | numVotes"]
    ratings += [f"{imdb_id} | 5.0 | {votes}" for imdb_id, _, _, votes in films]
    return dataset(BASICS, *basics) | dataset(RATINGS, *ratings)


def suggestion(imdb_id: str, year: int | None, image: str | None) -> dict[str, str]:
    item: dict[str, Any] = {"id": imdb_id, "l": "A Film", "qid": "movie", "y": year}
    if image:
        item["i"] = {"imageUrl": image, "width": 1000, "height": 1500}
    return {f"{SUGGESTIONS}/{imdb_id}.json": json.dumps({"d": [item], "q": imdb_id, "v": 1})}


FILMS = [
    ("tt0000001", 'The "Loud', 1950, 500),
    ("tt0000002", "Quiet", 1950, 90),
    ("tt0000003", "Louder", 1950, 900),
    ("tt0000004", "Later", 1952, 100),
    ("tt0000005", "Much Later", 1990, 9000),
]


def imdb(archive: Any, **values: Any) -> ImdbSource:
    arguments = {"years": YEARS, "min_votes": 100, "seed": 1, **values}
    return ImdbSource(archive, settings(), RULES, **arguments)


def test_imdb_orders_a_year_by_votes_and_samples_what_has_enough(
    sites: Sites, tmp_path: Path
) -> None:
    sites.content |= imdb_content(*FILMS)
    with sites.archive(tmp_path, imdb_sites(settings())) as archive:
        source = imdb(archive)
        of_1950 = [movie.imdb_id for movie in source.candidates(1950)]
        assert of_1950 == ["tt0000003", "tt0000001", "tt0000002"]
        assert next(source.candidates(1952)).title == "Later"
        assert list(source.candidates(1951)) == []
        initial = [movie.imdb_id for movie in source.initial()]
        assert sorted(initial) == ["tt0000001", "tt0000003", "tt0000004"]
        orders = {tuple(m.imdb_id for m in imdb(archive, seed=s).initial()) for s in range(9)}
        assert len(orders) > 1
        assert source.attribution == ATTRIBUTION
        described = source.describe()["datasets"]
        assert set(described) == {BASICS, RATINGS}
        assert all(len(held["sha256"]) == 64 for held in described.values())
    assert max(sites.asked.values()) == 1


def test_imdb_gets_the_poster_that_the_suggestion_names(sites: Sites, tmp_path: Path) -> None:
    sites.content |= suggestion("tt0000001", 1950, f"{IMAGES}/KEY@@._V1_.jpg")
    sites.content[f"{IMAGES}/KEY@@._V1_QL75_UX300_.jpg"] = POSTER
    with sites.archive(tmp_path, imdb_sites(settings())) as archive:
        poster = imdb(archive).poster(Movie("tt0000001", "A Film", 1950, ""))
    assert poster.content == POSTER
    assert poster.url == f"{IMAGES}/KEY@@._V1_QL75_UX300_.jpg"
    agent = sites.headers[poster.url]["User-Agent"]
    assert agent == "poster-year/0.1.0 (+test@example.org)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (suggestion("tt0000001", 1950, None), "no poster"),
        (suggestion("tt0000001", 1951, f"{IMAGES}/KEY._V1_.jpg"), "another year"),
        (suggestion("tt0000001", None, f"{IMAGES}/KEY._V1_.jpg"), "another year"),
        ({f"{SUGGESTIONS}/tt0000001.json": json.dumps({"d": [None, {"id": "nm1"}]})}, "not listed"),
        (suggestion("tt0000001", 1950, f"{IMAGES}/nopicture._V1_.png"), "placeholder"),
        (suggestion("tt0000001", 1950, f"{IMAGES}/GONE._V1_.jpg"), "HTTP 404"),
        (suggestion("tt0000001", 1950, "https://elsewhere.example/a.jpg"), "other host"),
        ({f"{SUGGESTIONS}/tt0000001.json": '{"d": [{'}, "malformed answer"),
    ],
)
def test_imdb_refuses_what_is_not_the_poster_of_this_movie(
    sites: Sites, tmp_path: Path, content: dict[str, str], reason: str
) -> None:
    sites.content |= content
    for _ in range(2):  # the second time from the archive, with the same words
        with (
            sites.archive(tmp_path, imdb_sites(settings())) as archive,
            pytest.raises((PosterRefused, FetchFailed)) as refused,
        ):
            imdb(archive).poster(Movie("tt0000001", "A Film", 1950, ""))
        assert refused.value.reason == reason
    assert max(sites.asked.values()) == 1


def test_a_data_set_that_can_not_be_had_stops_the_run_and_is_asked_for_again(
    sites: Sites, tmp_path: Path
) -> None:
    for content in ({}, imdb_content(*FILMS)):
        sites.content |= content
        with sites.archive(tmp_path, imdb_sites(settings())) as archive:
            if content:
                assert list(imdb(archive).candidates(1950))
            else:
                with pytest.raises(SourceError, match=r"title\.basics\.tsv\.gz can't be fetched"):
                    list(imdb(archive).candidates(1950))
