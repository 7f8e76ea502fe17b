"""The `imdb` source against a server that answers like its three hosts."""

import contextlib
import json
from pathlib import Path

import pytest
from damage import FORMATS, damaged_json
from sites import POSTER, Content, Sites, listed_alike, opened

from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed, PosterRefused, SourceError
from posters.sources.imdb import ATTRIBUTION, ImdbSource, suggested_poster
from posters.sources.imdb_datasets import BASICS, RATINGS

SUGGESTIONS = "https://v3.sg.media-imdb.com/suggestion/x"
IMAGES = "https://m.media-amazon.com/images/M"
ANSWER = (FORMATS / "imdb_suggestion.json").read_bytes()
MOVIE = Movie("tt0000001", "A Film", 1950, "")
MOVIES = [
    ("tt0000001", 'The "Loud', 1950, 500),
    ("tt0000002", "Quiet", 1950, 90),
    ("tt0000003", "Louder", 1950, 900),
    ("tt0000004", "Later", 1952, 100),
    ("tt0000005", "Much Later", 1990, 9000),
]


def datasets() -> dict[str, str]:
    basics = ["tconst | titleType | primaryTitle | isAdult | startYear"]
    ratings = ["tconst | averageRating | numVotes"]
    for imdb_id, title, year, votes in MOVIES:
        basics.append(f"{imdb_id} | movie | {title} | 0 | {year}")
        ratings.append(f"{imdb_id} | 5.0 | {votes}")
    return {
        f"https://datasets.imdbws.com/{name}": "\n".join(lines).replace(" | ", "\t")
        for name, lines in ((BASICS, basics), (RATINGS, ratings))
    }


def suggestion(year: int, image: str | list[object]) -> dict[str, Content]:
    picture = {"imageUrl": image} if isinstance(image, str) else image
    item = {"id": MOVIE.imdb_id, "y": year, "i": picture}
    answer = json.dumps({"d": [item], "q": MOVIE.imdb_id, "v": 1})
    return {f"{SUGGESTIONS}/{MOVIE.imdb_id}.json": answer}


def test_movies_with_enough_votes_are_listed_alike_for_all_origins(
    sites: Sites, tmp_path: Path
) -> None:
    sites.content |= datasets()
    with opened(ImdbSource, sites, tmp_path) as source:
        listed = listed_alike(source)
        assert sorted(listed) == ["tt0000001", "tt0000003", "tt0000004"]
        assert next(source.candidates(1952)).title == "Later"
        assert source.attribution == ATTRIBUTION
        described = source.describe()["datasets"]
        assert set(described) == {BASICS, RATINGS}
        assert all(len(dataset["sha256"]) == 64 for dataset in described.values())
    with opened(ImdbSource, sites, tmp_path, seed=3) as source:
        assert listed_alike(source) != listed
    assert max(sites.counts.values()) == 1


@pytest.mark.parametrize(
    "image", [f"{IMAGES}/KEY@@._V1_.jpg", [f"{IMAGES}/KEY@@._V1_.jpg", 1000, 1500]]
)
def test_poster_is_downloaded_from_the_suggested_address(
    sites: Sites, tmp_path: Path, image: str | list[object]
) -> None:
    address = f"{IMAGES}/KEY@@._V1_QL75_UX300_.jpg"
    sites.content |= suggestion(1950, image) | {address: POSTER}
    with opened(ImdbSource, sites, tmp_path) as source:
        assert source.poster(MOVIE) == Picture(POSTER, address)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (suggestion(1951, f"{IMAGES}/KEY._V1_.jpg"), "another year"),
        (suggestion(1950, f"{IMAGES}/GONE._V1_.jpg"), "HTTP 404"),
        (suggestion(1950, "https://elsewhere.example/a.jpg"), "other host"),
        (suggestion(1950, [1000, 1500]), "malformed answer"),
    ],
)
def test_poster_of_another_movie_is_refused(
    sites: Sites, tmp_path: Path, content: dict[str, Content], reason: str
) -> None:
    sites.content |= content
    for _ in range(2):  # the second time from the archive
        with (
            opened(ImdbSource, sites, tmp_path) as source,
            pytest.raises((PosterRefused, FetchFailed)) as refused,
        ):
            source.poster(MOVIE)
        assert refused.value.reason == reason
    assert max(sites.counts.values()) == 1


@pytest.mark.parametrize(
    ("imdb_id", "year", "reason"),
    [
        ("tt9900050", 1957, "not listed"),
        ("tt9900051", 1958, "another year"),
        ("tt9900053", 1958, "no poster"),
        ("tt9900055", 1959, "placeholder"),
    ],
)
def test_suggestions_without_a_poster_of_the_movie_are_refused(
    imdb_id: str, year: int, reason: str
) -> None:
    assert suggested_poster(ANSWER, "tt9900051", 1957).endswith("/INVENTED51@@._V1_QL75_UX300_.jpg")
    with pytest.raises(PosterRefused) as refused:
        suggested_poster(ANSWER, imdb_id, year)
    assert refused.value.reason == reason


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"d": 3}', b'{"message": "no"}'])
def test_answer_of_another_shape_is_an_error(answer: bytes) -> None:
    with pytest.raises(SourceError, match="tt9900051"):
        suggested_poster(answer, "tt9900051", 1957)


def test_damaged_suggestions_give_the_right_poster_or_none() -> None:
    for answer in damaged_json(ANSWER.decode()):
        with contextlib.suppress(SourceError, PosterRefused):
            assert "INVENTED51" in suggested_poster(answer, "tt9900051", 1957)
