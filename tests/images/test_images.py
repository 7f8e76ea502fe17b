"""Pictures of every kind are converted to RGB; other files are refused with a reason."""

import io
import os
import struct
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from small_pictures import encoded, noise, solid

from benchmarks.decoding import with_exif, with_scans
from posters.errors import PosterRefused
from posters.images.pictures import (
    PosterLike,
    large_in_turn,
    open_image,
    read_image,
    to_rgb,
)

WHITE, CLEAR = (255, 255, 255), 0


def png_that_claims_to_be(width: int, height: int) -> bytes:
    content = bytearray(encoded(solid("L", 0), "PNG"))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


GREEN = (10, 200, 30)
GREEN_PALETTE, WHITE_PICTURE = solid("P", 0), solid("RGB", WHITE)
GREEN_PALETTE.putpalette([*GREEN, 1, 2, 3])
FILES: dict[str, tuple[bytes, tuple[int, int, int]]] = {
    "grey JPEG": (encoded(solid("L", 100), "JPEG"), (100, 100, 100)),
    "black and white": (encoded(solid("1", 1), "PNG"), WHITE),
    "CMYK": (encoded(solid("CMYK", (0, 255, 255, 0)), "JPEG", quality=95), (255, 0, 0)),
    "palette": (encoded(GREEN_PALETTE, "PNG"), (10, 200, 30)),
    "palette, clear": (encoded(GREEN_PALETTE, "PNG", transparency=0), WHITE),
    "palette, half": (encoded(GREEN_PALETTE, "PNG", transparency=b"\x80"), (132, 227, 142)),
    "RGBA, half": (encoded(solid("RGBA", (0, 0, 255, 128)), "PNG"), (127, 127, 255)),
    "LA, clear": (encoded(solid("LA", (50, CLEAR)), "PNG"), WHITE),
    "RGB, clear": (encoded(solid("RGB", "navy"), "PNG", transparency=(0, 0, 128)), WHITE),
    "WebP": (encoded(solid("RGB", (10, 100, 20)), "WEBP", lossless=True), (10, 100, 20)),
    "GIF": (encoded(GREEN_PALETTE, "GIF", save_all=True, append_images=[WHITE_PICTURE]), GREEN),
    "BMP": (encoded(solid("RGB", GREEN), "BMP"), GREEN),
    "TIFF": (encoded(solid("CMYK", (0, 255, 255, 0)), "TIFF"), (255, 0, 0)),
    "16-bit TIFF": (encoded(Image.fromarray(np.full((12, 8), 25_700, "u2")), "TIFF"), (100,) * 3),
    "AVIF": (encoded(solid("RGB", GREEN), "AVIF", quality=100), GREEN),
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


def test_floats_are_of_0_to_1_in_a_file_too() -> None:
    shades = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    image = to_rgb(encoded(Image.fromarray(shades), "TIFF"))
    assert np.array_equal(np.asarray(image)[:, :, 0].ravel(), np.arange(256))
    with pytest.raises(PosterRefused, match=r"^unreadable: floats outside 0-1"):
        to_rgb(encoded(Image.fromarray(1000 * shades), "TIFF"))


def test_a_path_bytes_and_an_open_picture_give_the_same_image(tmp_path: Path) -> None:
    path = tmp_path / "poster.jpg"
    path.write_bytes(encoded(noise(), "JPEG"))
    with Image.open(path) as opened:
        expected = np.asarray(opened.convert("RGB"))
        posters: list[PosterLike] = [path, str(path), path.read_bytes(), opened]
        assert all(np.array_equal(np.asarray(to_rgb(poster)), expected) for poster in posters)


@pytest.mark.parametrize("mode", ["L", "RGBA"])
@pytest.mark.parametrize("kind", ["uint8", "float32"])
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
        pytest.param(np.zeros((1, 12, 8, 3), np.uint8), id="a batch"),
        pytest.param(np.zeros((0, 8, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((12, 8, 3), np.int64), id="another type"),
        pytest.param(np.full((12, 8, 3), 255.0), id="floats of 0-255"),
        pytest.param(np.full((12, 8, 3), np.nan), id="not a number"),
    ],
)
def test_other_arrays_are_refused(array: NDArray[np.generic]) -> None:
    with pytest.raises(PosterRefused, match=r"^unreadable: .* expected \(height, width"):
        to_rgb(array)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty file"),
        pytest.param(b"<!DOCTYPE html><html><body>404</body></html>", id="HTML"),
        pytest.param(encoded(noise(), "JPEG")[:1500], id="half a JPEG"),
        pytest.param(encoded(noise(), "PNG")[:1500], id="half a PNG"),
        pytest.param(encoded(noise(), "WEBP")[:500], id="half a WebP"),
        pytest.param(encoded(noise(), "GIF")[:500], id="half a GIF"),
        pytest.param(encoded(noise(), "TIFF")[:1500], id="half a TIFF"),
        pytest.param(encoded(noise(), "AVIF")[:500], id="half an AVIF"),
        pytest.param(encoded(noise(), "ICO"), id="an icon"),
    ],
)
def test_damaged_files_and_other_formats_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "poster.jpg").write_bytes(content)
    with pytest.raises(
        PosterRefused, match=r"^unreadable: .*expected a whole (JPEG, PNG, WebP, |TIFF)"
    ):
        read_image(tmp_path / "poster.jpg")


@pytest.mark.parametrize("format_name", ["GIF", "BMP", "TIFF", "AVIF"])
def test_what_the_web_offers_is_decoded_by_three_decoders_only(format_name: str) -> None:
    with pytest.raises(PosterRefused, match=r"^unreadable: .*expected a whole JPEG, PNG or WebP$"):
        open_image(encoded(noise(), format_name), from_web=True)


def test_heic_is_read_if_its_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs `make heic`")
    file = io.BytesIO()
    pillow_heif.from_pillow(solid("RGB", GREEN, (64, 96))).save(file, quality=-1)
    image = to_rgb(file.getvalue())
    assert (image.size, image.format) == ((64, 96), None)
    assert np.abs(np.asarray(image, dtype=int) - GREEN).max() <= 3
    with pytest.raises(PosterRefused, match=r"^unreadable: "):
        to_rgb(file.getvalue()[:-40])
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PosterRefused, match=r"^unreadable: HEIC needs a package: run `make heic`"):
        to_rgb(file.getvalue())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.jpg", "missing"),
        ("a\0b.jpg", "unreadable"),
        (".", "unreadable"),
        ("fifo", "unreadable"),
        ("/dev/zero", "unreadable"),
        ("large", "too large"),
    ],
)
def test_path_that_is_not_a_file_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 30_000_001)
    with pytest.raises(PosterRefused, match=f"^{reason}: ") as refused:
        to_rgb(tmp_path / name)
    assert str(tmp_path.parent) not in str(refused.value), "data files don't name folders"


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_too_many_pixels_are_refused(format_name: str) -> None:
    content = encoded(noise(100, 150), format_name)
    assert open_image(content, max_pixels=15_000).size == (100, 150)
    with pytest.raises(PosterRefused, match=r"^too large: 100x150; at most 14,999 ") as refused:
        open_image(content, max_pixels=14_999)
    assert refused.value.with_advice.endswith("of a JPEG: save a smaller copy")


def test_header_that_claims_too_many_pixels_is_refused() -> None:
    for width in (5000, 10_000, 30_000):  # Pillow itself warns of the second, refuses the third
        with pytest.raises(PosterRefused, match=r"^too large: .*at most 13,000,000 "):
            open_image(png_that_claims_to_be(width, width))
    content = encoded(noise(), "JPEG").replace(struct.pack(">HH", 180, 120), b"\x24\0" * 2)
    with pytest.raises(PosterRefused, match=r"^too large: 9216x9216; .*50,000,000 of a JPEG"):
        to_rgb(content)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"save_all": True}])
def test_jpeg_is_reduced_only_if_it_has_too_many_pixels(options: dict[str, Any]) -> None:
    content = encoded(noise(401, 600), "MPO" if "save_all" in options else "JPEG", **options)
    with Image.open(io.BytesIO(content)) as opened:
        expected = np.asarray(opened)
    assert np.array_equal(np.asarray(open_image(content, 401 * 600)), expected)
    for limit, size in ((401 * 600 - 1, (201, 300)), (201 * 300 - 1, (101, 150))):
        reduced = open_image(content, limit)
        assert reduced.size == size
        whole = np.asarray(Image.fromarray(expected).resize(size, Image.Resampling.BOX), int)
        assert np.abs(np.asarray(reduced) - whole).mean() < 3
    with pytest.raises(PosterRefused, match=r"^too large: 401x600;"):
        open_image(content, 51 * 75 - 1)


def test_photo_of_48_million_pixels_is_reduced_to_12() -> None:
    content = encoded(solid("L", 9, (8000, 6000)), "JPEG", progressive=True)
    assert to_rgb(content).size == (4000, 3000)


def test_scans_are_counted_up_to_the_end_of_the_picture() -> None:
    plain = encoded(noise(), "JPEG", progressive=True)
    fake = b"\xff\xda" * 200
    most = with_scans(plain, 100)
    for content in (most + fake, most[:2] + b"\xff\xfe\x01\x92" + fake + most[2:]):
        assert to_rgb(content).size == (120, 180)
    with pytest.raises(PosterRefused, match=r"^too complex: it has 101 scans; save it again"):
        to_rgb(with_scans(plain, 101))
    large = encoded(solid("L", 9, (6000, 4000)), "JPEG", progressive=True)
    assert to_rgb(with_scans(large, 54)).size == (3000, 2000)
    with pytest.raises(PosterRefused, match=r"^too complex: it has 55 scans"):
        to_rgb(with_scans(large, 55))


@pytest.mark.parametrize("before", [b"", b"\xff\xd9", b"\xff\xf0\xff\xff"])
def test_file_of_many_small_parts_is_refused(before: bytes) -> None:
    """Pillow reads on after markers that have no meaning there."""
    jpeg, png = encoded(noise(), "JPEG"), encoded(noise(), "PNG")
    with pytest.raises(PosterRefused, match=r"^too complex: it has more than 250 segments"):
        to_rgb(jpeg[:2] + before + with_exif(jpeg, 250, 9)[2:])
    chunk = struct.pack(">I4sI", 0, b"zzZz", zlib.crc32(b"zzZz"))
    with pytest.raises(PosterRefused, match=r"^too complex: it has more than 10,000 chunks"):
        to_rgb(png[:33] + 10_000 * chunk + png[33:])


def test_second_colour_profile_of_a_png_is_refused() -> None:
    """Pillow decompresses each of them: thousands in 10 MB would take half a minute."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    png = encoded(noise(), "PNG", icc_profile=profile)
    start, pixels = png.index(b"iCCP") - 4, png.index(b"IDAT") - 4
    assert to_rgb(png).size == noise().size
    with pytest.raises(PosterRefused, match=r"^too complex: it has more than one colour profile"):
        to_rgb(png[:pixels] + png[start:pixels] + png[pixels:])


def test_one_large_picture_is_used_at_a_time() -> None:
    large = encoded(solid("L", 9, (1500, 1500)), "PNG")
    small = encoded(noise(), "PNG")
    go_on, both = threading.Event(), threading.Barrier(2, timeout=20)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(large_in_turn, large, lambda: go_on.wait(20))
        second = pool.submit(large_in_turn, large, both.wait)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        assert large_in_turn(small, lambda: "not kept waiting")
        assert both.n_waiting == 0
        go_on.set()
        both.wait()
        assert first.result()
