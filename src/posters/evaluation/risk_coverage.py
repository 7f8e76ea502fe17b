"""How large the errors are if the most uncertain posters are left unanswered."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.years.year_model import YearPredictions

_STEPS = 20


def risk_coverage_table(predictions: YearPredictions, true: NDArray[np.int64]) -> pd.DataFrame:
    """The errors of the most certain posters, by how many of them there are.

    This is a risk-coverage curve (El-Yaniv, Wiener, 2010, "On the Foundations of
    Noise-free Selective Classification"; Geifman, El-Yaniv, 2017, "Selective Classification for
    Deep Neural Networks").

    Returns:
        Index `answered`: the share of posters, 0.05, 0.1, ... 1. `n`: their number;
        `uncertainty`: the largest of theirs; `mae`: their mean absolute error in years.
    """
    order = np.argsort(predictions.uncertainty, kind="stable")
    errors = np.abs(predictions.year - true)[order]
    answered = np.arange(1, _STEPS + 1) / _STEPS
    counts = -(-np.arange(1, _STEPS + 1) * len(true) // _STEPS)  # rounded up
    return pd.DataFrame(
        {
            "n": counts,
            "uncertainty": predictions.uncertainty[order][counts - 1],
            "mae": np.cumsum(errors)[counts - 1] / counts,
        },
        index=pd.Index(answered, name="answered"),
    )


def uncertain_metrics(predictions: YearPredictions, true: NDArray[np.int64]) -> dict[str, float]:
    """The share of answers that are called `uncertain` (see `YearPredictions.uncertain`).

    And the mean absolute errors with them alone, `uncertain_mae`, and without them, `certain_mae`:
    each if there are such answers.
    """
    errors, uncertain = np.abs(predictions.year - true), predictions.uncertain
    values = {"uncertain": float(uncertain.mean())}
    for name, rows in (("uncertain_mae", uncertain), ("certain_mae", ~uncertain)):
        if rows.any():
            values[name] = float(errors[rows].mean())
    return values
