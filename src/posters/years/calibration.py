"""Calibration of a head's probabilities by two numbers: a temperature and a share of outliers.

Exchanging priors presupposes calibrated probabilities (Alexandari, Kundaje, Shrikumar, 2020,
"Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation").
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, softmax

from posters.years.year_distribution import Probabilities, Years


@dataclass(frozen=True)
class Calibration:
    """How logits become probabilities.

    Attributes:
        temperature: divides the logits: above 1 the probabilities become flatter, below 1 sharper.
        outliers: share of posters of which the head knows nothing. Their years are as frequent as
            in the training rows.
    """

    temperature: float
    outliers: float

    def probabilities(
        self, logits: NDArray[np.float64], learned: NDArray[np.float64]
    ) -> Probabilities:
        """Probabilities from logits, both of shape (n, n_years).

        `learned` is the mix of years in the training rows, shape (n_years,).
        """
        known: Probabilities = softmax(logits / self.temperature, axis=1)
        return (1 - self.outliers) * known + self.outliers * learned


def fit_calibration(
    logits: NDArray[np.float64], true: Years, years: Years, learned: NDArray[np.float64]
) -> Calibration:
    """The calibration with which the true years have the greatest likelihood.

    The method is temperature scaling (Guo, Pleiss, Sun, Weinberger, 2017, "On Calibration of Modern
    Neural Networks"). A share of outliers (Huber, 1964, "Robust Estimation of a Location
    Parameter") is fitted with it. Without it, a few posters that are far off would make all others
    less certain than they are right.

    `logits`, shape (n, n_years), are those of rows that the head was not trained on; `true` are the
    years of these rows, shape (n,). `learned` is the mix of years in the training rows.
    """
    rows, columns = np.arange(len(true)), np.searchsorted(years, true)

    def calibration(values: NDArray[np.float64]) -> Calibration:
        return Calibration(float(np.exp(values[0])), float(expit(values[1])))

    def negative_log_likelihood(values: NDArray[np.float64]) -> float:
        of_true = calibration(values).probabilities(logits, learned)[rows, columns]
        return -float(np.log(of_true).mean())

    found = minimize(
        negative_log_likelihood,
        [0.0, -3.0],
        method="L-BFGS-B",
        bounds=[(-3.0, 5.0), (-7.0, 0.0)],  # temperature 0.05 to 150, outliers 0.1% to 50%
    )
    best = calibration(found.x)
    # Rounded to the digits that are written to a file.
    return Calibration(round(best.temperature, 4), round(best.outliers, 4))
