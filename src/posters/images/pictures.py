"""Opening pictures safely, and converting them to RGB."""

import contextlib
import errno
import io
import math
import re
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from posters.errors import PosterRefused
from posters.files import read_bounded
from posters.images.complexity import MAX_SCANS, check_chunks, check_parts, count_scans, too_complex

# MPO is what Pillow calls a JPEG with further pictures, as cameras write; the first one is used.
FORMATS = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp"}
"""What posters on the web and in tables may be, with the extension of the file."""

SUFFIXES = set(
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"]
)
"""Of the files that can be predicted."""

_FROM_WEB = ["JPEG", "PNG", "WEBP"]
_FROM_DISK = [*_FROM_WEB, "GIF", "BMP", "TIFF", "AVIF"]
_HEIC = re.compile(rb"....ftyp(he(ic|ix|im|is|vc|vx)|mif1.{4,40}heic)", re.DOTALL)

# A decoder can't be stopped, so these limits also bound time and memory: see the part `decode` of
# the benchmarks. 13 million pixels, a photo of most phones, take 52 MB, and up to 300 MB while they
# are decoded and used.
MAX_PIXELS = 13_000_000
MAX_BYTES = 30_000_000
# A larger JPEG is reduced while it is decoded. Until then all coefficients of a progressive one are
# in memory: 6 bytes a pixel, 8 in CMYK, which makes 400 MB.
_MAX_JPEG_PIXELS = 50_000_000
# A smaller picture takes less than 50 MB, whatever is done with it.
_LARGE_PIXELS = 2_000_000
_large_pictures = ThreadPoolExecutor(1, thread_name_prefix="large picture")

PosterLike = str | Path | bytes | Image.Image | NDArray[np.generic]
"""A poster in any form: a path, a file's bytes, a PIL image, or an array (see `to_rgb`)."""

Result = TypeVar("Result")


def open_image(
    content: bytes, max_pixels: int = MAX_PIXELS, *, from_web: bool = False
) -> Image.Image:
    """Decode a picture, the first one of several, and turn it upright.

    A JPEG of more than `max_pixels` pixels is reduced to a half, a quarter or an eighth of its
    sides while it is decoded.

    Args:
        content: of a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file, or HEIC if pillow-heif is there.
        max_pixels: that may be decoded.
        from_web: allow the formats in `FORMATS` only. Others have more ways to do harm.

    Raises:
        PosterRefused: `unreadable` if it isn't a whole picture, `too large` if more than
            `max_pixels` pixels would be decoded, `too complex` if it has so many scans or other
            parts that decoding would take long.
    """
    image = _open(content, max_pixels, from_web)
    try:
        image.load()
    except Exception as error:  # for a damaged file Pillow's decoders raise almost any
        raise PosterRefused("unreadable", f"{error}; {_expected(from_web)}") from error
    upright = _upright(image)
    upright.format = image.format
    return upright


def large_in_turn(poster: PosterLike, work: Callable[[], Result]) -> Result:
    """Decode and use a poster in one of several threads: call `work` and return its result.

    For the content of a file with a large picture it is called in one thread that all share, so
    that only one large picture is in memory at a time. With a lock instead, the allocator would
    keep the freed memory of each thread: twice as much for eight threads.
    """
    if isinstance(poster, bytes):
        with contextlib.suppress(PosterRefused):  # `open_image` raises it again
            image = _open(poster, MAX_PIXELS)
            # The size that an AVIF states need not be that of the picture inside.
            if image.format == "AVIF" or image.width * image.height > _LARGE_PIXELS:
                return _large_pictures.submit(work).result()
    return work()


def _open(content: bytes, max_pixels: int, from_web: bool = False) -> Image.Image:
    """Read a picture's header; errors as in `open_image`."""
    scans = count_scans(content)
    check_chunks(content)
    expected = _expected(from_web)
    decoders = _FROM_WEB if from_web else _FROM_DISK
    if not from_web and _HEIC.match(content):
        decoders = _heic_decoder()
    advice = (
        f"at most {max_pixels:,} pixels are decoded, {_MAX_JPEG_PIXELS:,} of a JPEG: "
        "save a smaller copy"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=decoders)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PosterRefused("too large", advice, advised=True) from error
    except UnidentifiedImageError as error:
        cause = "unknown format" if content else "the file is empty"
        raise PosterRefused("unreadable", f"{cause}; {expected}") from error
    except Exception as error:
        raise PosterRefused("unreadable", f"{error}; {expected}") from error
    check_parts(image, len(content), max_pixels)
    width, height = image.size
    pixels = width * height
    if pixels > max_pixels:
        # Of other formats the size stays the same.
        fits = (f for f in (2, 4) if math.ceil(width / f) * math.ceil(height / f) <= max_pixels)
        factor = next(fits, 8)
        image.draft(None, (max(width // factor, 1), max(height // factor, 1)))
    if pixels > _MAX_JPEG_PIXELS or image.width * image.height > max_pixels:
        raise PosterRefused("too large", f"{width}x{height}; {advice}", advised=True)
    if scans * max(pixels, MAX_PIXELS) > MAX_SCANS * MAX_PIXELS:
        raise too_complex(f"{scans} scans")
    return image


def _expected(from_web: bool) -> str:
    more = "PNG or WebP" if from_web else "PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
    return f"expected a whole JPEG, {more}"


def _heic_decoder() -> list[str]:
    """Let Pillow read HEIC, the format of iPhone photos; pillow-heif is not installed by default.

    Raises:
        PosterRefused: `unreadable` if it isn't installed.
    """
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        detail = "HEIC needs a package: run `make heic`, or save the picture as JPEG"
        raise PosterRefused("unreadable", detail, advised=True) from error
    register_heif_opener(thumbnails=False)
    return ["HEIF"]


def _upright(image: Image.Image) -> Image.Image:
    """Apply the Exif orientation; a damaged one is ignored."""
    try:
        # Without an orientation, Pillow would copy the picture.
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # Pillow's metadata parsers raise almost any exception too.
        return image


def read_image(path: Path, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read and decode a picture file; errors as in `open_image` and `read_poster_file`."""
    return open_image(read_poster_file(path), max_pixels)


def read_poster_file(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a picture file.

    Raises:
        PosterRefused: `missing` if there is no such file, `unreadable` if it can't be read,
            `too large` if it has more than `max_bytes` bytes.
    """
    try:
        return read_bounded(path, max_bytes)
    except FileNotFoundError as error:
        raise PosterRefused("missing", f"no such file: {path.name}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        # Not str(error): it has the whole path, and this message is written into data files.
        cause = getattr(error, "strerror", None) or error
        if getattr(error, "errno", None) == errno.EFBIG:
            raise PosterRefused("too large", f"{path.name!r}: {cause}") from error
        raise PosterRefused("unreadable", f"{path.name!r}: {cause}") from error


def to_rgb(poster: PosterLike) -> Image.Image:
    """Convert a poster of any form to an upright RGB image; transparent parts become white.

    Args:
        poster: a path, a file's bytes, a PIL image, or an array of shape (height, width),
            (height, width, 1), (height, width, 3) or (height, width, 4): uint8, or floats of 0-1.

    Raises:
        PosterRefused: the picture can't be read, or the array has another shape, type or range.
    """
    if isinstance(poster, str | Path):
        image = read_image(Path(poster))
    elif isinstance(poster, bytes):
        image = open_image(poster)
    elif isinstance(poster, Image.Image):
        try:
            poster.load()
        except OSError as error:
            raise PosterRefused("unreadable", f"{error}; expected a whole picture") from error
        image = _upright(poster)
    else:
        image = _from_array(np.asarray(poster))
    if image.mode.startswith("I;16") or (image.mode == "I" and np.asarray(image).max() > 255):
        # Pillow clips 16-bit grey to 8 bits instead of scaling it.
        image = Image.fromarray((np.asarray(image) // 257).clip(0, 255).astype("u1"))
    if image.mode == "F":
        image = _from_array(np.asarray(image))
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _from_array(array: NDArray[np.generic]) -> Image.Image:
    expected = "expected (height, width[, 1, 3 or 4]) of uint8, or of floats from 0 to 1"
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise PosterRefused("unreadable", f"an array of shape {array.shape}; {expected}")
    if np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise PosterRefused("unreadable", f"floats outside 0-1; {expected}")
        array = np.round(array.astype(np.float64) * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise PosterRefused("unreadable", f"an array of {array.dtype}; {expected}")
    return Image.fromarray(array)
