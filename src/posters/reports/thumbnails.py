"""Posters small enough to stand in a page."""

import base64
import io
from pathlib import Path

from PIL import Image

from posters.images.pictures import read_image, to_rgb

# Shown half as large: sharp on screens of twice the density.
_WIDTH, _HEIGHT = 176, 264
_QUALITY = 72


def thumbnail(path: Path) -> str:
    """A poster file as the data URI of a small JPEG, the same for the same pixels.

    Raises:
        PosterRefused: the poster can't be read.
    """
    image = to_rgb(read_image(path))
    image.thumbnail((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    with io.BytesIO() as written:
        image.save(written, format="JPEG", quality=_QUALITY, optimize=True)
        return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii")
