"""Small pictures, and their files."""

import io
from typing import Any

import numpy as np
from PIL import Image


def solid(mode: str, colour: Any, size: tuple[int, int] = (8, 12)) -> Image.Image:
    return Image.new(mode, size, colour)


def picture(
    seed: int, size: tuple[int, int] = (80, 120), patches: tuple[int, int] = (17, 18)
) -> Image.Image:
    """So many rows and columns of coloured patches, different ones for each seed."""
    colours = np.random.default_rng(seed).integers(0, 256, (*patches, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC)


def noise(width: int = 120, height: int = 180) -> Image.Image:
    """A picture that is not flat."""
    return picture(1, (width, height), (9, 6))


def encoded(image: Image.Image, format_name: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def with_orientation(image: Image.Image, orientation: int) -> bytes:
    """A PNG file with an Exif orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, "PNG", exif=exif)
