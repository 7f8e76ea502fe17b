"""Year and nearest neighbours of any poster, by the model that the last `dvc repro` made."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel
from posters.embedding.precision import precision_for
from posters.errors import DataError, PosterRefused
from posters.images.pictures import PosterLike
from posters.neighbours.index import Neighbour, Neighbours
from posters.years.year_model import YearModel, read_about

# With one poster per batch, a poster's vector does not depend on the other posters. It is as fast
# as larger batches, since each core has its own thread, and takes a third less memory.
_BATCH_SIZE = 1


@dataclass(frozen=True)
class PosterPrediction:
    """The prediction for one poster.

    Attributes:
        year: the median of the distribution over years, rounded.
        low, high: first and last year of the interval.
        decade: first year of the most probable decade.
        neighbours: the movies with the most similar posters, the most similar first.
        probabilities: of every year, oldest first.
    """

    year: int
    low: int
    high: int
    decade: int
    decade_probability: float
    neighbours: list[Neighbour]
    probabilities: dict[int, float]


class Predictor:
    """The network, the year model and the catalogue, loaded once for many posters.

    Args:
        data: the folder with `model` and `embeddings` of the last `dvc repro`.
        many: optimise for many posters (see `OpenVinoModel`); the predictions are the same.

    Attributes:
        caveats: to show beside every prediction; empty if there are none.
        level: the share of posters whose interval contains their year.

    Raises:
        DataError: there is no trained model yet, or files in `data/` are damaged or don't match.
    """

    def __init__(self, data: Path = paths.DATA, many: bool = False) -> None:
        model, vectors = data / paths.MODEL.name, data / paths.EMBEDDINGS.name
        about = read_about(model)
        embeddings = read_embeddings(vectors)
        if about.get("backbone") != vars(embeddings.info):
            raise DataError("data/model and data/embeddings are of different runs: run `dvc repro`")
        self.caveats = [str(caveat) for caveat in about["caveats"]]
        self._backbone = _open_backbone(embeddings, vectors, many)
        self._year_model = YearModel.open(model)
        self._neighbours = Neighbours(embeddings)
        self.level = self._year_model.level

    def predict(self, poster: PosterLike, k: int, prior: str = "natural") -> PosterPrediction:
        """The year of a poster and its `k` nearest movies.

        `prior` is the mix of years you expect: `natural` (mostly recent movies, as in the initial
        catalogue) or `uniform` (every year is equally probable).

        Raises:
            PosterRefused: the poster can't be read.
        """
        (prediction,) = self.predict_each([poster], k, prior)
        if isinstance(prediction, PosterRefused):
            raise prediction
        return prediction

    def predict_each(
        self, posters: Iterable[PosterLike], k: int, prior: str = "natural"
    ) -> Generator[PosterPrediction | PosterRefused, None, None]:
        """Like `predict`, for many posters; yields the error of a poster that can't be read.

        Only a few posters are in memory at a time. The next ones are read while the network runs.
        """
        for vectors, (refused,) in self._backbone.try_batches(posters):
            yield refused or self._predict_vector(vectors, k, prior)

    def _predict_vector(self, vector: NDArray[np.float32], k: int, prior: str) -> PosterPrediction:
        # `vector` has shape (1, embedding_size).
        years = self._year_model.predict(vector[:, self._backbone.info.year_features], prior)
        (neighbours,) = self._neighbours.nearest_to_vectors(vector, k)
        return PosterPrediction(
            year=int(np.rint(years.year[0])),
            low=int(years.low[0]),
            high=int(years.high[0]),
            decade=int(years.decade[0]),
            decade_probability=float(years.decade_probability[0]),
            neighbours=neighbours,
            probabilities=self._by_year(years.probabilities[0]),
        )

    def as_json(self, prediction: PosterPrediction, prior: str) -> dict[str, Any]:
        """One prediction as the JSON object of `predict.py --json` and of the served model."""
        return {
            "year": prediction.year,
            "interval": [prediction.low, prediction.high],
            "level": self.level,
            "decade": prediction.decade,
            "decade_probability": round(prediction.decade_probability, 4),
            "prior": prior,
            "neighbours": [
                {
                    "imdb_id": movie.imdb_id,
                    "title": movie.title,
                    "year": movie.year,
                    "similarity": round(movie.similarity, 6),
                }
                for movie in prediction.neighbours
            ],
            "caveats": self.caveats,
        }

    def prior_probabilities(self, prior: str) -> dict[int, float]:
        """The probability of every year under a prior, oldest first."""
        return self._by_year(self._year_model.priors.named(prior))

    def _by_year(self, probabilities: NDArray[np.float64]) -> dict[int, float]:
        years = self._year_model.priors.years
        return dict(zip(years.tolist(), probabilities.tolist(), strict=True))


def nearest(img: PosterLike, k: int = 3) -> list[Neighbour]:
    """The `k` movies of `data/` with the posters most similar to `img` (path, image or array).

    The first call loads the network and the vectors. A poster in the catalogue is not among its
    own neighbours.

    Raises:
        PosterRefused: the poster can't be read.
        DataError: there are no embeddings yet: run `dvc repro`.
    """
    backbone, neighbours = _open_neighbours()
    return neighbours.nearest_to_vectors(backbone.embed([img]), k)[0]


@cache
def _open_neighbours() -> tuple[Backbone, Neighbours]:
    embeddings = read_embeddings(paths.EMBEDDINGS)
    return _open_backbone(embeddings, paths.EMBEDDINGS), Neighbours(embeddings)


def _open_backbone(embeddings: Embeddings, folder: Path, many: bool = False) -> Backbone:
    """The network in `folder`, which made these embeddings."""
    precision = precision_for(embeddings.info.precision, embeddings.info.name)
    if precision is None:
        # float32 vectors of MobileNetV2 give other years to a model trained on bfloat16.
        raise DataError(
            f"data/embeddings was made in {embeddings.info.precision}, which this processor does "
            "not support: set embed.precision to float32 in params.yaml, then run `dvc repro`"
        )
    model = OpenVinoModel(folder / BACKBONE_MODEL, precision=precision, many=many)
    return Backbone(model, embeddings.info, _BATCH_SIZE, model.workers)
