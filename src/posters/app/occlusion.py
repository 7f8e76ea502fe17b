"""Which regions of a poster a prediction depends on.

Each field of a grid is covered in turn, and the network predicts again: the occlusion sensitivity
of Zeiler and Fergus (2014, "Visualizing and Understanding Convolutional Networks").
"""

import time
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posters.embedding.backbone import resize
from posters.prediction import Predictor

WITHIN = 5
"""The measure is the probability of the predicted year and this many years on either side."""

PRIOR = "uniform"
"""It adds nothing of its own to what the poster shows."""

_SECONDS = 2.7  # for all passes; leaves room below 3 s for an uneven load
_GRIDS = [(7, 5), (6, 4), (5, 4), (5, 3), (4, 3), (3, 2)]  # rows, columns; about square on a poster


@dataclass(frozen=True)
class Occlusion:
    """What covering each field of a poster changes.

    Attributes:
        year: predicted for the whole poster.
        probability: of the years within `WITHIN` of it.
        lost: by how much covering a field lowers this probability, shape (rows, columns).
    """

    year: int
    probability: float
    lost: NDArray[np.float64]


def occlude(poster: Image.Image, predictor: Predictor) -> Occlusion:
    """Cover each field of a grid with the mean colour of the poster, and predict again.

    The duration of one pass decides how fine the grid is: see `_SECONDS`.
    """
    backbone = predictor.backbone
    pixels = resize(poster, (backbone.info.width, backbone.info.height)).astype(np.uint8)
    start = time.perf_counter()
    # Twice, as single passes take longer than passes in a row.
    vector = backbone.embed([pixels, pixels])[:1]
    passes = 2 * _SECONDS / (time.perf_counter() - start) - 2
    rows, columns = next((grid for grid in _GRIDS if grid[0] * grid[1] <= passes), _GRIDS[-1])
    vectors = np.concatenate([vector, backbone.embed(_covered(pixels, rows, columns))])
    predicted = predictor.year_model.predict(vectors[:, backbone.info.year_features], PRIOR)
    year = int(np.rint(predicted.year[0]))
    near = np.abs(predicted.years - year) <= WITHIN
    whole, *covered = predicted.probabilities[:, near].sum(axis=1)
    return Occlusion(year, float(whole), whole - np.array(covered).reshape(rows, columns))


def _covered(pixels: NDArray[np.uint8], rows: int, columns: int) -> list[NDArray[np.uint8]]:
    """Copies of a picture, each with one field of the grid covered, row by row."""
    height, width, _ = pixels.shape
    mean = pixels.mean(axis=(0, 1)).astype(np.uint8)
    tops = np.linspace(0, height, rows + 1).round().astype(int)
    lefts = np.linspace(0, width, columns + 1).round().astype(int)
    copies = []
    for (top, bottom), (left, right) in product(pairwise(tops), pairwise(lefts)):
        copy = pixels.copy()
        copy[top:bottom, left:right] = mean
        copies.append(copy)
    return copies
