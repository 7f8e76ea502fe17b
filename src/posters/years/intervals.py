"""Prediction intervals with a known coverage: conformal prediction on the validation rows.

The method is conformalised quantile regression (Romano, Patterson, Candès, 2019): take the shortest
interval that has enough probability, and widen or narrow it by the margin that gives the wanted
coverage on validation rows. If the prior of the years differs from that of the validation rows,
these are weighted by the ratio (Podkopaev, Ramdas, 2021, "Distribution-Free Uncertainty
Quantification for Classification Under Label Shift").
"""

import numpy as np
from numpy.typing import NDArray

from posters.years.priors import importance_weights
from posters.years.year_distribution import Probabilities, Years, quantile

_TOLERANCE = 1e-6


def calibrate(
    probabilities: Probabilities,
    true: Years,
    years: Years,
    prior: NDArray[np.float64],
    level: float,
) -> float:
    """The margin, in years, that gives intervals the coverage `level`.

    Args:
        probabilities: of the validation rows, adjusted to `prior`; shape (n, n_years).
        true: the years of the validation rows, shape (n,).
        years: shape (n_years,).
        prior: of the posters to predict, shape (n_years,).
        level: wanted coverage, such as 0.8.
    """
    low, high = _shortest(probabilities, years, level)
    # `intervals` rounds outwards to whole years, which adds half a year.
    scores = np.maximum(low - true, true - high) - 0.5
    weights = importance_weights(true, years, prior)
    order = np.argsort(scores, kind="stable")
    # The poster to predict counts as one more row, with an unknown score.
    cumulative = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    position = min(int(np.searchsorted(cumulative, level)), len(scores) - 1)
    # Rounded up, to the digits that are written to a file.
    return float(np.ceil(scores[order][position] * 1e4) / 1e4)


def intervals(
    probabilities: Probabilities, years: Years, level: float, margin: float
) -> tuple[Years, Years]:
    """The first and the last year of each row's interval, two arrays of shape (n,)."""
    low, high = _shortest(probabilities, years, level)
    # With a negative margin the interval shrinks to the median at most.
    middle = quantile(probabilities, years, 0.5)
    low = np.minimum(low - margin, middle)
    high = np.maximum(high + margin, middle)
    # A half is rounded outwards, which `calibrate` relies on.
    first = np.ceil(low - 0.5 - _TOLERANCE).clip(years[0], years[-1])
    last = np.floor(high + 0.5 + _TOLERANCE).clip(years[0], years[-1])
    return first.astype(np.int64), last.astype(np.int64)


def covered(low: Years, high: Years, true: Years) -> NDArray[np.bool_]:
    """Which intervals contain the true year, shape (n,)."""
    result: NDArray[np.bool_] = (low <= true) & (true <= high)
    return result


def _shortest(
    probabilities: Probabilities, years: Years, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shortest interval that has the probability `level`.

    An interval between two equal tails would never contain the first and the last years.
    """
    edges = np.arange(len(years) + 1) + years[0] - 0.5  # of the years
    cumulative = np.pad(np.cumsum(probabilities, axis=1), ((0, 0), (1, 0)))
    cumulative /= cumulative[:, -1:]
    low, high = np.empty((2, len(probabilities)))
    for row, reached in enumerate(cumulative):
        # For each year as the first one: the end of the interval.
        wanted = reached[:-1] + level
        ends = np.where(wanted <= 1, np.interp(wanted, reached, edges), np.inf)
        best = int(np.argmin(ends - edges[:-1]))
        low[row], high[row] = edges[best], ends[best]
    return low, high
