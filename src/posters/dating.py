"""Dating posters: a trained head, asked under a prior, with intervals that can be relied upon.

Two ensembles are trained. The first sees the training rows alone: what it says of the validation
rows, which it never saw, calibrates the intervals. The second sees both, as more posters make
better guesses, and is the one that is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from posters import paths, year_distribution
from posters.dataset import Part, together
from posters.errors import DataError
from posters.head_files import load_head, read_about
from posters.intervals import calibrate, intervals
from posters.params import TrainParams
from posters.priors import PRIORS, Priors, fit_priors
from posters.year_distribution import Probabilities, Years
from posters.year_head import Fitted, fit_head, predict


@dataclass(frozen=True)
class Dates:
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
class Dater:
    """A trained head with what it takes to ask it.

    Attributes:
        model: see `year_head.Fitted`.
        priors: of the rows it was trained on.
        level: share of posters whose interval holds their year.
        margins: of the intervals, in years, by the prior's name.
    """

    model: Any
    priors: Priors
    level: float
    margins: Mapping[str, float]

    @classmethod
    def open(cls) -> Self:
        """The one that the last `dvc repro` left in `data/`.

        Raises:
            DataError: there is none, or it is damaged.
        """
        about = read_about(paths.MODEL)
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
        model, priors = load_head(paths.MODEL)
        return cls(model, priors, level, margins)

    def date(self, vectors: NDArray[np.float32], prior: str) -> Dates:
        """Years and intervals of posters.

        Args:
            vectors: shape (n, embedding_size).
            prior: `natural` or `uniform`: how the posters asked about come.
        """
        years = self.priors.years
        said = self.priors.exchanged(predict(self.model, vectors, years), prior)
        low, high = intervals(said, years, self.level, self.margins[prior])
        decade, probability = year_distribution.likeliest_decade(said, years)
        median = year_distribution.median(said, years)
        return Dates(said, median, low, high, decade, probability)


def train(
    training: Part, validation: Part, years: Years, params: TrainParams
) -> tuple[Fitted, Dater]:
    """Train both ensembles.

    Args:
        training: rows that both see.
        validation: rows that calibrate the intervals, and that the second ensemble sees.
        years: all that can be answered, shape (n_years,).
        params: layers and fitting.

    Returns:
        The first ensemble, for its curves, and a dater with the second.

    Raises:
        DataError: the training diverged.
    """
    first = fit_head(
        training.vectors,
        training.years,
        years,
        params,
        validation=(validation.vectors, validation.years),
    )
    said = predict(first.model, validation.vectors, years)
    learned = _priors(training, years, params)
    everything = together(training, validation)
    priors = _priors(everything, years, params)
    margins = {
        name: calibrate(
            learned.exchanged(said, name),
            validation.years,
            years,
            priors.named(name),
            params.interval,
        )
        for name in PRIORS
    }
    second = fit_head(everything.vectors, everything.years, years, params)
    return first, Dater(second.model, priors, params.interval, margins)


def _priors(part: Part, years: Years, params: TrainParams) -> Priors:
    return fit_priors(
        part.years,
        part.initial,
        years,
        label_width=params.label_width,
        prior_width=params.prior_width,
    )
