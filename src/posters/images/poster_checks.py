"""Checking that a picture is a poster: one to learn from, or one to answer for."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posters.errors import PosterRefused
from posters.images.pictures import open_image, to_rgb

if TYPE_CHECKING:
    from posters.params import PosterParams

# Averaged over a 32nd of the picture, compression noise stays within a few levels of 256.
_SAME_COLOUR = 8
# What is unlikely for a poster. Of 3,000 real ones, 0.4% have such bars.
_USUAL_ASPECT = (0.5, 0.85)
_USUAL_SIDE = 100
_BAR = 0.08


def check_poster(content: bytes, rules: "PosterParams") -> Image.Image:
    """Decode a picture as `open_image` does, and check that it is a poster.

    Raises:
        PosterRefused: unreadable, too large, too small, not portrait, or of one flat colour.
    """
    if len(content) > rules.max_bytes:
        raise PosterRefused("too large", f"more than {rules.max_bytes:,} bytes")
    image = open_image(content, rules.max_pixels, from_web=True)
    width, height = image.size
    if min(width, height) < rules.min_side:
        raise PosterRefused(
            "too small", f"{width}x{height}, expected at least {rules.min_side} pixels a side"
        )
    if not rules.min_aspect <= width / height <= rules.max_aspect:
        raise PosterRefused(
            "not portrait",
            f"width / height is {width / height:.2f}, expected {rules.min_aspect:g} to "
            f"{rules.max_aspect:g}",
        )
    _refuse_flat(_small(to_rgb(image)))
    return image


def poster_warnings(image: Image.Image) -> list[str]:
    """What makes the answer for a picture unreliable, a sentence each.

    Args:
        image: RGB.

    Raises:
        PosterRefused: `flat colour`.
    """
    small = _small(image)
    _refuse_flat(small)
    width, height = image.size
    aspect, (least, most) = width / height, _USUAL_ASPECT
    warnings = []
    if min(width, height) < _USUAL_SIDE:
        warnings.append(f"this picture is tiny ({width}x{height}): use a larger copy")
    if not least <= aspect <= most:
        shape = "wide" if aspect > most else "narrow"
        warnings.append(
            f"this picture is too {shape} for a poster ({width}x{height}): crop it to the poster"
        )
    if _has_bars(small) or _has_bars(small.swapaxes(0, 1)):
        warnings.append(
            "this picture has bars of one colour, as screenshots have: crop it to the poster"
        )
    return warnings


def _small(image: Image.Image) -> NDArray[np.int16]:
    """An RGB image averaged over a 32nd of its sides, shape (32, 32, 3)."""
    return np.asarray(image.resize((32, 32), Image.Resampling.BOX)).astype(np.int16)


def _refuse_flat(small: NDArray[np.int16]) -> None:
    if np.ptp(small, axis=(0, 1)).max() < _SAME_COLOUR:
        raise PosterRefused("flat colour", "the whole picture has one colour")


def _has_bars(small: NDArray[np.int16]) -> bool:
    """Whether there is a bar of one colour both at the top and at the bottom; (32, 32, 3)."""
    rows = int(np.ceil(_BAR * len(small)))
    return all(
        np.ptp(bar, axis=(0, 1)).max() < _SAME_COLOUR for bar in (small[:rows], small[-rows:])
    )
