"""Tables of an evaluation: the figures in short, each tested movie, and errors by decade."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from posters.evaluation.metrics import by_decade
from posters.years.dataset import Parts
from posters.years.year_model import YearPredictions

_SHORT = {
    "n": "n",
    "mae": "mae",
    "mae_low": "mae_low",
    "mae_high": "mae_high",
    "best_constant": "best_constant_mae",
    "skill": "skill",
    "coverage": "coverage",
}


def short_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one test that `dvc metrics show` prints.

    Args:
        metrics: all figures of the test (see `evaluation.metrics.report`).
    """
    return {name: metrics[key] for name, key in _SHORT.items()}


def prediction_table(parts: Parts, predictions: Mapping[str, YearPredictions]) -> pd.DataFrame:
    """Each tested movie with its year, the predicted year (to a tenth) and the interval.

    Args:
        parts: the split.
        predictions: of each test, by its name.

    Returns:
        Columns `imdb_id`, `title`, `year`, `test`, `predicted`, `low`, `high`.
    """
    return pd.concat(
        parts[test]
        .movies[["imdb_id", "title", "year"]]
        .assign(test=test, predicted=own.year.round(1), low=own.low, high=own.high)
        for test, own in predictions.items()
    )


def decade_table(
    parts: Parts, predictions: Mapping[str, Mapping[str, YearPredictions]]
) -> pd.DataFrame:
    """Errors and intervals of each test by decade, under each prior.

    Args:
        parts: the split.
        predictions: by test and prior.

    Returns:
        Columns `test`, `prior`, and those of `evaluation.metrics.by_decade`.
    """
    tables = [
        by_decade(parts[test], predicted).reset_index().assign(test=test, prior=prior)
        for test, by_prior in predictions.items()
        for prior, predicted in by_prior.items()
    ]
    table = pd.concat(tables)
    return table[["test", "prior", *(name for name in table if name not in ("test", "prior"))]]
