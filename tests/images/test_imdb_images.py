"""All addresses of a picture at IMDb are brought to one form."""

import pytest

from posters.images.imdb_addresses import image_address, is_placeholder

EXPECTED = "https://m.media-amazon.com/images/M/INVENTED@@._V1_QL75_UX300_.jpg"


@pytest.mark.parametrize(
    "address",
    [
        "https://m.media-amazon.com/images/M/INVENTED@@._V1_UY268_CR10,0,182,268_AL_.jpg",
        "https://m.media-amazon.com/images/M/INVENTED@@._V1_.jpg._V1_SX9.jpg",
        "http://ia.media-imdb.com/images/M/INVENTED@@._V1_UX67_.jpg",
        "HTTPS://M.Media-Amazon.COM/images/M/INVENTED@@._V1_.png",
        "https://m.media-amazon.com:443/images/M/INVENTED@@.jpg?x=1#y",
        EXPECTED,
    ],
)
def test_all_forms_of_an_address_become_one(address: str) -> None:
    assert image_address(address) == EXPECTED


def test_only_the_last_part_of_the_path_is_changed() -> None:
    address = "https://m.media-amazon.com/images/a._b/KEY@._V1_.jpg"
    assert image_address(address).endswith("/images/a._b/KEY@._V1_QL75_UX300_.jpg")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://example.org/a._V1_.jpg?q=1", "https://example.org/a._V1_.jpg?q=1"),
        ("https://m.media-amazon.com.example.org/a._b", None),
        ("https://example.org/m.media-amazon.com/a._b", None),
        ("posters/a._V1_.jpg", None),
        ("http://[", None),
    ],
)
def test_other_addresses_only_become_https(address: str, expected: str | None) -> None:
    assert image_address(address) == (address if expected is None else expected)


@pytest.mark.parametrize(
    ("address", "placeholder"),
    [
        ("https://m.media-amazon.com/images/G/01/imdb/logo.png", True),
        ("https://m.media-amazon.com/images/S/sash/INVENTED.png", True),
        ("https://example.org/images/nopicture/film.png", True),
        ("https://example.org/images/G/01/x.png", False),
        (EXPECTED, False),
        ("http://[", False),
    ],
)
def test_placeholders_are_recognised(address: str, placeholder: bool) -> None:
    assert is_placeholder(address) is placeholder
