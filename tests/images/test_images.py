"""Pictures of every kind are converted to RGB; other files are refused with a reason."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from posters.errors import PosterRefused
from posters.images.pictures import (
    FORMATS,
    PosterLike,
    check_poster,
    open_image,
    read_image,
    to_rgb,
)
from posters.params import load_params

RULES = load_params().posters
WHITE, CLEAR = (255, 255, 255), 0


def solid(mode: str, colour: Any, size: tuple[int, int] = (8, 12)) -> Image.Image:
    return Image.new(mode, size, colour)


def noise(width: int = 120, height: int = 180) -> Image.Image:
    """A picture of coarse coloured patches: not flat."""
    generator = np.random.default_rng(1)
    patches = generator.integers(0, 256, (9, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)


def faint_noise(size: int) -> Image.Image:
    """A grey picture whose squares of some size differ by up to 4 levels of 256."""
    shape = (300 // size, 200 // size)
    squares = np.random.default_rng(1).integers(88, 93, shape, dtype=np.uint8)
    return Image.fromarray(squares).resize((200, 300), Image.Resampling.NEAREST)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def palette(*colours: tuple[int, int, int]) -> Image.Image:
    """A palette picture, all of it of the first colour."""
    image = solid("P", 0)
    image.putpalette([level for colour in colours for level in colour])
    return image


def with_orientation(image: Image.Image, orientation: int) -> bytes:
    """A PNG file with an Exif orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, "PNG", exif=exif)


def hand_made_png(width: int, height: int) -> bytes:
    """A PNG that claims a size but holds few bytes: black rows pack into almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def reason_to_refuse(content: bytes) -> str:
    with pytest.raises(PosterRefused) as refused:
        check_poster(content, RULES)
    assert str(refused.value).startswith(f"{refused.value.reason}: ")
    return refused.value.reason


GREEN_PALETTE = palette((10, 200, 30), (1, 2, 3))
FILES: dict[str, tuple[bytes, tuple[int, int, int]]] = {
    "grey": (encoded(solid("L", 100), "PNG"), (100, 100, 100)),
    "grey JPEG": (encoded(solid("L", 100), "JPEG"), (100, 100, 100)),
    "black and white": (encoded(solid("1", 1), "PNG"), WHITE),
    "16-bit grey": (
        encoded(Image.fromarray(np.full((12, 8), 100 * 257, np.uint16)), "PNG"),
        (100, 100, 100),
    ),
    "CMYK": (encoded(solid("CMYK", (0, 255, 255, 0)), "JPEG", quality=95), (255, 0, 0)),
    "palette": (encoded(GREEN_PALETTE, "PNG"), (10, 200, 30)),
    "palette, clear": (encoded(GREEN_PALETTE, "PNG", transparency=0), WHITE),
    "palette, another clear": (encoded(GREEN_PALETTE, "PNG", transparency=1), (10, 200, 30)),
    "palette, half": (encoded(GREEN_PALETTE, "PNG", transparency=b"\x80"), (132, 227, 142)),
    "RGBA, clear": (encoded(solid("RGBA", (9, 20, 30, CLEAR)), "PNG"), WHITE),
    "RGBA, opaque": (encoded(solid("RGBA", (9, 20, 30, 255)), "PNG"), (9, 20, 30)),
    "RGBA, half": (encoded(solid("RGBA", (0, 0, 255, 128)), "PNG"), (127, 127, 255)),
    "LA, clear": (encoded(solid("LA", (50, CLEAR)), "PNG"), WHITE),
    "LA, opaque": (encoded(solid("LA", (50, 255)), "PNG"), (50, 50, 50)),
    "RGB, clear": (encoded(solid("RGB", "navy"), "PNG", transparency=(0, 0, 128)), WHITE),
    "WebP": (encoded(solid("RGB", (10, 100, 20)), "WEBP", lossless=True), (10, 100, 20)),
    "WebP, clear": (encoded(solid("RGBA", (9, 9, 9, CLEAR)), "WEBP", lossless=True), WHITE),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_converted_to_rgb(kind: str) -> None:
    content, expected = FILES[kind]
    image = to_rgb(content)
    assert (image.mode, image.size) == ("RGB", (8, 12))
    assert np.abs(np.asarray(image, dtype=int) - expected).max() <= 2  # JPEG rounds by a level


def test_16_bit_grey_is_scaled_and_32_bit_grey_up_to_255_is_not() -> None:
    shades = np.arange(0, 256, dtype=np.uint16).reshape(16, 16)
    image = to_rgb(encoded(Image.fromarray(shades * 257), "PNG"))
    assert np.array_equal(np.asarray(image)[:, :, 1], shades)
    image = to_rgb(Image.fromarray(shades.astype(np.int32)))
    assert np.array_equal(np.asarray(image)[:, :, 1], shades)


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [(1, (3, 2), (0, 0)), (3, (3, 2), (2, 1)), (6, (2, 3), (1, 0)), (8, (2, 3), (0, 2))],
)
def test_the_exif_orientation_is_applied(
    orientation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    picture = solid("RGB", "black", (3, 2))
    picture.putpixel((0, 0), WHITE)
    image = to_rgb(with_orientation(picture, orientation))
    assert image.size == size
    assert image.getpixel(corner) == WHITE


def test_a_path_bytes_and_an_open_picture_give_the_same_image(tmp_path: Path) -> None:
    path = tmp_path / "poster.jpg"
    path.write_bytes(encoded(noise(), "JPEG"))
    with Image.open(path) as opened:
        expected = np.asarray(opened.convert("RGB"))
        posters: list[PosterLike] = [path, str(path), path.read_bytes(), opened]
        assert all(np.array_equal(np.asarray(to_rgb(poster)), expected) for poster in posters)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["uint8", "float16", "float32", "float64"])
def test_an_array_gives_the_same_image_as_its_picture(mode: str, kind: str) -> None:
    image = noise().convert(mode)
    if mode == "RGBA":
        image.putalpha(noise().convert("L"))
    levels = np.asarray(image)
    array = levels if kind == "uint8" else (levels / 255).astype(kind)
    expected = np.asarray(to_rgb(image))
    assert np.array_equal(np.asarray(to_rgb(array)), expected)
    if mode == "L":
        assert np.array_equal(np.asarray(to_rgb(array[:, :, None])), expected)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros((12, 8, 2), np.uint8), id="2 channels"),
        pytest.param(np.zeros((3, 12, 8), np.uint8), id="channels first"),
        pytest.param(np.zeros((1, 12, 8, 3), np.uint8), id="a batch"),
        pytest.param(np.zeros(12, np.uint8), id="flat"),
        pytest.param(np.zeros((0, 8, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((12, 8, 3), np.int64), id="whole numbers of another type"),
        pytest.param(np.zeros((12, 8, 3), np.bool_), id="truth values"),
        pytest.param(np.full((12, 8, 3), 255.0), id="floats of 0-255"),
        pytest.param(np.full((12, 8, 3), -0.1), id="floats below 0"),
        pytest.param(np.full((12, 8, 3), np.nan), id="not a number"),
    ],
)
def test_other_arrays_are_refused(array: NDArray[np.generic]) -> None:
    with pytest.raises(PosterRefused, match=r"expected \(height, width") as refused:
        to_rgb(array)
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty file"),
        pytest.param(b"<!DOCTYPE html><html><body>404</body></html>", id="HTML"),
        pytest.param(encoded(noise(), "JPEG")[:1500], id="half a JPEG"),
        pytest.param(encoded(noise(), "JPEG")[:30], id="the head of a JPEG"),
        pytest.param(encoded(noise(), "PNG")[:1500], id="half a PNG"),
        pytest.param(encoded(noise(), "PNG")[:20], id="the head of a PNG"),
        pytest.param(encoded(noise(), "WEBP")[:500], id="half a WebP"),
        pytest.param(encoded(noise(), "GIF"), id="GIF"),
        pytest.param(encoded(noise(), "BMP"), id="BMP"),
    ],
)
def test_damaged_files_and_other_formats_are_unreadable(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "poster.jpg").write_bytes(content)
    with pytest.raises(PosterRefused, match="expected a whole JPEG, PNG or WebP") as refused:
        read_image(tmp_path / "poster.jpg")
    assert refused.value.reason == "unreadable"
    assert reason_to_refuse(content) == "unreadable"


@pytest.mark.parametrize(
    ("name", "reason"), [("none.jpg", "missing"), ("a\0b.jpg", "unreadable"), (".", "unreadable")]
)
def test_a_path_that_is_not_a_readable_file_is_refused(
    tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(PosterRefused) as refused:
        to_rgb(tmp_path / name)
    assert refused.value.reason == reason
    assert str(tmp_path.parent) not in str(refused.value), "data files don't name folders"


def test_a_decompression_bomb_is_refused() -> None:
    bomb = hand_made_png(30_000, 30_000)
    assert len(bomb) < 200_000
    assert reason_to_refuse(bomb) == "too large"


def test_the_limit_of_pixels_is_exact() -> None:
    assert open_image(hand_made_png(100, 150), max_pixels=15_000).size == (100, 150)
    with pytest.raises(PosterRefused) as refused:
        open_image(hand_made_png(100, 151), max_pixels=15_000)
    assert refused.value.reason == "too large"


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_a_poster_is_accepted(format_name: str) -> None:
    image = check_poster(encoded(noise(), format_name), RULES)
    assert (image.format, image.size, image.mode) == (format_name, (120, 180), "RGB")


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((100, 118), ""),
        ((100, 200), ""),
        ((170, 200), ""),
        ((1, 1), "too small"),
        ((99, 150), "too small"),
        ((150, 99), "too small"),
        ((180, 120), "not portrait"),
        ((150, 150), "not portrait"),
        ((172, 200), "not portrait"),
        ((100, 201), "not portrait"),
        ((100, 1000), "not portrait"),
    ],
)
def test_sizes_outside_the_limits_are_refused(size: tuple[int, int], reason: str) -> None:
    content = encoded(noise(*size), "PNG")
    if reason:
        assert reason_to_refuse(content) == reason
    else:
        assert check_poster(content, RULES).size == size


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(solid("RGB", (90, 90, 90), (200, 300)), "PNG"), id="PNG"),
        pytest.param(encoded(solid("RGBA", (9, 9, 9, CLEAR), (200, 300)), "PNG"), id="clear"),
        pytest.param(encoded(faint_noise(size=1), "JPEG"), id="JPEG with fine slight noise"),
        pytest.param(encoded(faint_noise(size=20), "JPEG"), id="JPEG with coarse slight noise"),
    ],
)
def test_a_picture_of_one_colour_is_refused(content: bytes) -> None:
    assert reason_to_refuse(content) == "flat colour"


def test_a_dark_poster_with_a_faint_title_is_not_flat() -> None:
    poster = solid("RGB", (8, 8, 12), (200, 300))
    poster.paste((28, 8, 12), (60, 240, 140, 255))
    assert check_poster(encoded(poster, "PNG"), RULES).size == (200, 300)


def test_a_rotated_picture_is_measured_upright() -> None:
    """Cameras store a portrait sideways, with an Exif orientation."""
    assert check_poster(with_orientation(noise(180, 120), 6), RULES).size == (120, 180)
    with pytest.raises(PosterRefused) as refused:
        check_poster(with_orientation(noise(120, 180), 6), RULES)
    assert refused.value.reason == "not portrait"


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "JPEG"])
def test_a_damaged_exif_orientation_is_ignored(format_name: str) -> None:
    damaged = b"Exif\0\0XX\0*\0\0\0\x08"
    content = encoded(noise(), format_name, exif=damaged)
    assert check_poster(content, RULES).size == (120, 180)
    assert to_rgb(content).size == (120, 180)


def test_the_first_picture_of_a_jpeg_with_several_is_used() -> None:
    content = encoded(noise(), "MPO", save_all=True, append_images=[solid("RGB", (1, 2, 3))])
    image = check_poster(content, RULES)
    assert image.size == (120, 180)
    assert FORMATS[str(image.format)] == ".jpg"


def test_an_open_picture_that_is_cut_short_is_refused() -> None:
    content = encoded(noise(), "JPEG")
    with pytest.raises(PosterRefused) as refused:
        to_rgb(Image.open(io.BytesIO(content[: len(content) // 2])))
    assert refused.value.reason == "unreadable"
