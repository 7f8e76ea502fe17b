"""Training two ensembles of heads: one that calibrates the intervals, and the one that is kept.

The first sees the training rows alone: what it says of the validation rows, which it never saw,
calibrates the intervals. The second sees both, as more posters make better guesses, and is the one
that is kept.
"""

from dataclasses import dataclass

from posters.dataset import Part, together
from posters.dating import Dater
from posters.intervals import calibrate
from posters.params import TrainParams
from posters.priors import PRIORS, Priors, fit_priors
from posters.year_distribution import Years
from posters.year_head import Fitted, fit_head, predict


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        first: the ensemble that calibrated, for its curves.
        second: the one that is kept.
        dater: asks the second.
    """

    first: Fitted
    second: Fitted
    dater: Dater


def train(training: Part, validation: Part, years: Years, params: TrainParams) -> Trained:
    """Train both ensembles.

    Args:
        training: rows that both see.
        validation: rows that calibrate the intervals, and that the second ensemble sees.
        years: all that can be answered, shape (n_years,).
        params: layers and fitting.

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
    return Trained(first, second, Dater(second, priors, params.interval, margins))


def _priors(part: Part, years: Years, params: TrainParams) -> Priors:
    return fit_priors(
        part.years,
        part.initial,
        years,
        label_width=params.label_width,
        prior_width=params.prior_width,
    )
