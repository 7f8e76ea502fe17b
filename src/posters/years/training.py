"""Training of the year model by cross-validation: every row is predicted by a member without it.

These predictions calibrate the probabilities and the intervals, and their error is the validation
error. The model is the mean of the members of all folds, as the mean of an ensemble varies less
than each of them (Lakshminarayanan and others, 2017, "Simple and Scalable Predictive Uncertainty
Estimation using Deep Ensembles"). Intervals from the rows outside each member's training rows are
cross-conformal (Vovk, 2015, "Cross-conformal predictors").
"""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.embedding.openvino_model import convert_model, save_model
from posters.files import replacing, write_json, write_text
from posters.params import TrainParams
from posters.years.calibration import Calibration, fit_calibration
from posters.years.dataset import Part
from posters.years.intervals import fit_thresholds
from posters.years.priors import PRIORS, Priors, importance_weights, write_priors
from posters.years.year_distribution import Probabilities, Years, median, smoothed
from posters.years.year_head import FittedHead, fit_head, predict_in_batches
from posters.years.year_model import HEAD_MODEL, YearModel, write_thresholds


@dataclass(frozen=True)
class CrossValidated:
    """The head, and the predictions of its members for the rows that they were not trained on.

    Attributes:
        head: its members, one for each fold, trained on all other folds.
        calibration: of their logits.
        probabilities: of each row from the member of its fold, calibrated, shape (n, n_years).
        priors: of all rows.
        true: the years of the rows, shape (n,).
    """

    head: FittedHead
    calibration: Calibration
    probabilities: Probabilities
    priors: Priors
    true: Years

    def adjusted(self, prior: str) -> Probabilities:
        """The probabilities under the prior `natural` or `uniform`, shape (n, n_years)."""
        return self.priors.adjusted(self.probabilities, prior)

    def errors(self, prior: str) -> NDArray[np.float64]:
        """Absolute errors in years under a prior, shape (n,)."""
        return np.abs(median(self.adjusted(prior), self.priors.years) - self.true)

    def mean_error(self, prior: str) -> float:
        """The mean of the errors under a prior, weighted to its mix of years."""
        weights = importance_weights(self.true, self.priors.years, self.priors.named(prior))
        return float(np.average(self.errors(prior), weights=weights))


@dataclass(frozen=True)
class Trained:
    """The result of training.

    Attributes:
        model: the Keras model of the mean of all members: year features in, probabilities out.
        history: loss and error by epoch, see `FittedHead`.
        validation: mean absolute error of the cross-validated predictions, in years, by prior.
        calibration: see `CrossValidated`.
        year_model: the model with priors and intervals.
    """

    model: Any
    history: pd.DataFrame
    validation: dict[str, float]
    calibration: Calibration
    year_model: YearModel

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the model to a folder, which is replaced as a whole; same model, same bytes.

        The files are `architecture.json` and `head.weights.h5` (for Keras: `model_from_json`, then
        `load_weights`), `head.xml` and `head.bin` (the same network for OpenVINO), `history.csv`,
        `priors.csv`, `thresholds.csv` and `about.json`: how it was made. (The `.keras` format
        contains the time of saving.)
        """
        model = self.year_model
        about = {
            **about,
            "interval": model.level,
            "calibration": vars(self.calibration),
            "validation_mae": self.validation,
        }
        with replacing(folder) as new:
            new.mkdir()
            write_json(new / "architecture.json", json.loads(self.model.to_json()))
            self.model.save_weights(str(new / "head.weights.h5"))
            save_model(convert_model(self.model), new / HEAD_MODEL)
            write_text(new / "history.csv", self.history.to_csv(float_format="%.6g"))
            write_priors(new / "priors.csv", model.priors)
            write_thresholds(new / "thresholds.csv", model.priors.years, model.thresholds)
            write_json(new / "about.json", about)


def train(part: Part, years: Years, params: TrainParams) -> Trained:
    """Train the head on a part with its folds, calibrate it, and fit the intervals.

    `years` are all predictable years, shape (n_years,).

    Raises:
        DataError: the training diverged.
    """
    validated = cross_validate(part, years, params)
    model = validated.head.average(validated.calibration, validated.priors.learned)
    thresholds = {
        prior: fit_thresholds(validated.adjusted(prior), part.years, years, params.interval)
        for prior in PRIORS
    }
    validation = {prior: round(validated.mean_error(prior), 4) for prior in PRIORS}
    head = partial(predict_in_batches, model)
    year_model = YearModel(head, validated.priors, params.interval, thresholds)
    return Trained(model, validated.head.history, validation, validated.calibration, year_model)


def cross_validate(part: Part, years: Years, params: TrainParams) -> CrossValidated:
    """Train a member of the head for each fold of a part, and calibrate their predictions.

    Raises:
        DataError: the training diverged.
    """
    head = fit_head(part.vectors, part.years, part.folds, years, params)
    priors = fit_priors(part, years, params)
    calibration = fit_calibration(head.left_out, part.years, years, priors.learned)
    probabilities = calibration.probabilities(head.left_out, priors.learned)
    return CrossValidated(head, calibration, probabilities, priors, part.years)


def fit_priors(part: Part, years: Years, params: TrainParams) -> Priors:
    """The priors of a head that is trained on a part."""

    def prior(true: Years, width: float) -> NDArray[np.float64]:
        # One additional movie, divided among all years, so that no probability is zero.
        total = smoothed(true, years, width).sum(axis=0) + 1 / len(years)
        result: NDArray[np.float64] = total / (len(true) + 1)
        return result

    natural = part.years[part.initial] if part.initial.any() else part.years
    return Priors(years, prior(part.years, params.label_width), prior(natural, params.prior_width))
