"""Training of two ensembles: one calibrates the intervals, the other one makes the predictions.

The first is trained on the training rows. Its predictions for the validation rows calibrate the
intervals. The second is trained on both parts, as more posters give better predictions.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.embedding.openvino_model import write_openvino_model
from posters.files import replacing, write_json, write_text
from posters.params import TrainParams
from posters.years.dataset import Part, concatenate
from posters.years.intervals import calibrate
from posters.years.priors import PRIORS, Priors, write_priors
from posters.years.year_distribution import Years, as_distribution, smoothed
from posters.years.year_head import FittedHead, fit_head
from posters.years.year_model import HEAD_MODEL, YearModel


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

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the model to a folder, which is replaced as a whole; same model, same bytes.

        The files are `architecture.json` and `head.weights.h5` (for Keras: `model_from_json`, then
        `load_weights`), `head.xml` and `head.bin` (the same network for OpenVINO), `history.csv`,
        `priors.csv` and `about.json`: how it was made, and its intervals. (The `.keras` format
        contains the time of saving.)
        """
        model, year_model = self.head.model, self.year_model
        interval = {"level": year_model.level, "margins": dict(year_model.margins)}
        epochs = pd.RangeIndex(1, len(self.history["loss"]) + 1, name="epoch")
        history = pd.DataFrame(self.history, index=epochs)
        with replacing(folder) as new:
            new.mkdir()
            write_json(new / "architecture.json", json.loads(model.to_json()))
            model.save_weights(str(new / "head.weights.h5"))
            write_openvino_model(model, new / HEAD_MODEL)
            write_text(new / "history.csv", history.to_csv(float_format="%.6g"))
            write_priors(new / "priors.csv", year_model.priors)
            write_json(new / "about.json", {**about, "interval": interval})


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
    both = concatenate(training, validation)
    validation_rows = (validation.vectors, validation.years)
    first = fit_head(training.vectors, training.years, years, params, validation_rows)
    probabilities = as_distribution(first(validation.vectors), years)
    head = fit_head(both.vectors, both.years, years, params)
    first_priors, priors = (fit_priors(part, years, params) for part in (training, both))
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
    return Trained(first.history, head, YearModel(head, priors, params.interval, margins))


def fit_priors(part: Part, years: Years, params: TrainParams) -> Priors:
    """The priors of a head that is trained on a part."""

    def prior(true: Years, width: float) -> NDArray[np.float64]:
        # One additional movie, divided among all years, so that no probability is zero.
        total = smoothed(true, years, width).sum(axis=0) + 1 / len(years)
        result: NDArray[np.float64] = total / (len(true) + 1)
        return result

    natural = part.years[part.initial] if part.initial.any() else part.years
    return Priors(years, prior(part.years, params.label_width), prior(natural, params.prior_width))
