"""A probability for every year: how it is made from known years, and what is read off it.

Everywhere `years` are consecutive whole years, oldest first, and a row of probabilities belongs to
them column by column. A year is taken to last from half a year before its number to half a year
after: quantiles run evenly through it.
"""

import numpy as np
from numpy.typing import NDArray

Years = NDArray[np.int64]
Probabilities = NDArray[np.float64]
"""Shape (n, n_years); rows sum to 1."""


def smoothed(true: Years, years: Years, width: float) -> Probabilities:
    """A bell around each true year: being off by a year is nearly right.

    Args:
        true: shape (n,).
        years: shape (n_years,).
        width: standard deviation of the bell, in years.
    """
    distance = years[None, :] - np.asarray(true)[:, None]
    bell: Probabilities = np.exp(-0.5 * (distance / width) ** 2)
    total: Probabilities = bell.sum(axis=1, keepdims=True)
    return bell / total


def certain(answers: NDArray[np.float64], years: Years) -> Probabilities:
    """All probability on one answer each: shared by the two years it lies between.

    Args:
        answers: shape (n,); what lies outside `years` counts as their first or last.
        years: shape (n_years,).
    """
    place = np.clip(answers - years[0], 0, len(years) - 1)
    lower = np.floor(place).astype(np.intp)
    upper = np.minimum(lower + 1, len(years) - 1)
    rows = np.arange(len(answers))
    probabilities = np.zeros((len(answers), len(years)))
    np.add.at(probabilities, (rows, lower), 1 - (place - lower))
    np.add.at(probabilities, (rows, upper), place - lower)
    return probabilities


def as_distribution(outputs: NDArray[np.float32], years: Years) -> Probabilities:
    """What a head answered as distributions over years.

    Args:
        outputs: a probability for every year, (n, n_years), as if posters came as they were trained
            on; or one year each, (n, 1), on which all probability lies then.
        years: shape (n_years,).
    """
    said = outputs.astype(np.float64)
    return certain(said[:, 0], years) if said.shape[1] == 1 else said


def quantile(probabilities: Probabilities, years: Years, share: float) -> NDArray[np.float64]:
    """The year up to which a share of the probability lies, shape (n,)."""
    cumulated = np.cumsum(probabilities, axis=1)
    cumulated /= cumulated[:, -1:]
    column = (cumulated < share).sum(axis=1).clip(max=len(years) - 1)
    rows = np.arange(len(probabilities))
    before = np.where(column > 0, cumulated[rows, column - 1], 0.0)
    within = (share - before) / np.maximum(cumulated[rows, column] - before, 1e-12)
    result: NDArray[np.float64] = years[column] - 0.5 + within
    return result


def median(probabilities: Probabilities, years: Years) -> NDArray[np.float64]:
    """The year that is as likely too early as too late, shape (n,).

    It is the answer with the least mean absolute error.
    """
    return quantile(probabilities, years, 0.5).clip(years[0], years[-1])


def mean(probabilities: Probabilities, years: Years) -> NDArray[np.float64]:
    """The expected year, shape (n,): the answer with the least squared error."""
    result: NDArray[np.float64] = probabilities @ years
    return result


def likeliest_decade(
    probabilities: Probabilities, years: Years
) -> tuple[Years, NDArray[np.float64]]:
    """The decade with the most probability, by its first year, and that probability.

    Returns:
        Two arrays of shape (n,).
    """
    decades, column = np.unique(years // 10 * 10, return_inverse=True)
    totals = np.zeros((len(probabilities), len(decades)))
    np.add.at(totals.T, column, probabilities.T)
    best = totals.argmax(axis=1)
    return decades[best], totals[np.arange(len(totals)), best]
