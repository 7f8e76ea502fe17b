"""Priors over years, and the correction of predictions for label shift.

A head trained on topped-up years learns the year prior of its training rows. Dividing its
probabilities by that prior and multiplying by another one gives the probabilities under the other
prior (Saerens, Latinne, Decaestecker, 2002, "Adjusting the Outputs of a Classifier to New a Priori
Probabilities"). So the training set may contain far more old posters than a natural sample does.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posters.files import unless_damaged
from posters.years.year_distribution import Probabilities, Years, smoothed

PRIORS = ("natural", "uniform")

_DENSITY_WIDTH = 3.0  # years


@dataclass(frozen=True)
class Priors:
    """Probabilities of the years, each of shape (n_years,).

    Attributes:
        years: consecutive.
        learned: the mix of years in the training rows.
        natural: the mix of years in the initial catalogue.
    """

    years: Years
    learned: NDArray[np.float64]
    natural: NDArray[np.float64]

    def named(self, name: str) -> NDArray[np.float64]:
        """The prior `natural` or `uniform` (the same probability for every year)."""
        if name not in PRIORS:
            raise ValueError(f"prior must be one of {', '.join(PRIORS)}. Received: {name}")
        return self.natural if name == "natural" else np.full(len(self.years), 1 / len(self.years))

    def adjusted(self, probabilities: Probabilities, name: str) -> Probabilities:
        """A head's probabilities, shape (n, n_years), under the prior `natural` or `uniform`."""
        weighted: Probabilities = probabilities * (self.named(name) / self.learned)
        total: Probabilities = weighted.sum(axis=1, keepdims=True)
        return weighted / total


def importance_weights(
    true: Years, years: Years, prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights that give rows the mix of years of a prior: prior / density of the rows' years.

    `true` are the years of the rows, shape (n,), as the weights, whose mean is 1.
    """
    # No row counts for more than a whole year.
    density = np.maximum(smoothed(true, years, _DENSITY_WIDTH).sum(axis=0), 1.0)
    of_rows = (prior / density)[np.searchsorted(years, true)]
    weights: NDArray[np.float64] = of_rows / of_rows.mean()
    return weights


def write_priors(path: Path, priors: Priors) -> None:
    """Write priors as CSV, one line for each year."""
    columns = np.column_stack([priors.years, priors.learned, priors.natural])
    np.savetxt(path, columns, "%d,%.9g,%.9g", header="year,learned,natural", comments="")


def read_priors(path: Path) -> Priors:
    """Read what `write_priors` wrote.

    Raises:
        DataError: it is missing or damaged.
    """
    with unless_damaged(path):
        years, *columns = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).T
        learned, natural = columns
        positive = all((prior > 0).all() and abs(prior.sum() - 1) < 1e-3 for prior in columns)
        if not positive or not (np.diff(years) == 1).all():
            raise ValueError("expected consecutive years and probabilities that sum to 1")
    return Priors(years.astype(np.int64), learned, natural)
