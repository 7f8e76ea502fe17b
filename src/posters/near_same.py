"""Movies whose posters are nearly the same: crops, frames and recolourings of one picture.

Two signs must agree. The vectors' looks are alike, which they may also be for two posters of one
manner, above all to a network with random weights; and the difference hashes are nearer than those
of strangers ever are. Measured on real posters (MobileNetV2): copies cropped by 2% a side have a
similarity of looks of 0.96 in the median, 99% of them above 0.91, and differ by 34 bits in the
median, 99% of them by at most 52; of 1.1 million pairs of different posters one differs by less
than 65. Of 3,652 different posters one pair in 6.7 million has a similarity above 0.87.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageOps

from posters.duplicates import difference_hash
from posters.embedding import Embeddings
from posters.images import read_image, to_rgb
from posters.looks import LookScale

_MOST_BITS = 64
_ROWS_AT_ONCE = 8192


def near_same_movies(
    catalogue: pd.DataFrame, embeddings: Embeddings, similarity: float, folder: Path
) -> list[tuple[str, str]]:
    """The ids of every two movies whose posters are nearly the same.

    Args:
        catalogue: columns `imdb_id`, `origin`, `file`.
        embeddings: of its movies.
        similarity: see `near_same_rows`.
        folder: what `file` is relative to.

    Raises:
        DataError: a movie has no vector.
        PosterRefused: a poster can't be read.
    """
    ids, files = list(catalogue["imdb_id"]), list(catalogue["file"])
    vectors = embeddings.matrix[embeddings.rows(ids), embeddings.info.look]
    # Measured by what does not depend on t, so that no pair comes or goes when t changes.
    scale = LookScale.fit(vectors[(catalogue["origin"] != "topup").to_numpy()])

    @cache
    def poster(row: int) -> Image.Image:
        return to_rgb(read_image(folder / files[row])).resize((136, 128))

    return [
        (ids[one], ids[other])
        for one, other in near_same_rows(scale.looks(vectors), similarity)
        if _bits_between(poster, one, other) <= _MOST_BITS
    ]


def _bits_between(poster: Callable[[int], Image.Image], one: int, other: int) -> int:
    first = difference_hash(poster(one))
    # Vectors may be those of the mirror image too (`embed.mirrored`), so it is looked for as well.
    return min(
        (first ^ difference_hash(seen)).bit_count()
        for seen in (poster(other), ImageOps.mirror(poster(other)))
    )


def near_same_rows(looks: NDArray[np.float32], similarity: float) -> Iterator[tuple[int, int]]:
    """Pairs of rows that look alike.

    Args:
        looks: what `LookScale.looks` gives, shape (n, look_size).
        similarity: the cosine from which on two rows are taken for one picture.

    Yields:
        Rows (i, j), i < j.
    """
    for start in range(0, len(looks), _ROWS_AT_ONCE):
        rows = looks[start : start + _ROWS_AT_ONCE]
        for at in range(start, len(looks), _ROWS_AT_ONCE):
            likeness = rows @ looks[at : at + _ROWS_AT_ONCE].T
            for one, other in zip(*np.nonzero(likeness >= similarity), strict=True):
                if start + one < at + other:
                    yield int(start + one), int(at + other)
