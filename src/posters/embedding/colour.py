"""A poster's colours and nothing else: all that one of the baselines sees."""

import numpy as np
from numpy.typing import NDArray

_STEPS = 4
COLOUR_SIZE = _STEPS**3 + 6
_LEVELS = np.arange(256) / 255


def colour_statistics(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each colour pictures hold, wherever it is.

    Args:
        pictures: RGB, shape (n, height, width, 3), whole numbers 0-255.

    Returns:
        Shape (n, COLOUR_SIZE): the square root of the share of pixels in each of 4 x 4 x 4 cells of
        the RGB cube, then mean and standard deviation of red, green and blue (0-1).
    """
    count = len(pictures)
    pixels = pictures.astype(np.uint8).reshape(count, -1, 3)
    red, green, blue = np.moveaxis(pixels // (256 // _STEPS), 2, 0)
    cells = (red * _STEPS + green) * _STEPS + blue
    size = pixels.shape[1]
    statistics = np.empty((count, COLOUR_SIZE), np.float32)
    for row in range(count):
        shares = np.bincount(cells[row], minlength=_STEPS**3) / size
        statistics[row, : _STEPS**3] = np.sqrt(shares)
        for channel in range(3):
            # How often each level occurs: with it, sums are exact whatever the size.
            levels = np.bincount(pixels[row, :, channel], minlength=256) / size
            mean = levels @ _LEVELS
            statistics[row, _STEPS**3 + channel] = mean
            statistics[row, _STEPS**3 + 3 + channel] = np.sqrt(levels @ (_LEVELS - mean) ** 2)
    return statistics
