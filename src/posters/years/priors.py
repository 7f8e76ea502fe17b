"""What is believed of a poster's year before it is looked at, and how to exchange that belief.

A head that is trained on topped-up years learns the year prior of those: it says p(year | poster)
as it would be if posters came as they were trained on. Divided by that prior and multiplied by
another, it says what it would say if posters came by the other (Saerens, Latinne, Decaestecker,
2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities"). So the head can be
trained on as many old posters as there are, and still be asked about posters as they come.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posters.errors import DataError
from posters.files import write_text
from posters.years.year_distribution import Probabilities, Years, smoothed

PRIORS = ("natural", "uniform")

# A year that was hardly trained on gets hardly any probability, right or wrong: it is not raised
# by more than this.
_MOST = 20.0


@dataclass(frozen=True)
class Priors:
    """Probabilities of the years, each of shape (n_years,).

    Attributes:
        years: consecutive.
        learned: of the rows that the head was trained on.
        natural: of posters as they come: of the initial catalogue.
    """

    years: Years
    learned: NDArray[np.float64]
    natural: NDArray[np.float64]

    @property
    def uniform(self) -> NDArray[np.float64]:
        """Every year counts the same."""
        return np.full(len(self.years), 1 / len(self.years))

    def named(self, name: str) -> NDArray[np.float64]:
        """`natural` or `uniform`, shape (n_years,)."""
        if name not in PRIORS:
            raise ValueError(f"prior must be one of {', '.join(PRIORS)}. Received: {name}")
        return self.natural if name == "natural" else self.uniform

    def adjusted(self, probabilities: Probabilities, name: str) -> Probabilities:
        """What the head would say under another prior.

        Args:
            probabilities: what it says, shape (n, n_years).
            name: `natural` or `uniform`.
        """
        factor = np.minimum(self.named(name) / self.learned, _MOST)
        weighed: Probabilities = probabilities * factor
        total: Probabilities = weighed.sum(axis=1, keepdims=True)
        return weighed / total


def fit_priors(
    true: Years, initial: NDArray[np.bool_], years: Years, *, label_width: float, prior_width: float
) -> Priors:
    """The priors of training rows.

    Args:
        true: years of the rows that the head is trained on, shape (n,).
        initial: which of them are of the initial catalogue, shape (n,).
        years: all years that can be answered, shape (n_years,).
        label_width: of the labels that the head learns, in years.
        prior_width: smoothing of the natural prior, in years.
    """
    as_they_come = true[initial] if initial.any() else true
    return Priors(
        years,
        learned=_prior(true, years, label_width),
        natural=_prior(as_they_come, years, prior_width),
    )


def _prior(true: Years, years: Years, width: float) -> NDArray[np.float64]:
    # One movie more, of any year: no year is impossible.
    total = smoothed(true, years, width).sum(axis=0) + 1 / len(years)
    prior: NDArray[np.float64] = total / (len(true) + 1)
    return prior


def write_priors(path: Path, priors: Priors) -> None:
    """Write priors as CSV: a line a year."""
    lines = ["year,learned,natural"]
    for year, learned, natural in zip(priors.years, priors.learned, priors.natural, strict=True):
        lines.append(f"{year},{learned:.9g},{natural:.9g}")
    write_text(path, "\n".join(lines) + "\n")


def read_priors(path: Path) -> Priors:
    """Read what `write_priors` wrote.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file, strict=True)]
        priors = Priors(
            np.array([int(row["year"]) for row in rows]),
            np.array([float(row["learned"]) for row in rows]),
            np.array([float(row["natural"]) for row in rows]),
        )
        if any(None in row for row in rows):
            raise ValueError("a row has more than three columns")
        if not rows or not (np.diff(priors.years) == 1).all():
            raise ValueError("its years don't follow each other")
        for name, prior in (("learned", priors.learned), ("natural", priors.natural)):
            if not ((prior > 0).all() and abs(prior.sum() - 1) < 1e-3):
                raise ValueError(f"its column {name} holds no probabilities")
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(f"data/model/{path.name} is damaged ({error}): run `dvc repro`") from error
    return priors
