"""Who answers on the page: takes a poster's file, gives back HTML."""

import base64
import csv
import io
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from PIL import Image

from posters import paths
from posters.app import curve
from posters.catalogue.entries import Entry, read_entries
from posters.errors import DataError, PosterRefused
from posters.images.pictures import check_poster, open_image, read_poster_file, to_rgb
from posters.neighbours.index import Neighbour
from posters.params import PosterParams
from posters.prediction import PosterPrediction, Predictor
from posters.years.splitting import TESTS

_THUMBNAIL = (320, 480)  # pixels at most; shown at half of that

_REFUSED = {
    "unreadable": "This is not a picture that can be read here. Give the poster as a JPEG, PNG or "
    "WebP file.",
    "missing": "The poster is no longer here. Drop it once more.",
    "too large": "This picture is too large. Give a smaller copy of the poster.",
    "too small": "This picture is too small to tell anything from. Give a larger copy.",
    "flat colour": "The whole picture has one colour: there is nothing on it to date.",
}


@dataclass(frozen=True)
class Asked:
    """The poster that a visitor asks about.

    Attributes:
        path: its file.
        entry: of the catalogue, where it was picked from it.
    """

    path: Path
    entry: Entry | None = None


class Desk:
    """Answers one visitor after the other.

    Args:
        predictor: what the last run left.
        rules: what counts as a usable poster.
        tested: movies that the model was not trained on, to pick from.
    """

    def __init__(self, predictor: Predictor, rules: PosterParams, tested: Sequence[Entry]) -> None:
        self._predictor = predictor
        self._rules = rules
        self._tested = tested
        self._one_at_a_time = threading.Lock()

    @property
    def caveats(self) -> list[str]:
        """What must be said beside every answer."""
        return self._predictor.caveats

    def pick(self, last: Asked | None) -> Asked:
        """Any poster of the test parts, but not the last one again."""
        entry = random.choice(self._tested)
        while last is not None and entry == last.entry and len(self._tested) > 1:
            entry = random.choice(self._tested)
        return Asked(paths.DATA / entry.file, entry)

    def waiting(self, prior: str) -> str:
        """What stands where the answer will be."""
        believed = curve.before(self._predictor.prior_probabilities(prior))
        return (
            '<div class="answer"><p class="lead">No poster yet</p><p>Before it sees one, this is '
            "how likely each year is to the model. Drop a poster, or take one at random, and see "
            f"what a look at it changes.</p>{believed}</div>"
        )

    def answer(self, asked: Asked, k: int, prior: str) -> str:
        """What is said of a poster.

        Raises:
            PosterRefused: it is not one.
        """
        content = read_poster_file(asked.path)
        note = ""
        try:
            image = check_poster(content, self._rules)
        except PosterRefused as refused:
            if refused.reason != "not portrait":
                raise
            # A person may well ask about one; the model has never seen such, which is worth saying.
            image = open_image(content, self._rules.max_pixels)
            note = "This picture has not the shape of a poster, so the answer means little."
        with self._one_at_a_time:
            answer = self._predictor.predict(to_rgb(image), k, prior)
        true = asked.entry.year if asked.entry else None
        chart = curve.answered(answer, self._predictor.prior_probabilities(prior), true)
        return (
            f'<div class="answer">{self._said(answer, note)}{truth(asked.entry, answer)}{chart}'
            f"{look_alikes(answer.neighbours)}</div>"
        )

    def _said(self, answer: PosterPrediction, note: str) -> str:
        level = f"{self._predictor.level:.0%}"
        return (
            f'<p class="lead">Made around <strong class="year">{answer.year}</strong></p>'
            f'<p>Between <strong class="interval">{answer.low} and {answer.high}</strong>: such '
            f"intervals hold the year of {level} of posters. Most likely it is of the "
            f'<strong class="decade">{answer.decade}s</strong> '
            f"({answer.decade_probability:.0%}).</p>"
            + (f'<p class="note">{escape(note)}</p>' if note else "")
        )


def refusal(refused: PosterRefused) -> str:
    """Why a poster is not answered, for a person."""
    said = _REFUSED.get(refused.reason, "This poster can't be answered.")
    return (
        f'<div class="answer refused" role="alert"><p class="lead">{said}</p>'
        f"<p>{escape(str(refused))}</p></div>"
    )


def read_tested() -> list[Entry]:
    """The movies of the catalogue that the model was not trained on: those of the test parts.

    Raises:
        DataError: catalogue or split is missing, damaged, or they are of different runs.
    """
    entries = {entry.imdb_id: entry for entry in read_entries(paths.CATALOGUE)}
    try:
        with paths.SPLIT.open(encoding="utf-8", newline="") as file:
            tested = [
                entries[row["imdb_id"]] for row in csv.DictReader(file) if row["part"] in TESTS
            ]
    except FileNotFoundError as error:
        raise DataError("data/split.csv is missing: run `dvc repro`") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise DataError(
            f"data/split.csv is damaged, or of other movies than data/catalogue.csv ({error!r}): "
            "run `dvc repro`"
        ) from error
    if not tested:
        raise DataError("data/split.csv names no tested movie: run `dvc repro`")
    return tested


def truth(entry: Entry | None, answer: PosterPrediction) -> str:
    """How far the answer is from the year of a picked poster; nothing for a visitor's own."""
    if entry is None:
        return ""
    off = abs(entry.year - answer.year)
    years = {0: "to the year", 1: "1 year off"}.get(off, f"{off} years off")
    held = "inside" if answer.low <= entry.year <= answer.high else "outside"
    return (
        f'<p class="truth">In truth <strong class="true-year">{entry.year}</strong>: {years}, '
        f"{held} the interval. <cite>{escape(entry.title)}</cite> was not trained on.</p>"
    )


def look_alikes(neighbours: Sequence[Neighbour]) -> str:
    """The neighbours as pictures with title, year and similarity."""
    cards = "".join(
        f"<figure>{_picture(movie)}<figcaption><cite>{escape(movie.title)}</cite>"
        f"<span>{movie.year}</span> <span>likeness {movie.similarity:.2f}</span></figcaption>"
        "</figure>"
        for movie in neighbours
    )
    return f'<h3>Posters that look like it</h3><div class="nearest">{cards}</div>'


def _picture(movie: Neighbour) -> str:
    try:
        source = _thumbnail(paths.DATA / movie.file)
    except PosterRefused:
        return '<div class="missing">picture missing: run <code>dvc repro</code></div>'
    return f'<img src="{source}" alt="Poster of {escape(movie.title, quote=True)}, {movie.year}">'


@lru_cache(maxsize=1024)
def _thumbnail(path: Path) -> str:
    """A small copy of a poster, to stand in the page itself: no file need be served."""
    image = to_rgb(path)
    image.thumbnail(_THUMBNAIL, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, format="JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
