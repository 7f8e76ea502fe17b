"""Prediction intervals that hold for posters of every era: conformal prediction.

The score of a year is the probability between it and the median, doubled (Chernozhukov, Wüthrich,
Zhu, 2021, "Distributional conformal prediction"). A year belongs to the interval if its score is
within the threshold of that year: the quantile of the scores of cross-validated posters of about
the same year. As each year has its own threshold, the coverage does not depend on the mix of years
(label-conditional prediction: Vovk, 2012, "Conditional validity of inductive conformal predictors";
Podkopaev, Ramdas, 2021, "Distribution-free uncertainty quantification for classification under
label shift").
"""

import numpy as np
from numpy.typing import NDArray

from posters.years.year_distribution import Probabilities, Years, median

NEAREST = 200
"""Rows that are "about the same year": with fewer, a threshold depends on chance."""


def fit_thresholds(
    probabilities: Probabilities, true: Years, years: Years, level: float
) -> NDArray[np.float64]:
    """The threshold of each year, shape (n_years,), that gives intervals the coverage `level`.

    `probabilities`, shape (n, n_years), are those of rows that the head was not trained on, under
    the prior to predict with; `true` are the years of these rows, shape (n,).
    """
    scores = _scores(probabilities)[np.arange(len(true)), np.searchsorted(years, true)]
    nearest = min(NEAREST, len(true))
    thresholds = np.empty(len(years))
    for column, year in enumerate(years):
        distance = np.abs(true - year)
        near = np.sort(scores[distance <= np.partition(distance, nearest - 1)[nearest - 1]])
        # The poster to predict counts as one more row, with the largest score.
        position = int(np.ceil(level * (len(near) + 1))) - 1
        thresholds[column] = near[position] if position < len(near) else 1.0
    # Rounded up, to the digits that are written to a file.
    return np.ceil(thresholds * 1e4) / 1e4


def intervals(
    probabilities: Probabilities, years: Years, thresholds: NDArray[np.float64]
) -> tuple[Years, Years]:
    """The first and the last year of each row's interval, two arrays of shape (n,)."""
    middle = np.floor(median(probabilities, years) + 0.5).astype(np.int64)
    within = (_scores(probabilities) <= thresholds) | (years == middle[:, None])
    return years[within.argmax(axis=1)], years[::-1][within[:, ::-1].argmax(axis=1)]


def covered(low: Years, high: Years, true: Years) -> NDArray[np.bool_]:
    """Which intervals contain the true year, shape (n,)."""
    return (low <= true) & (true <= high)


def _scores(probabilities: Probabilities) -> NDArray[np.float64]:
    """The probability between the median and the middle of each year, doubled; (n, n_years)."""
    before = np.cumsum(probabilities, axis=1) - probabilities / 2
    return np.abs(2 * before - 1)
