"""Predictions for the page, as HTML."""

import csv
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from posters import paths
from posters.catalogue.entries import Entry, read_entries
from posters.errors import DataError, PosterRefused
from posters.images.pictures import read_poster_file
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction, Predictor
from posters.reports import year_curve
from posters.reports.rendering import render_template, thumbnail
from posters.years.splitting import TESTS

_REFUSALS = {
    "unreadable": "This file is not a readable picture. Upload the poster as JPEG, PNG or WebP.",
    "missing": "The file of this poster is gone. Upload the poster again.",
    "too large": "This picture is too large. Upload a smaller copy.",
    "too complex": "This file takes too long to read. Save the picture again and upload it.",
    "too small": "This picture is too small. Upload a larger copy.",
    "flat colour": "The whole picture has one colour. Upload a poster.",
}


@dataclass(frozen=True)
class PosterRequest:
    """The poster to predict; an uploaded one has no entry in the catalogue."""

    path: Path
    entry: Entry | None = None


class PredictionService:
    """Predicts one poster at a time.

    The model was not trained on the `test_entries`, if any.
    """

    def __init__(self, predictor: Predictor, test_entries: Sequence[Entry]) -> None:
        self.model_name, self.caveats = predictor.name, predictor.caveats
        self.has_test_posters = bool(test_entries)
        self._predictor = predictor
        self._test_entries = test_entries
        self._lock = threading.Lock()

    def random_request(self, previous: PosterRequest | None) -> PosterRequest:
        """A random test poster other than the previous one."""
        others = [
            entry for entry in self._test_entries if previous is None or entry != previous.entry
        ]
        entry = random.choice(others or self._test_entries)
        return PosterRequest(paths.DATA / entry.file, entry)

    def prior_html(self, prior: str) -> str:
        """The prior, shown until there is a poster."""
        return answer_html(self._predictor.prior_probabilities(prior))

    def prediction_html(self, request: PosterRequest, k: int, prior: str) -> str:
        """The prediction for a poster.

        Raises:
            PosterRefused: it is not a usable poster.
        """
        content = read_poster_file(request.path)
        with self._lock:
            prediction = self._predictor.predict(content, k)
        return answer_html(
            self._predictor.prior_probabilities(prior),
            prediction,
            self._predictor.address,
            prior_name=prior,
            level=self._predictor.level,
            entry=request.entry,
        )


def answer_html(
    prior: Mapping[int, float],
    prediction: PosterPrediction | None = None,
    address: Callable[[Neighbour], str | None] | None = None,
    *,
    prior_name: str = "natural",
    level: float | None = None,
    entry: Entry | None = None,
) -> str:
    """A prediction with its curve and neighbours, or the prior if there is no prediction.

    Args:
        prior: probability by year.
        prediction: for the poster.
        address: gives the page of a neighbour, if there is one.
        prior_name: of the prior.
        level: nominal coverage of the interval.
        entry: of a test poster, whose true year is compared with the prediction.
    """
    answer = prediction.answers[prior_name] if prediction else None
    if answer is None:
        chart = year_curve.prior_curve(prior)
    else:
        chart = year_curve.prediction_curve(
            answer.probabilities,
            prior,
            median=answer.year,
            interval=(answer.low, answer.high),
            true_year=entry.year if entry else None,
        )
    content = dict(chart=chart, prediction=prediction, answer=answer, level=level, entry=entry)
    functions = {"thumbnail": _thumbnail, "address": address}
    return render_template("answer.html.jinja", {**content, **functions})


def refusal_html(refused: PosterRefused) -> str:
    """Why a poster is refused."""
    reason = _REFUSALS.get(refused.reason, "This poster can't be used.")
    return (
        f'<div class="answer refused" role="alert"><p class="lead">{reason}</p>'
        f"<p>{escape(str(refused))}</p></div>"
    )


def read_test_entries() -> list[Entry]:
    """The movies of the two tests, which the model was not trained on.

    Raises:
        DataError: catalogue or split is missing or damaged, or they are from different runs.
    """
    entries = {entry.imdb_id: entry for entry in read_entries(paths.CATALOGUE)}
    try:
        with paths.SPLIT.open(encoding="utf-8", newline="") as file:
            return [entries[row["imdb_id"]] for row in csv.DictReader(file) if row["part"] in TESTS]
    except FileNotFoundError as error:
        raise DataError("data/split.csv is missing: run `dvc repro`") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise DataError(
            "data/split.csv is damaged or does not match data/catalogue.csv "
            f"({error!r}): run `dvc repro`"
        ) from error


@lru_cache(maxsize=1024)
def _thumbnail(file: str) -> str | None:
    """A small copy of a poster in `data/`; None if it can't be read."""
    try:
        return thumbnail(paths.DATA / file, (320, 480), quality=85)
    except PosterRefused:
        return None
