"""Intervals that hold as often as they say: conformal prediction on rows that were not trained on.

The method is conformalised quantile regression (Romano, Patterson, Candès, 2019): the interval that
the distribution itself suggests, which is the shortest with enough probability, is widened, or
narrowed, by the margin with which it would have held for the wanted share of the validation rows.
Where the years asked about come by another prior than the validation rows, these are weighed
accordingly (Tibshirani, Foygel Barber, Candès, Ramdas, 2019, "Conformal Prediction Under Covariate
Shift").
"""

import numpy as np
from numpy.typing import NDArray

from posters.years.year_distribution import Probabilities, Years, quantile, smoothed

_DENSITY_WIDTH = 3.0
_TINY = 1e-6


def calibrate(
    probabilities: Probabilities,
    true: Years,
    years: Years,
    prior: NDArray[np.float64],
    level: float,
) -> float:
    """The margin, in years, with which intervals hold for a share `level` of rows.

    Args:
        probabilities: of the validation rows, under the prior asked about; shape (n, n_years).
        true: their years, shape (n,).
        years: shape (n_years,).
        prior: under which rows will be asked about, shape (n_years,).
        level: share of rows whose interval shall hold their year, such as 0.8.
    """
    low, high = _suggested(probabilities, years, level)
    # Half a year less, as an interval is rounded to whole years: `hold` is exact with it.
    scores = np.maximum(low - true, true - high) - 0.5
    density = np.maximum(smoothed(true, years, _DENSITY_WIDTH).sum(axis=0), 0.5)
    weights = (prior / density)[np.searchsorted(years, true)]
    order = np.argsort(scores, kind="stable")
    # The row that will be asked about counts as one more, whose score may be anything.
    reached = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    place = min(int(np.searchsorted(reached, level)), len(scores) - 1)
    # Rounded up to what a file holds of it.
    return float(np.ceil(scores[order][place] * 1e4) / 1e4)


def intervals(
    probabilities: Probabilities, years: Years, level: float, margin: float
) -> tuple[Years, Years]:
    """The first and the last year of each row's interval, two arrays of shape (n,)."""
    low, high = _suggested(probabilities, years, level)
    # A margin below zero never turns an interval inside out.
    middle = quantile(probabilities, years, 0.5)
    low = np.minimum(low - margin, middle)
    high = np.maximum(high + margin, middle)
    first, last = years[0], years[-1]
    return (
        # Halves outwards, as `calibrate` counts on it.
        np.ceil(low - 0.5 - _TINY).clip(first, last).astype(np.int64),
        np.floor(high + 0.5 + _TINY).clip(first, last).astype(np.int64),
    )


def hold(low: Years, high: Years, true: Years) -> NDArray[np.bool_]:
    """Which intervals hold their year, shape (n,)."""
    result: NDArray[np.bool_] = (low <= true) & (true <= high)
    return result


def _suggested(
    probabilities: Probabilities, years: Years, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shortest interval with a share `level` of the probability.

    Not the one between two equal tails: that would leave out the first and the last years always,
    however sure it is that a poster is of the newest.
    """
    count = len(years)
    edges = np.arange(count + 1) + years[0] - 0.5  # of the years
    cumulated = np.zeros((len(probabilities), count + 1))
    np.cumsum(probabilities, axis=1, out=cumulated[:, 1:])
    cumulated /= cumulated[:, -1:]
    low = np.empty(len(probabilities))
    high = np.empty(len(probabilities))
    for row, reached in enumerate(cumulated):
        # From the beginning of each year to where enough probability lies behind.
        wanted = reached[:-1] + level
        ends = np.where(wanted <= 1, np.interp(wanted, reached, edges), np.inf)
        best = int(np.argmin(ends - edges[:-1]))
        low[row], high[row] = edges[best], ends[best]
    return low, high
