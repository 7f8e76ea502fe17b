"""The year model: a trained year head with its priors and its calibrated intervals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.openvino_model import OpenVinoModel
from posters.errors import DataError
from posters.years.intervals import intervals
from posters.years.priors import PRIORS, Priors, read_priors
from posters.years.year_distribution import (
    Probabilities,
    Years,
    as_distribution,
    likeliest_decade,
    median,
)

HEAD_MODEL = "head.xml"

Head = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Year features (n, n_year_features) to probabilities (n, n_years), or to one year each (n, 1)."""


@dataclass(frozen=True)
class YearPredictions:
    """Predictions for n posters.

    Attributes:
        probabilities: of each year, shape (n, n_years).
        year: the median of the probabilities, shape (n,).
        low, high: first and last year of the interval, shape (n,).
        decade: first year of the most probable decade, shape (n,).
        decade_probability: probability of that decade, shape (n,).
    """

    probabilities: Probabilities
    year: NDArray[np.float64]
    low: Years
    high: Years
    decade: Years
    decade_probability: NDArray[np.float64]


@dataclass(frozen=True)
class YearModel:
    """A trained year head with what turns its outputs into predictions.

    Attributes:
        head: the trained network.
        priors: of its training rows.
        level: coverage that the intervals are calibrated to.
        margins: of the intervals, in years, by the name of the prior.
    """

    head: Head
    priors: Priors
    level: float
    margins: Mapping[str, float]

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """Open the model in a folder, by default the one that `dvc repro` wrote.

        Raises:
            DataError: there is no trained model, or it is damaged.
        """
        folder = folder or paths.MODEL
        about = read_about(folder)
        try:
            level = float(about["interval"]["level"])
            margins = {name: float(about["interval"]["margins"][name]) for name in PRIORS}
            if not 0 < level < 1 or not np.isfinite(list(margins.values())).all():
                raise ValueError("expected a level between 0 and 1 and finite margins")
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(error) from error
        priors = read_priors(folder / "priors.csv")
        return cls(OpenVinoModel(folder / HEAD_MODEL), priors, level, margins)

    def predict(self, vectors: NDArray[np.float32], prior: str) -> YearPredictions:
        """Predict years and intervals.

        Args:
            vectors: year features, shape (n, n_year_features).
            prior: the mix of years you expect, `natural` or `uniform`.
        """
        years = self.priors.years
        probabilities = self.priors.adjusted(as_distribution(self.head(vectors), years), prior)
        return YearPredictions(
            probabilities,
            median(probabilities, years),
            *intervals(probabilities, years, self.level, self.margins[prior]),
            *likeliest_decade(probabilities, years),
        )


def read_about(folder: Path) -> dict[str, Any]:
    """Read `about.json` of a trained model: how it was made, and its intervals.

    Raises:
        DataError: there is no trained model, or the file is damaged.
    """
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError("there is no trained model yet: run `make repro` first") from error
    except ValueError as error:
        raise _damaged(error) from error
    if not isinstance(about, dict):
        raise _damaged("expected an object")
    return about


def _damaged(problem: object) -> DataError:
    return DataError(f"data/model is damaged (about.json: {problem}): run `dvc repro`")
