"""Calibration of a head's probabilities by one number, the temperature.

Heads are more certain than they are right, or less, if their labels are wide. Exchanging priors
presupposes calibrated probabilities (Alexandari, Kundaje, Shrikumar, 2020, "Maximum Likelihood with
Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation").
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from posters.years.year_distribution import Years

_LIMITS = (0.1, 100.0)


def fit_temperature(logits: NDArray[np.float64], true: Years, years: Years) -> float:
    """The number to divide logits by, so that the true years have the greatest likelihood.

    The method is temperature scaling (Guo, Pleiss, Sun, Weinberger, 2017, "On Calibration of Modern
    Neural Networks").

    Args:
        logits: of rows that the head was not trained on, shape (n, n_years).
        true: their years, shape (n,).
        years: shape (n_years,).
    """
    rows, columns = np.arange(len(true)), np.searchsorted(years, true)

    def negative_log_likelihood(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[rows, columns].mean())

    found = minimize_scalar(
        negative_log_likelihood, bounds=np.log(_LIMITS), method="bounded", options={"xatol": 1e-6}
    )
    # Rounded to the digits that are written to a file.
    return round(float(np.exp(found.x)), 4)
