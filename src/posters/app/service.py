"""What the page predicts: posters of the visitor and test posters, under both priors."""

import csv
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from posters import paths
from posters.app.occlusion import Occlusion, occlude
from posters.catalogue.entries import read_entries
from posters.errors import DataError, PosterRefused
from posters.images.pictures import check_poster, open_image, read_poster_file, to_rgb
from posters.neighbours.index import Neighbour
from posters.params import PosterParams
from posters.prediction import PosterPrediction, Predictor
from posters.reports.rendering import thumbnail
from posters.years.priors import PRIORS
from posters.years.splitting import TESTS

MAX_NEIGHBOURS = 12

PRIOR_OF_TEST = {"natural": "natural", "balanced": "uniform"}
"""The mix of years that each test has."""


@dataclass(frozen=True)
class PosterRequest:
    """A poster to predict.

    Attributes:
        title, year: of a movie in the catalogue; None for an uploaded poster.
        test: the test that the movie is in; None if it is in none.
    """

    path: Path
    title: str | None = None
    year: int | None = None
    test: str | None = None


@dataclass(frozen=True)
class PosterAnswer:
    """The predictions for a poster.

    Attributes:
        picture, icon: small copies as data URIs.
        portrait: whether it has the shape of a poster.
        predictions: by the name of the prior, with `MAX_NEIGHBOURS` neighbours.
    """

    request: PosterRequest
    picture: str
    icon: str
    portrait: bool
    predictions: dict[str, PosterPrediction]

    @property
    def neighbours(self) -> list[Neighbour]:
        """The most similar posters; the prior does not change them."""
        return self.predictions["natural"].neighbours


class PredictionService:
    """Predicts one poster at a time.

    Args:
        predictor: the model.
        rules: what a usable poster is.
        tests: posters that the model was not trained on; empty if there are no pictures.
    """

    def __init__(
        self, predictor: Predictor, rules: PosterParams, tests: Sequence[PosterRequest]
    ) -> None:
        self.model_name, self.caveats = predictor.name, predictor.caveats
        self.level, self.address = predictor.level, predictor.address
        self.priors = {prior: predictor.prior_probabilities(prior) for prior in PRIORS}
        self.rules, self.tests = rules, tests
        self._test_of = {request.path: request.test for request in tests}
        self._predictor = predictor
        self._lock = threading.Lock()

    def predict(self, request: PosterRequest) -> PosterAnswer:
        """The year of a poster under each prior, and its neighbours.

        Raises:
            PosterRefused: it is not a usable poster.
        """
        image, portrait = self._open(request.path)
        with self._lock:
            vector = self._predictor.backbone.embed([image])
        predictions = {
            prior: self._predictor.predict_vector(vector, MAX_NEIGHBOURS, prior) for prior in PRIORS
        }
        icon = thumbnail(image, (80, 120))
        return PosterAnswer(request, _small(image), icon, portrait, predictions)

    def occlude(self, request: PosterRequest) -> Occlusion:
        """Which regions of a poster matter; raises as `predict`."""
        image, _ = self._open(request.path)
        with self._lock:
            return occlude(image, self._predictor)

    def picture(self, request: PosterRequest) -> str:
        """A small copy of a poster as a data URI; raises as `predict`."""
        return _small(self._open(request.path)[0])

    def random_test(self, seen: Sequence[PosterRequest] = ()) -> PosterRequest:
        """A poster of one of the tests, each equally likely; none of those `seen` if possible."""
        known = set(seen)
        tests = [request for request in self.tests if request not in known] or self.tests
        test = random.choice(sorted({str(request.test) for request in tests}))
        return random.choice([request for request in tests if request.test == test])

    def request_of(self, movie: Neighbour) -> PosterRequest:
        """The poster of a neighbour that has a picture."""
        path = paths.DATA / str(movie.file)
        return PosterRequest(path, movie.title, movie.year, self._test_of.get(path))

    def _open(self, path: Path) -> tuple[Image.Image, bool]:
        """A poster in RGB, and whether it has the shape of a poster."""
        content = read_poster_file(path)
        try:
            return to_rgb(check_poster(content, self.rules)), True
        except PosterRefused as refused:
            if refused.reason != "not portrait":
                raise
            return to_rgb(open_image(content, self.rules.max_pixels)), False


def _small(image: Image.Image) -> str:
    return thumbnail(image, (480, 720), quality=85)


def read_tests() -> list[PosterRequest]:
    """The posters of the two tests, which the model was not trained on.

    Raises:
        DataError: catalogue or split is missing or damaged, or they are from different runs.
    """
    entries = {entry.imdb_id: entry for entry in read_entries(paths.CATALOGUE)}
    try:
        with paths.SPLIT.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["part"] in TESTS]
        return [
            PosterRequest(paths.DATA / entry.file, entry.title, entry.year, row["part"])
            for row in rows
            if (entry := entries[row["imdb_id"]])
        ]
    except FileNotFoundError as error:
        raise DataError("data/split.csv is missing: run `dvc repro`") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise DataError(
            "data/split.csv is damaged or does not match data/catalogue.csv "
            f"({error!r}): run `dvc repro`"
        ) from error
