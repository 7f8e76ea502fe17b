"""Year and nearest neighbours of any poster, by your own model or by the pretrained one.

Your own model is in `data/`, where `dvc repro` writes it. The pretrained one is in `pretrained/`.
"""

import json
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.catalogue.caveats import GENERATED
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Embeddings, read_embeddings, read_info
from posters.embedding.exported_backbone import export_network, kept_network
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel
from posters.embedding.precision import precision_for
from posters.errors import DataError, PosterRefused
from posters.files import damaged
from posters.images.imdb_addresses import title_address
from posters.images.pictures import PosterLike
from posters.neighbours.index import Neighbour, Neighbours
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.year_model import YearModel, read_about

# With one poster per batch, a poster's vector does not depend on the other posters. It is as fast
# as larger batches, since each core has its own thread, and takes a third less memory.
_BATCH_SIZE = 1

NETWORK_CHOICES = "network.json"
"""In `pretrained/embeddings`: how to build the network, which is not in git."""


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
        folder: `data/` or `pretrained/`, or a copy: it holds `model` and `embeddings`.
        many: optimise for many posters (see `OpenVinoModel`); the predictions are the same.

    Attributes:
        model: `own` or `pretrained`.
        caveats: to show beside every prediction; empty if there are none.
        level: the share of posters whose interval contains their year.
        backbone, year_model: turn posters into vectors, and vectors into years.

    Raises:
        DataError: there is no trained model yet, or files are damaged or don't match.
        BackboneError: the network's weights can't be downloaded.
    """

    def __init__(self, folder: Path = paths.DATA, many: bool = False) -> None:
        model, vectors = folder / paths.MODEL.name, folder / paths.EMBEDDINGS.name
        about = read_about(model)
        catalogue = _open_catalogue(vectors)
        if about.get("backbone") != vars(catalogue.info):
            raise damaged(model / "about.json", "model and embeddings are of different runs")
        self.model = "pretrained" if isinstance(catalogue, ReducedCatalogue) else "own"
        self.caveats = [str(caveat) for caveat in about["caveats"]]
        self.backbone = _open_backbone(catalogue, vectors, many)
        self.year_model = YearModel.open(model)
        self._catalogue = catalogue
        self._neighbours = Neighbours(catalogue)
        self.level = self.year_model.level

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
        for vectors, (refused,) in self.backbone.try_batches(posters):
            yield refused or self.predict_vector(vectors, k, prior)

    def predict_vector(self, vector: NDArray[np.float32], k: int, prior: str) -> PosterPrediction:
        """Like `predict`, for the vector that `backbone` makes, shape (1, embedding_size)."""
        years = self.year_model.predict(vector[:, self.backbone.info.year_features], prior)
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
            "model": self.model,
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
                    "address": self.address(movie),
                }
                for movie in prediction.neighbours
            ],
            "caveats": self.caveats,
        }

    def address(self, movie: Neighbour) -> str | None:
        """The page of a movie on IMDb; generated movies have none."""
        return None if GENERATED in self.caveats else title_address(movie.imdb_id)

    @property
    def name(self) -> str:
        """The model in words, and what speaks against it."""
        films = f"{len(self._catalogue.movies):,} films"
        whose = {"own": "your own model of the last run", "pretrained": "the pretrained model"}
        trained_on = f", trained on {', '.join(self.caveats)}" if self.caveats else ""
        return f"{whose[self.model]}, {films}{trained_on}"

    def prior_probabilities(self, prior: str) -> dict[int, float]:
        """The probability of every year under a prior, oldest first."""
        return self._by_year(self.year_model.priors.named(prior))

    def _by_year(self, probabilities: NDArray[np.float64]) -> dict[int, float]:
        years = self.year_model.priors.years
        return dict(zip(years.tolist(), probabilities.tolist(), strict=True))


def model_folder(model: str = "auto") -> Path:
    """The folder of the model that `--model` names, for `Predictor`.

    `auto` is your own model of the last run, unless it learned from generated posters or there is
    none: then it is the pretrained one.

    Raises:
        DataError: your own model is damaged.
    """
    if model == "auto":
        exists = (paths.MODEL / "about.json").exists()
        is_real = exists and GENERATED not in read_about(paths.MODEL).get("caveats", ())
        model = "own" if is_real else "pretrained"
    return paths.PRETRAINED if model == "pretrained" else paths.DATA


def nearest(img: PosterLike, k: int = 3, model: str = "auto") -> list[Neighbour]:
    """The `k` movies with the posters most similar to `img` (path, image or array).

    The first call loads the network and the vectors. A poster in your own catalogue is not among
    its own neighbours. `model` is `auto`, `own` or `pretrained`, see `model_folder`.

    Raises:
        PosterRefused: the poster can't be read.
        DataError: there are no embeddings yet: run `dvc repro`.
    """
    backbone, neighbours = _open_neighbours(model_folder(model) / paths.EMBEDDINGS.name)
    return neighbours.nearest_to_vectors(backbone.embed([img]), k)[0]


@cache
def _open_neighbours(folder: Path) -> tuple[Backbone, Neighbours]:
    catalogue = _open_catalogue(folder)
    return _open_backbone(catalogue, folder), Neighbours(catalogue)


def _open_catalogue(folder: Path) -> Embeddings | ReducedCatalogue:
    return (
        ReducedCatalogue.read(folder) if ReducedCatalogue.is_in(folder) else read_embeddings(folder)
    )


def _open_backbone(
    catalogue: Embeddings | ReducedCatalogue, folder: Path, many: bool = False
) -> Backbone:
    """The network that made the vectors in `folder`."""
    info = catalogue.info
    precision = precision_for(info.precision, info.name)
    if precision is None:
        # float32 vectors of MobileNetV2 give other years to a model trained on bfloat16.
        raise DataError(
            f"data/embeddings was made in {info.precision}, which this processor does "
            "not support: set embed.precision to float32 in params.yaml, then run `dvc repro`"
        )
    path = folder / BACKBONE_MODEL
    if not path.exists() and isinstance(catalogue, ReducedCatalogue):
        path = prepared_network(folder)
    model = OpenVinoModel(path, precision=precision, many=many)
    return Backbone(model, info, _BATCH_SIZE, model.workers)


def prepared_network(folder: Path = paths.PRETRAINED / paths.EMBEDDINGS.name) -> Path:
    """The network of the pretrained model in `.cache`; at first its weights are downloaded.

    Raises:
        BackboneError: the weights can't be downloaded.
        DataError: this code builds another network than the one that made the vectors.
    """
    try:
        choices = json.loads((folder / NETWORK_CHOICES).read_text(encoding="utf-8"))
        info = read_info(folder)
    except (OSError, ValueError, TypeError) as error:
        raise damaged(folder / NETWORK_CHOICES, error) from error
    networks = paths.cache() / "networks"
    kept = kept_network(choices, networks)
    if kept is None:
        # Imported late, as it takes long.
        from posters.params import EmbedParams

        params = EmbedParams(**choices, if_unreachable="stop", engine="local", batch_size=None)
        kept = export_network(params, Path(), networks)
    made, path = kept
    if replace(made, precision=info.precision) != info:
        raise damaged(folder / NETWORK_CHOICES, "this code builds another network")
    return path
