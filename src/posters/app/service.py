"""Predictions for the page, as HTML."""

import csv
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from posters import paths
from posters.catalogue.entries import Entry, read_entries
from posters.errors import DataError, PosterRefused
from posters.images.pictures import check_poster, open_image, read_poster_file, to_rgb
from posters.neighbours.index import Neighbour
from posters.params import PosterParams
from posters.prediction import Answer, Predictor
from posters.reports import year_curve
from posters.reports.thumbnails import thumbnail
from posters.reports.words import percent
from posters.years.splitting import TESTS

_REFUSALS = {
    "unreadable": "This file is not a readable picture. Upload the poster as JPEG, PNG or WebP.",
    "missing": "The file of this poster is gone. Upload the poster again.",
    "too large": "This picture is too large. Upload a smaller copy.",
    "too small": "This picture is too small. Upload a larger copy.",
    "flat colour": "The whole picture has one colour. Upload a poster.",
}


@dataclass(frozen=True)
class PosterRequest:
    """The poster to predict.

    Attributes:
        path: its file.
        entry: its entry of the catalogue; None for an uploaded poster.
    """

    path: Path
    entry: Entry | None = None


class PredictionService:
    """Predicts one poster at a time.

    Args:
        predictor: of the last run.
        rules: what a usable poster is.
        test_entries: movies that the model was not trained on.
    """

    def __init__(
        self, predictor: Predictor, rules: PosterParams, test_entries: Sequence[Entry]
    ) -> None:
        self._predictor = predictor
        self._rules = rules
        self._test_entries = test_entries
        self._lock = threading.Lock()

    @property
    def caveats(self) -> list[str]:
        """Caveats to show with every prediction."""
        return self._predictor.caveats

    def random_request(self, previous: PosterRequest | None) -> PosterRequest:
        """A random test poster other than the previous one."""
        others = [
            entry for entry in self._test_entries if previous is None or entry != previous.entry
        ]
        entry = random.choice(others or self._test_entries)
        return PosterRequest(paths.DATA / entry.file, entry)

    def prior_html(self, prior: str) -> str:
        """The prior, shown until there is a poster."""
        chart = year_curve.prior_curve(self._predictor.believed(prior))
        return (
            '<div class="answer"><p class="lead">No poster yet</p><p>The curve shows the prior: '
            "the probability of each year without a poster. Upload a poster or try a random one."
            f"</p>{_figure(chart, ['prior'])}</div>"
        )

    def prediction_html(self, request: PosterRequest, k: int, prior: str) -> str:
        """The prediction for a poster.

        Raises:
            PosterRefused: it is not a usable poster.
        """
        content = read_poster_file(request.path)
        note = ""
        try:
            image = check_poster(content, self._rules)
        except PosterRefused as refused:
            if refused.reason != "not portrait":
                raise
            image = open_image(content, self._rules.max_pixels)
            note = (
                '<p class="note">This picture does not have the shape of a poster, so the '
                "prediction is unreliable.</p>"
            )
        with self._lock:
            (answer,) = self._predictor.answer([to_rgb(image)], k, prior)
        true_year = request.entry.year if request.entry else None
        chart = year_curve.prediction_curve(
            answer.probabilities,
            self._predictor.believed(prior),
            median=answer.year,
            interval=(answer.low, answer.high),
            true_year=true_year,
        )
        level = percent(self._predictor.level)
        legend = ["posterior", f"{level} interval", "median", "prior"]
        if true_year is not None:
            legend.append("true year")
        return (
            f'<div class="answer"><p class="lead">Predicted year <strong class="year">{answer.year}'
            f'</strong></p><p>{level} interval: <strong class="interval">{answer.low} to '
            f'{answer.high}</strong>. Most likely decade: <strong class="decade">{answer.decade}s'
            f"</strong> ({percent(answer.decade_probability)}).</p>{note}"
            f"{comparison_html(request.entry, answer)}{_figure(chart, legend)}"
            f"{neighbours_html(answer.neighbours)}</div>"
        )


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


def comparison_html(entry: Entry | None, answer: Answer) -> str:
    """The true year of a test poster against the prediction; empty for an uploaded poster."""
    if entry is None:
        return ""
    error = abs(entry.year - answer.year)
    contains = "contains" if answer.low <= entry.year <= answer.high else "does not contain"
    return (
        f'<p class="comparison">True year <strong class="true-year">{entry.year}</strong>: error '
        f"{error} year{'' if error == 1 else 's'}; the interval {contains} it. "
        f"<cite>{escape(entry.title)}</cite> is a test poster, not used for training.</p>"
    )


def neighbours_html(neighbours: Sequence[Neighbour]) -> str:
    """The nearest posters with title, year and similarity."""
    figures = "".join(
        f"<figure>{_picture(movie)}<figcaption><cite>{escape(movie.title)}</cite>"
        f"<span>{movie.year}</span> <span>similarity {movie.similarity:.2f}</span></figcaption>"
        "</figure>"
        for movie in neighbours
    )
    return f'<h3>Nearest posters</h3><div class="nearest">{figures}</div>'


def _picture(movie: Neighbour) -> str:
    try:
        source = _thumbnail(paths.DATA / movie.file)
    except PosterRefused:
        return '<div class="missing">picture missing: run <code>dvc repro</code></div>'
    return f'<img src="{source}" alt="Poster of {escape(movie.title, quote=True)}, {movie.year}">'


@lru_cache(maxsize=1024)
def _thumbnail(path: Path) -> str:
    return thumbnail(path, (320, 480), quality=85)


def _figure(chart: str, legend: Sequence[str]) -> str:
    """A chart with its heading and legend; the CSS class of a mark is the last word of its name."""
    marks = "".join(f'<li><i class="{name.split()[-1]}"></i>{name}</li>' for name in legend)
    return (
        f'<figure class="probabilities"><h3>Probability of each year</h3>{chart}'
        f'<ul class="legend">{marks}</ul></figure>'
    )
