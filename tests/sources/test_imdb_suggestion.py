"""A poster is taken from IMDb's suggestions only where id and year are those of the movie."""

import contextlib
import json

import pytest
from damage import FORMATS, damaged_json

from posters.errors import PosterRefused, SourceError
from posters.sources.imdb_suggestion import poster_address

ANSWER = (FORMATS / "imdb_suggestion.json").read_bytes()


def test_the_poster_of_the_movie_asked_for_is_found_among_others() -> None:
    assert poster_address(ANSWER, "tt9900051", 1957) == (
        "https://m.media-amazon.com/images/M/INVENTED51@@._V1_QL75_UX300_.jpg"
    )


@pytest.mark.parametrize(
    ("imdb_id", "year", "reason"),
    [
        ("tt9900050", 1957, "not listed"),
        ("tt9900051", 1958, "another year"),
        ("tt9900054", 1958, "another year"),
        ("tt9900053", 1958, "no poster"),
        ("tt9900055", 1959, "placeholder"),
    ],
)
def test_what_is_not_the_movie_s_poster_is_refused(imdb_id: str, year: int, reason: str) -> None:
    with pytest.raises(PosterRefused) as refused:
        poster_address(ANSWER, imdb_id, year)
    assert refused.value.reason == reason


def test_an_answer_without_a_list_lists_nothing() -> None:
    with pytest.raises(PosterRefused, match="not listed"):
        poster_address(b'{"q": "tt9900051", "v": 1}', "tt9900051", 1957)


@pytest.mark.parametrize("image", [None, "x", [], {"imageUrl": None}, {"imageUrl": "a/b.jpg"}])
def test_an_image_without_an_address_is_no_poster(image: object) -> None:
    answer = {"d": [{"id": "tt9900051", "y": 1957, "i": image}]}
    with pytest.raises(PosterRefused, match="no poster"):
        poster_address(json.dumps(answer).encode(), "tt9900051", 1957)


@pytest.mark.parametrize("answer", [b"", b"{", b"<html>", b"[]", b'{"d": 3}', b'{"message": "no"}'])
def test_what_is_no_suggestion_is_an_error(answer: bytes) -> None:
    with pytest.raises(SourceError, match="tt9900051"):
        poster_address(answer, "tt9900051", 1957)


def test_damaged_answers_are_refused_or_errors() -> None:
    for answer in damaged_json(ANSWER.decode()):
        with contextlib.suppress(SourceError, PosterRefused):
            assert "INVENTED51" in poster_address(answer, "tt9900051", 1957)
