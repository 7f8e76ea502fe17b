"""Training of two ensembles: one calibrates the intervals, the other one makes the predictions.

The first is trained on the training rows. Its predictions for the validation rows calibrate the
intervals. The second is trained on both parts, as more posters give better predictions.
"""

from dataclasses import dataclass

from posters.params import TrainParams
from posters.years.dataset import Part, concatenate
from posters.years.intervals import calibrate
from posters.years.priors import PRIORS, Priors, fit_priors
from posters.years.year_distribution import Years
from posters.years.year_head import FittedHead, fit_head, predict
from posters.years.year_model import YearModel


@dataclass(frozen=True)
class Trained:
    """The result of training.

    Attributes:
        history: learning curves of the first ensemble, see `FittedHead`.
        head: the second ensemble.
        year_model: the second ensemble with priors and intervals.
    """

    history: dict[str, list[float]]
    head: FittedHead
    year_model: YearModel


def train(training: Part, validation: Part, years: Years, params: TrainParams) -> Trained:
    """Train both ensembles and calibrate the intervals.

    Args:
        training: training rows of both ensembles.
        validation: rows that calibrate the intervals, and training rows of the second ensemble.
        years: all predictable years, shape (n_years,).
        params: of the head and its training.

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
    probabilities = predict(first.model, validation.vectors, years)
    both = concatenate(training, validation)
    head = fit_head(both.vectors, both.years, years, params)
    first_priors = estimate_priors(training, years, params)
    priors = estimate_priors(both, years, params)
    margins = {
        name: calibrate(
            first_priors.adjusted(probabilities, name),
            validation.years,
            years,
            priors.named(name),
            params.interval,
        )
        for name in PRIORS
    }
    year_model = YearModel(head, priors, params.interval, margins)
    return Trained(first.history, head, year_model)


def estimate_priors(part: Part, years: Years, params: TrainParams) -> Priors:
    """The priors of a head that is trained on a part."""
    return fit_priors(
        part.years,
        part.initial,
        years,
        label_width=params.label_width,
        prior_width=params.prior_width,
    )
