"""Addresses of IMDb's pictures come out in one form, whatever form they had."""

import pytest

from posters.images.imdb_addresses import image_address, is_placeholder

WANTED = "https://m.media-amazon.com/images/M/INVENTED@@._V1_QL75_UX300_.jpg"


@pytest.mark.parametrize(
    "address",
    [
        "https://m.media-amazon.com/images/M/INVENTED@@._V1_.jpg",
        "https://m.media-amazon.com/images/M/INVENTED@@._V1_UY268_CR10,0,182,268_AL_.jpg",
        "https://m.media-amazon.com/images/M/INVENTED@@._V1_.jpg._V1_SX9.jpg",
        "http://ia.media-imdb.com/images/M/INVENTED@@._V1_UX67_.jpg",
        "https://images-na.ssl-images-amazon.com/images/M/INVENTED@@._V1_SX300.jpg",
        "HTTPS://M.Media-Amazon.COM/images/M/INVENTED@@._V1_.png",
        "https://m.media-amazon.com:443/images/M/INVENTED@@.jpg?x=1#y",
        WANTED,
    ],
)
def test_every_form_of_a_picture_becomes_the_same(address: str) -> None:
    assert image_address(address) == WANTED


def test_only_the_last_part_of_the_path_is_cut() -> None:
    address = "https://m.media-amazon.com/images/a._b/KEY@._V1_.jpg"
    assert image_address(address).endswith("/images/a._b/KEY@._V1_QL75_UX300_.jpg")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("http://example.org/a._V1_.jpg?q=1", "https://example.org/a._V1_.jpg?q=1"),
        ("https://m.media-amazon.com.example.org/a._b", None),
        ("https://example.org/m.media-amazon.com/a._b", None),
        ("https://m.media-amazon.com/", None),
        ("HTTP://example.org/A", "https://example.org/A"),
        ("ftp://m.media-amazon.com/a._V1_.jpg", None),
        ("posters/a._V1_.jpg", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_other_addresses_stay_as_they_are_but_https(address: str, wanted: str | None) -> None:
    assert image_address(address) == (address if wanted is None else wanted)


@pytest.mark.parametrize(
    ("address", "placeholder"),
    [
        ("https://m.media-amazon.com/images/G/01/imdb/logo.png", True),
        ("https://IA.media-imdb.com/images/G/01/x.png", True),
        ("https://example.org/images/nopicture/film.png", True),
        ("https://example.org/images/G/01/x.png", False),
        (WANTED, False),
        ("http://[", False),
    ],
)
def test_the_site_s_own_graphics_are_placeholders(address: str, placeholder: bool) -> None:
    assert is_placeholder(address) is placeholder
