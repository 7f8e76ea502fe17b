"""A poster's colours and nothing else: all that one of the baselines sees."""

import numpy as np
from numpy.typing import NDArray

_STEPS = 4
COLOUR_SIZE = _STEPS**3 + 6


def colour_statistics(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each colour pictures hold, wherever it is.

    Args:
        pictures: RGB, shape (n, height, width, 3), 0-255.

    Returns:
        Shape (n, COLOUR_SIZE): the square root of the share of pixels in each of 4 x 4 x 4 cells of
        the RGB cube, then mean and standard deviation of red, green and blue (0-1).
    """
    count = len(pictures)
    pixels = pictures.reshape(count, -1, 3)
    steps = np.minimum(pixels // (256 / _STEPS), _STEPS - 1).astype(np.intp)
    cells = (steps[..., 0] * _STEPS + steps[..., 1]) * _STEPS + steps[..., 2]
    statistics = np.empty((count, COLOUR_SIZE), np.float32)
    for row in range(count):
        share = np.bincount(cells[row], minlength=_STEPS**3) / pixels.shape[1]
        statistics[row, : _STEPS**3] = np.sqrt(share)
    statistics[:, _STEPS**3 : _STEPS**3 + 3] = pixels.mean(axis=1, dtype=np.float64) / 255
    statistics[:, _STEPS**3 + 3 :] = pixels.std(axis=1, dtype=np.float64) / 255
    return statistics
