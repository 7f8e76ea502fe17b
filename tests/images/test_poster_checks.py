"""A picture that is no poster is refused, or answered with a warning."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from small_pictures import encoded, noise, solid, with_orientation

from posters.errors import PosterRefused
from posters.images.pictures import FORMATS, to_rgb
from posters.images.poster_checks import check_poster, poster_warnings
from posters.params import load_params

RULES = load_params().posters
WHITE, CLEAR = (255, 255, 255), 0


@pytest.mark.parametrize(
    ("format_name", "size"), [("JPEG", (100, 118)), ("PNG", (100, 200)), ("WEBP", (170, 200))]
)
def test_poster_within_the_limits_is_accepted(format_name: str, size: tuple[int, int]) -> None:
    image = check_poster(encoded(noise(*size), format_name), RULES)
    assert (image.format, image.size, image.mode) == (format_name, size, "RGB")


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((99, 150), "too small"),
        ((150, 99), "too small"),
        ((172, 200), "not portrait"),
        ((100, 201), "not portrait"),
    ],
)
def test_size_outside_the_limits_is_refused(size: tuple[int, int], reason: str) -> None:
    with pytest.raises(PosterRefused, match=f"^{reason}: "):
        check_poster(encoded(noise(*size), "PNG"), RULES)


def test_picture_of_one_colour_is_refused() -> None:
    levels = np.random.default_rng(1).integers(88, 93, (300, 200), dtype=np.uint8)
    slight_noise = encoded(Image.fromarray(levels), "JPEG")
    for content in (encoded(solid("RGBA", (9, 9, 9, CLEAR), (200, 300)), "PNG"), slight_noise):
        with pytest.raises(PosterRefused, match=r"^flat colour"):
            check_poster(content, RULES)
    poster = solid("RGB", (8, 8, 12), (200, 300))
    poster.paste((28, 8, 12), (60, 240, 140, 255))  # a faint title
    check_poster(encoded(poster, "PNG"), RULES)


def test_exif_orientation_is_applied_before_the_size_is_checked() -> None:
    """Cameras store a portrait sideways."""
    picture = noise(180, 120)
    picture.putpixel((0, 0), WHITE)
    upright = check_poster(with_orientation(picture, 6), RULES)
    assert upright.size == (120, 180)
    assert upright.getpixel((119, 0)) == WHITE
    with pytest.raises(PosterRefused, match=r"^not portrait"):
        check_poster(with_orientation(noise(120, 180), 6), RULES)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "JPEG"])
def test_damaged_exif_orientation_is_ignored(format_name: str) -> None:
    content = encoded(noise(), format_name, exif=b"Exif\0\0XX\0*\0\0\0\x08")
    assert check_poster(content, RULES).size == to_rgb(content).size == (120, 180)


def test_first_picture_of_a_jpeg_with_several_is_used() -> None:
    content = encoded(noise(), "MPO", save_all=True, append_images=[solid("RGB", (1, 2, 3))])
    image = check_poster(content, RULES)
    assert image.size == (120, 180)
    assert FORMATS[str(image.format)] == ".jpg"


def framed(left: int, top: int) -> Image.Image:
    """A picture in a white frame of so many pixels."""
    image = solid("RGB", WHITE, (200, 300))
    image.paste(noise(200 - 2 * left, 300 - 2 * top), (left, top))
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (noise(200, 300), []),
        (framed(10, 10), []),  # a frame is usual
        (noise(60, 90), ["this picture is tiny (60x90): use a larger copy"]),
        (noise(300, 200), ["this picture is too wide for a poster (300x200): crop it to the"]),
        (noise(140, 300), ["this picture is too narrow for a poster (140x300): crop it to the"]),
        (framed(0, 40), ["this picture has bars of one colour, as screenshots have: crop it to"]),
        (framed(40, 0), ["this picture has bars of one colour, as screenshots have: crop it to"]),
    ],
)
def test_warnings_say_what_is_unusual(image: Image.Image, expected: list[str]) -> None:
    found = poster_warnings(image)
    assert len(found) == len(expected)
    assert all(map(str.startswith, found, expected))


def test_generated_posters_give_no_warnings(draw: Callable[[str, int], object]) -> None:
    for year in range(1900, 2020, 10):
        assert poster_warnings(to_rgb(str(draw("A Poster", year)))) == []


def test_no_answer_for_one_flat_colour() -> None:
    with pytest.raises(PosterRefused, match=r"^flat colour: "):
        poster_warnings(solid("RGB", (9, 9, 12), (200, 300)))
