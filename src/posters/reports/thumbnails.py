"""Small copies of posters to embed in HTML."""

import base64
import io
from pathlib import Path

from PIL import Image

from posters.images.pictures import read_image, to_rgb


def thumbnail(path: Path, size: tuple[int, int] = (176, 264), quality: int = 72) -> str:
    """A poster file as the data URI of a JPEG of at most `size` pixels.

    Raises:
        PosterRefused: the poster can't be read.
    """
    image = to_rgb(read_image(path))
    image.thumbnail(size, Image.Resampling.LANCZOS)
    with io.BytesIO() as buffer:
        image.save(buffer, format="JPEG", quality=quality, optimize=True)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
