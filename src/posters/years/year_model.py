"""Dating posters: a trained head, asked under a prior, with intervals that can be relied upon."""

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
"""Turns vectors, (n, embedding_size), into a probability for every year, (n, n_years), or into one
year each, (n, 1)."""


@dataclass(frozen=True)
class YearPredictions:
    """What is said of n posters.

    Attributes:
        probabilities: of each year, shape (n, n_years).
        year: the median, shape (n,): the answer with the least mean absolute error.
        low, high: first and last year of the interval, shape (n,).
        decade: the likeliest, by its first year, shape (n,).
        decade_probability: of that decade, shape (n,).
    """

    probabilities: Probabilities
    year: NDArray[np.float64]
    low: Years
    high: Years
    decade: Years
    decade_probability: NDArray[np.float64]


@dataclass(frozen=True)
class YearModel:
    """A trained head with what it takes to ask it.

    Attributes:
        head: what was trained.
        priors: of the rows it was trained on.
        level: share of posters whose interval holds their year.
        margins: of the intervals, in years, by the prior's name.
    """

    head: Head
    priors: Priors
    level: float
    margins: Mapping[str, float]

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """The one that the last `dvc repro` left in `data/`, or the one in another folder.

        Raises:
            DataError: there is none, or it is damaged.
        """
        folder = folder or paths.MODEL
        about = read_about(folder)
        try:
            interval = about["interval"]
            level = float(interval["level"])
            margins = {name: float(interval["margins"][name]) for name in PRIORS}
            if not 0 < level < 1 or not np.isfinite(list(margins.values())).all():
                raise ValueError("its interval can't be")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"data/model is damaged (about.json: {error}): run `dvc repro`"
            ) from error
        priors = read_priors(folder / "priors.csv")
        return cls(OpenVinoModel(folder / HEAD_MODEL), priors, level, margins)

    def predict(self, vectors: NDArray[np.float32], prior: str) -> YearPredictions:
        """Years and intervals of posters.

        Args:
            vectors: shape (n, embedding_size).
            prior: `natural` or `uniform`: how the posters asked about come.
        """
        years = self.priors.years
        said = self.priors.adjusted(
            year_distribution.as_distribution(self.head(vectors), years), prior
        )
        low, high = intervals(said, years, self.level, self.margins[prior])
        decade, probability = year_distribution.likeliest_decade(said, years)
        median = year_distribution.median(said, years)
        return YearPredictions(said, median, low, high, decade, probability)
