"""Small pictures of all posters, many in one JPEG: an atlas."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageOps

from posters.images.pictures import to_rgb

COLUMNS = 12
"""An atlas has as many rows: its posters are few enough that phones decode it at once."""

MAX_BYTES = 9_500_000
"""Of all atlases, estimated from a sample; in the page they take a third more."""

_WIDTHS = (160, 144, 128, 112, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16)
_SAMPLE = COLUMNS**2


def small_posters(files: Sequence[Path]) -> list[Image.Image]:
    """Posters cut to 2:3, all as large as `MAX_BYTES` allow.

    Raises:
        PosterRefused: a poster can't be read.
    """
    with ThreadPoolExecutor() as pool:
        step = -(-len(files) // _SAMPLE)
        sample = list(pool.map(lambda file: _cut(to_rgb(file), _WIDTHS[0]), files[::step]))
        width = next(width for width in _WIDTHS if _size(sample, width) * step <= MAX_BYTES)
        return list(pool.map(lambda file: _cut(to_rgb(file), width), files))


def draw_atlases(posters: Sequence[Image.Image]) -> list[bytes]:
    """Posters of one size as JPEGs with `COLUMNS` tiles a row, in their order."""
    each = COLUMNS**2
    return [_atlas(posters[start : start + each]) for start in range(0, len(posters), each)]


def _cut(poster: Image.Image, width: int) -> Image.Image:
    return ImageOps.fit(poster, (width, width * 3 // 2), Image.Resampling.BILINEAR)


def _size(posters: Sequence[Image.Image], width: int) -> int:
    return sum(map(len, draw_atlases([_cut(poster, width) for poster in posters])))


def _atlas(posters: Sequence[Image.Image]) -> bytes:
    width, height = posters[0].size
    atlas = Image.new("RGB", (COLUMNS * width, -(-len(posters) // COLUMNS) * height))
    for number, poster in enumerate(posters):
        atlas.paste(poster, (number % COLUMNS * width, number // COLUMNS * height))
    with io.BytesIO() as buffer:
        atlas.save(buffer, format="JPEG", quality=40, optimize=True)
        return buffer.getvalue()
