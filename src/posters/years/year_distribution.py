"""Probability distributions over years: how they are made and summarised.

`years` are always consecutive whole years, oldest first, and match the columns of an array of
probabilities. A year extends from half a year before its number to half a year after.
"""

import numpy as np
from numpy.typing import NDArray

Years = NDArray[np.int64]
Probabilities = NDArray[np.float64]
"""Shape (n, n_years); rows sum to 1."""


def smoothed(true: Years, years: Years, width: float) -> Probabilities:
    """A Gaussian around each true year, with this standard deviation in years."""
    distance = years[None, :] - true[:, None]
    gaussian: Probabilities = np.exp(-0.5 * (distance / width) ** 2)
    total: Probabilities = gaussian.sum(axis=1, keepdims=True)
    return gaussian / total


def quantile(probabilities: Probabilities, years: Years, share: float) -> NDArray[np.float64]:
    """The point in time before which `share` of the probability lies, shape (n,)."""
    cumulative = np.cumsum(probabilities, axis=1)
    cumulative /= cumulative[:, -1:]
    column = (cumulative < share).sum(axis=1).clip(max=len(years) - 1)
    rows = np.arange(len(probabilities))
    before = np.where(column > 0, cumulative[rows, column - 1], 0.0)
    within = (share - before) / np.maximum(cumulative[rows, column] - before, 1e-12)
    result: NDArray[np.float64] = years[column] - 0.5 + within
    return result


def median(probabilities: Probabilities, years: Years) -> NDArray[np.float64]:
    """The median year, shape (n,): it minimises the expected absolute error."""
    return quantile(probabilities, years, 0.5).clip(years[0], years[-1])


def decade_probabilities(
    probabilities: Probabilities, years: Years
) -> tuple[Years, NDArray[np.float64]]:
    """First years of the decades, shape (n_decades,), and probabilities, shape (n, n_decades)."""
    decades, column = np.unique(years // 10 * 10, return_inverse=True)
    totals = np.zeros((len(probabilities), len(decades)))
    np.add.at(totals.T, column, probabilities.T)
    return decades, totals


def likeliest_decade(
    probabilities: Probabilities, years: Years
) -> tuple[Years, NDArray[np.float64]]:
    """The first year of the most probable decade, and its probability, both of shape (n,)."""
    decades, totals = decade_probabilities(probabilities, years)
    best = totals.argmax(axis=1)
    return decades[best], totals[np.arange(len(totals)), best]
