"""Colour statistics of a poster; one of the baselines learns from nothing else."""

import numpy as np
from numpy.typing import NDArray

_BINS = 4  # per channel
COLOUR_SIZE = _BINS**3 + 6
_LEVELS = np.arange(256) / 255


def colour_statistics(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """A colour histogram, and the mean and standard deviation of each channel.

    `pictures` are RGB, shape (n, height, width, 3), whole numbers 0-255. The result has the shape
    (n, COLOUR_SIZE): the square root of the share of pixels in each of 4 x 4 x 4 bins of the RGB
    cube, then mean and standard deviation of red, green and blue (0-1).
    """
    count = len(pictures)
    pixels = pictures.astype(np.uint8).reshape(count, -1, 3)
    red, green, blue = np.moveaxis(pixels // (256 // _BINS), 2, 0)
    bins = (red * _BINS + green) * _BINS + blue
    size = pixels.shape[1]
    statistics = np.empty((count, COLOUR_SIZE), np.float32)
    for row in range(count):
        shares = np.bincount(bins[row], minlength=_BINS**3) / size
        statistics[row, : _BINS**3] = np.sqrt(shares)
        for channel in range(3):
            # Sums over the 256 levels instead of the pixels: exact for pictures of any size.
            levels = np.bincount(pixels[row, :, channel], minlength=256) / size
            mean = levels @ _LEVELS
            statistics[row, _BINS**3 + channel] = mean
            statistics[row, _BINS**3 + 3 + channel] = np.sqrt(levels @ (_LEVELS - mean) ** 2)
    return statistics
