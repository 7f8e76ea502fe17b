"""What the page predicts: posters of the visitor and test posters."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posters import paths
from posters.app.occlusion import Occlusion, occlude
from posters.catalogue.entries import read_catalogue
from posters.images.pictures import read_poster_file, to_rgb
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction, Predictor
from posters.reports.rendering import thumbnail
from posters.years.dataset import join_movies, read_split
from posters.years.priors import PRIORS
from posters.years.splitting import TESTS

MAX_NEIGHBOURS = 12
_SIZE = (480, 720)  # pixels, of a poster on the page


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
class PredictedPoster:
    """A poster with its prediction.

    Attributes:
        picture, icon: small copies as data URIs.
        prediction: with `MAX_NEIGHBOURS` neighbours.
    """

    request: PosterRequest
    picture: str
    icon: str
    prediction: PosterPrediction

    @property
    def warnings(self) -> list[str]:
        """What makes the answers unreliable, a sentence each."""
        return self.prediction.warnings + [
            f"{prior} prior: {warning}"
            for prior, answer in self.prediction.answers.items()
            for warning in answer.warnings
        ]


class PredictionService:
    """Predicts one poster at a time.

    Args:
        predictor: the model.
        tests: posters that it was not trained on; empty if there are no pictures of them.
    """

    def __init__(self, predictor: Predictor, tests: Sequence[PosterRequest]) -> None:
        self.predictor, self.tests = predictor, tests
        self.priors = {prior: predictor.prior_probabilities(prior) for prior in PRIORS}
        self._test_of = {request.path: request.test for request in tests}
        self._lock = threading.Lock()

    def predict(self, request: PosterRequest) -> PredictedPoster:
        """The year of a poster under each prior, and its neighbours.

        Raises:
            PosterRefused: it is not a usable poster.
        """
        content = read_poster_file(request.path)
        with self._lock:
            prediction = self.predictor.predict(content, MAX_NEIGHBOURS)
            image = to_rgb(content)
        icon = thumbnail(image, (80, 120))
        return PredictedPoster(request, thumbnail(image, _SIZE, 85), icon, prediction)

    def occlude(self, request: PosterRequest) -> Occlusion:
        """Which regions of a poster matter; raises as `predict`."""
        content = read_poster_file(request.path)
        with self._lock:
            return occlude(to_rgb(content), self.predictor)

    def picture(self, request: PosterRequest) -> str:
        """A small copy of a poster as a data URI; raises as `predict`."""
        return thumbnail(request.path, _SIZE, 85)

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


def read_tests() -> list[PosterRequest]:
    """The posters of the two tests, which the model was not trained on.

    Raises:
        DataError: catalogue or split is missing or damaged, or they are from different runs.
    """
    movies = join_movies(read_catalogue(paths.CATALOGUE), read_split())
    return [
        PosterRequest(paths.DATA / movie["file"], movie["title"], movie["year"], movie["part"])
        for movie in movies[movies["part"].isin(TESTS)].to_dict("records")
    ]
