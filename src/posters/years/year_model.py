"""The year model: a trained year head with its priors and its calibrated intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.openvino_model import OpenVinoModel
from posters.errors import DataError
from posters.years import year_distribution
from posters.years.intervals import intervals
from posters.years.model_files import HEAD_MODEL, read_about
from posters.years.priors import PRIORS, Priors, read_priors
from posters.years.year_distribution import Probabilities, Years

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
            interval = about["interval"]
            level = float(interval["level"])
            margins = {name: float(interval["margins"][name]) for name in PRIORS}
            if not 0 < level < 1 or not np.isfinite(list(margins.values())).all():
                raise ValueError("expected a level between 0 and 1 and finite margins")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"data/model is damaged (about.json: {error}): run `dvc repro`"
            ) from error
        priors = read_priors(folder / "priors.csv")
        return cls(OpenVinoModel(folder / HEAD_MODEL), priors, level, margins)

    def predict(self, vectors: NDArray[np.float32], prior: str) -> YearPredictions:
        """Predict years and intervals.

        Args:
            vectors: year features, shape (n, n_year_features).
            prior: the mix of years you expect, `natural` or `uniform`.
        """
        years = self.priors.years
        learned = year_distribution.as_distribution(self.head(vectors), years)
        probabilities = self.priors.adjusted(learned, prior)
        low, high = intervals(probabilities, years, self.level, self.margins[prior])
        decade, decade_probability = year_distribution.likeliest_decade(probabilities, years)
        year = year_distribution.median(probabilities, years)
        return YearPredictions(probabilities, year, low, high, decade, decade_probability)
