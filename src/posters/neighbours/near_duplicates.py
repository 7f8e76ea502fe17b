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

from posters.embedding.embeddings import Embeddings
from posters.embedding.scaling import RetrievalScale
from posters.images.perceptual_hash import difference_hash
from posters.images.pictures import read_image, to_rgb

_MOST_BITS = 64
_ROWS_AT_ONCE = 8192
# Whatever the number of rows: who is tested on must not depend on how many there are.
_TABLES = 150
_TABLES_AT_ONCE = 10
_MOST_HYPERPLANES = 24
_MISSED = 0.001


def near_duplicate_movies(
    catalogue: pd.DataFrame, embeddings: Embeddings, similarity: float, folder: Path
) -> list[tuple[str, str]]:
    """The ids of every two movies whose posters are nearly the same.

    Args:
        catalogue: columns `imdb_id`, `origin`, `file`.
        embeddings: of its movies.
        similarity: see `near_duplicate_rows`.
        folder: what `file` is relative to.

    Raises:
        DataError: a movie has no vector.
        PosterRefused: a poster can't be read.
    """
    ids, files = list(catalogue["imdb_id"]), list(catalogue["file"])
    vectors = embeddings.matrix[embeddings.rows(ids), embeddings.info.retrieval_features]
    # Measured by what does not depend on t, so that no pair comes or goes when t changes.
    scale = RetrievalScale.fit(vectors[(catalogue["origin"] != "topup").to_numpy()])

    @cache
    def poster(row: int) -> Image.Image:
        return to_rgb(read_image(folder / files[row])).resize((136, 128))

    return [
        (ids[one], ids[other])
        for one, other in near_duplicate_rows(scale.transform(vectors), similarity)
        if _bits_between(poster, one, other) <= _MOST_BITS
    ]


def _bits_between(poster: Callable[[int], Image.Image], one: int, other: int) -> int:
    first = difference_hash(poster(one))
    # Vectors may be those of the mirror image too (`embed.mirrored`), so it is looked for as well.
    return min(
        (first ^ difference_hash(seen)).bit_count()
        for seen in (poster(other), ImageOps.mirror(poster(other)))
    )


def near_duplicate_rows(looks: NDArray[np.float32], similarity: float) -> Iterator[tuple[int, int]]:
    """Pairs of rows that look alike, without comparing each with each.

    The method is hashing by random hyperplanes (Charikar, 2002, "Similarity estimation techniques
    from rounding algorithms"): rows that lie on the same side of all hyperplanes of a table are
    compared. Two rows of a cosine c do so with the probability 1 - arccos(c) / pi for each. There
    are as few hyperplanes in a table as find a pair right at the limit in 999 of 1,000 cases, some
    table or other; above the limit hardly any is missed.

    Args:
        looks: what `RetrievalScale.looks` gives, shape (n, retrieval_size).
        similarity: the cosine from which on two rows are taken for one picture.

    Yields:
        Rows (i, j), i < j, each pair once.
    """
    agreeing = max(1 - np.arccos(min(similarity, 1.0)) / np.pi, 0.01)
    needed = 1 - _MISSED ** (1 / _TABLES)  # of a pair at the limit, in each table
    most = np.log(needed) / np.log(agreeing) if agreeing < 1 else np.inf
    hyperplanes = int(np.clip(most, 1, _MOST_HYPERPLANES))
    generator = np.random.default_rng(0)
    found: set[tuple[int, int]] = set()
    for _ in range(0, _TABLES, _TABLES_AT_ONCE):
        planes = generator.standard_normal(
            (looks.shape[1], _TABLES_AT_ONCE * hyperplanes), dtype=np.float32
        )
        for cells in _cells(looks, planes, hyperplanes).T:
            for ones, others in _of_one_cell(cells):
                likeness = np.einsum("ij,ij->i", looks[ones], looks[others])
                near = likeness >= similarity
                found.update(zip(ones[near].tolist(), others[near].tolist(), strict=True))
    yield from sorted(found)


def _cells(
    looks: NDArray[np.float32], planes: NDArray[np.float32], hyperplanes: int
) -> NDArray[np.float32]:
    """The cell of each row in each table: on which sides of its hyperplanes it lies, as one number.

    Args:
        looks: shape (n, retrieval_size).
        planes: of all tables, one table after the other, shape (retrieval_size, tables * hyperplanes).
        hyperplanes: of a table; few enough that a float32 tells all cells apart.

    Returns:
        Shape (n, tables).
    """
    places = (2.0 ** np.arange(hyperplanes)).astype(np.float32)
    cells = np.empty((len(looks), planes.shape[1] // hyperplanes), np.float32)
    for at in range(0, len(looks), _ROWS_AT_ONCE):
        sides = looks[at : at + _ROWS_AT_ONCE] @ planes > 0
        cells[at : at + _ROWS_AT_ONCE] = (
            sides.reshape(len(sides), -1, hyperplanes).astype(np.float32) @ places
        )
    return cells


def _of_one_cell(
    cells: NDArray[np.float32],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """All pairs of rows (i, j), i < j, of one cell; some thousands of them at a time.

    Rows are ordered by cell; each is paired with the one behind it, with the second behind it, and
    so on as long as any pair is of one cell.
    """
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    at = np.arange(len(cells))
    for distance in range(1, len(cells)):
        at = at[: np.searchsorted(at, len(cells) - distance)]
        at = at[ordered[at] == ordered[at + distance]]
        if not len(at):
            return
        for start in range(0, len(at), _ROWS_AT_ONCE):
            piece = at[start : start + _ROWS_AT_ONCE]
            # The order is stable: of one cell, the lower row comes first.
            yield order[piece], order[piece + distance]
