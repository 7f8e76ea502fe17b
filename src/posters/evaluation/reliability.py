"""Whether answers know how good they are: their probabilities, and their uncertainty."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.years.year_model import YearPredictions

_TENTHS = 10
_STEPS = 20


def stated_and_found(predictions: YearPredictions, true: NDArray[np.int64]) -> pd.DataFrame:
    """What a prediction states of each poster, and what is true, one row for each poster.

    Returns:
        `stated`: the probability of the most probable decade; `right`: 1 if the year is in that
        decade, else 0; `before`: the probability of all that is before the middle of the true year
        (the probability integral transform: Dawid, 1984, "Statistical theory: the prequential
        approach").
    """
    probabilities, rows = predictions.probabilities, np.arange(len(true))
    column = np.searchsorted(predictions.years, true)
    before = np.cumsum(probabilities, axis=1) - probabilities / 2
    return pd.DataFrame(
        {
            "stated": predictions.decade_probability,
            "right": (predictions.decade == true // 10 * 10).astype(float),
            "before": before[rows, column],
        }
    )


def reliability_table(posters: pd.DataFrame) -> pd.DataFrame:
    """Ten rows from posters as `stated_and_found` describes them.

    Returns:
        Index `from`: 0, 0.1, ... 0.9. `n`: posters with a `stated` probability in this tenth, and
        the means of their `stated` and `right`; `share`: of posters with `before` in this tenth,
        which is a tenth of them if the distributions are right.
    """
    tenth = _tenth(posters["stated"])
    by_stated = posters.groupby(tenth)[["stated", "right"]].agg("mean")
    table = by_stated.reindex(range(_TENTHS))
    table.insert(0, "n", tenth.value_counts().reindex(range(_TENTHS), fill_value=0))
    shares = _tenth(posters["before"]).value_counts(normalize=True)
    table["share"] = shares.reindex(range(_TENTHS), fill_value=0.0)
    table.index = pd.Index(np.arange(_TENTHS) / _TENTHS, name="from")
    return table


def reliability_metrics(table: pd.DataFrame) -> dict[str, float]:
    """Two summaries of a result of `reliability_table`; both are 0 if all probabilities are right.

    Returns:
        `calibration_error`: the mean difference between `stated` and `right`, over posters
        (expected calibration error: Naeini, Cooper, Hauskrecht, 2015, "Obtaining Well Calibrated
        Probabilities Using Bayesian Binning"); `pit_distance`: the largest difference between the
        cumulative `share` and that of even shares (Kolmogorov-Smirnov).
    """
    gap = (table["stated"] - table["right"]).abs().fillna(0.0)
    even = np.arange(1, _TENTHS + 1) / _TENTHS
    return {
        "calibration_error": float((gap * table["n"]).sum() / table["n"].sum()),
        "pit_distance": float(np.abs(table["share"].cumsum() - even).max()),
    }


def _tenth(values: pd.Series) -> pd.Series:
    return (values * _TENTHS).astype(int).clip(0, _TENTHS - 1)


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
