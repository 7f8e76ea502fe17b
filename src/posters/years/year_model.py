"""The year model: a trained year head with its priors and the thresholds of its intervals."""

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
from posters.files import unless_damaged
from posters.years.intervals import intervals
from posters.years.priors import PRIORS, Priors, read_priors
from posters.years.uncertainty import CANT_TELL, other_decade, uncertainty
from posters.years.year_distribution import (
    Probabilities,
    Years,
    likeliest_decade,
    median,
)

HEAD_MODEL = "head.xml"

Head = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Year features (n, n_year_features) to probabilities (n, n_years)."""


@dataclass(frozen=True)
class YearPredictions:
    """Predictions for n posters.

    Attributes:
        probabilities: of each year, shape (n, n_years).
        years: all predictable years, shape (n_years,).
        year: the median of the probabilities, shape (n,).
        low, high: first and last year of the interval, shape (n,).
        decade: first year of the most probable decade, shape (n,).
        decade_probability: probability of that decade, shape (n,).
        other_decade: another one that is about as likely, or the same, shape (n,).
        uncertainty: expected error as a share of the one without the poster, shape (n,).
    """

    probabilities: Probabilities
    years: Years
    year: NDArray[np.float64]
    low: Years
    high: Years
    decade: Years
    decade_probability: NDArray[np.float64]
    other_decade: Years
    uncertainty: NDArray[np.float64]

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """Which answers say little, shape (n,): see `uncertainty`."""
        result: NDArray[np.bool_] = (self.uncertainty > CANT_TELL) | (
            self.other_decade != self.decade
        )
        return result


@dataclass(frozen=True)
class YearModel:
    """A trained year head with what turns its outputs into predictions.

    Attributes:
        head: the trained network.
        priors: of its training rows.
        level: coverage that the intervals are calibrated to.
        thresholds: of the intervals by the name of the prior, each of shape (n_years,).
    """

    head: Head
    priors: Priors
    level: float
    thresholds: Mapping[str, NDArray[np.float64]]

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """Open the model in a folder, by default the one that `dvc repro` wrote.

        Raises:
            DataError: there is no trained model, or it is damaged.
        """
        folder = folder or paths.MODEL
        about = read_about(folder)
        with unless_damaged(folder / "about.json"):
            level = float(about["interval"])
            if not 0 < level < 1:
                raise ValueError("expected an interval between 0 and 1")
        priors = read_priors(folder / "priors.csv")
        thresholds = _read_thresholds(folder / "thresholds.csv", priors.years)
        return cls(OpenVinoModel(folder / HEAD_MODEL), priors, level, thresholds)

    def predict(self, vectors: NDArray[np.float32], prior: str) -> YearPredictions:
        """Predict years and intervals from year features of shape (n, n_year_features).

        `prior` is the mix of years you expect, `natural` or `uniform`.
        """
        years = self.priors.years
        probabilities = self.priors.adjusted(self.head(vectors).astype(np.float64), prior)
        return YearPredictions(
            probabilities,
            years,
            median(probabilities, years),
            *intervals(probabilities, years, self.thresholds[prior]),
            *likeliest_decade(probabilities, years),
            other_decade(probabilities, years),
            uncertainty(probabilities, self.priors.named(prior), years),
        )


def read_about(folder: Path) -> dict[str, Any]:
    """Read `about.json` of a trained model: how it was made, and its intervals.

    Raises:
        DataError: there is no trained model, or the file is damaged.
    """
    file = folder / "about.json"
    if not file.exists() and not folder.is_relative_to(paths.PRETRAINED):
        raise DataError("there is no trained model yet: run `make repro` first")
    with unless_damaged(file):
        about = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(about, dict):
            raise ValueError("expected an object")
    return about


def write_thresholds(
    path: Path, years: Years, thresholds: Mapping[str, NDArray[np.float64]]
) -> None:
    """Write the thresholds of the intervals as CSV, one line for each year."""
    columns = np.column_stack([years, *(thresholds[prior] for prior in PRIORS)])
    header = ",".join(["year", *PRIORS])
    np.savetxt(path, columns, "%d" + ",%.4f" * len(PRIORS), header=header, comments="")


def _read_thresholds(path: Path, years: Years) -> dict[str, NDArray[np.float64]]:
    with unless_damaged(path):
        of_years, *columns = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).T
        thresholds = dict(zip(PRIORS, columns, strict=True))
        within = all(((column >= 0) & (column <= 1)).all() for column in columns)
        if not within or not np.array_equal(of_years, years):
            raise ValueError("expected numbers between 0 and 1 for the years of priors.csv")
    return thresholds
