"""Year and nearest neighbours of any poster, by your own model or by the pretrained one.

Your own model is in `data/`, where `dvc repro` writes it. The pretrained one is in `pretrained/`.
"""

import warnings
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.catalogue.caveats import GENERATED
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Embeddings
from posters.embedding.openvino_model import import_openvino
from posters.errors import PosterRefused
from posters.files import damaged
from posters.images.imdb_addresses import title_address
from posters.images.pictures import PosterLike
from posters.model_choice import model_folder, network_of, open_backbone, open_catalogue
from posters.neighbours.index import Neighbour, nearest_movies
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.priors import PRIORS
from posters.years.year_answer import YearAnswer
from posters.years.year_model import YearModel, read_about


@dataclass(frozen=True)
class PosterPrediction:
    """The prediction for one poster.

    Attributes:
        answers: the year by the name of the prior.
        neighbours: the movies with the most similar posters, the most similar first.
        warnings: what is unusual about the picture, a sentence each.
    """

    answers: Mapping[str, YearAnswer]
    neighbours: list[Neighbour]
    warnings: list[str]


class Predictor:
    """The network, the year model and the catalogue, loaded once for many posters.

    Args:
        folder: `data/` or `pretrained/`, or a copy: it holds `model` and `embeddings`.
        many: optimise for many posters (see `OpenVinoModel`); the predictions are the same.

    Attributes:
        model: `own` or `pretrained`.
        caveats: to show beside every prediction; empty if there are none.
        level: the share of posters whose interval contains their year.
        backbone, year_model: turn posters into vectors, and year features into years.

    Raises:
        DataError: there is no trained model yet, or files are damaged or don't match.
        BackboneError: the network's weights can't be downloaded.
    """

    def __init__(self, folder: Path = paths.DATA, many: bool = False) -> None:
        model, vectors = folder / paths.MODEL.name, folder / paths.EMBEDDINGS.name
        about = read_about(model)
        network = network_of(vectors)
        import_openvino()  # not in two threads at the same time
        with ThreadPoolExecutor(2) as pool:  # reading beside compiling saves 0.1 s
            backbone = pool.submit(open_backbone, vectors, network, many)
            year_model = pool.submit(YearModel.open, model)
            catalogue = open_catalogue(vectors)
            if about.get("backbone") != vars(catalogue.info):
                raise damaged(model / "about.json", "model and embeddings are of different runs")
            self.backbone, self.year_model = backbone.result(), year_model.result()
        self.model = "pretrained" if isinstance(catalogue, ReducedCatalogue) else "own"
        self.caveats = [str(caveat) for caveat in about["caveats"]]
        self._catalogue = catalogue
        self.level = self.year_model.level

    def predict(self, poster: PosterLike, k: int) -> PosterPrediction:
        """The year of a poster under each prior, and its `k` nearest movies.

        A prior is the mix of years you expect: `natural` (mostly recent movies, as in the initial
        catalogue) or `uniform` (every year is equally probable).

        Raises:
            PosterRefused: the poster can't be read, or is of one colour.
        """
        (prediction,) = self.predict_each([poster], k)
        if isinstance(prediction, PosterRefused):
            raise prediction
        return prediction

    def predict_each(
        self, posters: Iterable[PosterLike], k: int
    ) -> Generator[PosterPrediction | PosterRefused, None, None]:
        """Like `predict`, for many posters; yields the refusal of a poster that can't be used.

        Only a few posters are in memory at a time. The next ones are read while the network runs.
        """
        for vectors, (outcome,) in self.backbone.try_batches(posters):
            if isinstance(outcome, PosterRefused):
                yield outcome
            else:
                answers = {prior: self._answer(vectors, prior) for prior in PRIORS}
                (neighbours,) = nearest_movies(self._catalogue, vectors, k)
                yield PosterPrediction(answers, neighbours, outcome)

    def _answer(self, vector: NDArray[np.float32], prior: str) -> YearAnswer:
        # `vector` has shape (1, embedding_size).
        years = self.year_model.predict(vector[:, self.backbone.info.year_features], prior)
        return YearAnswer(
            year=int(np.rint(years.year[0])),
            low=int(years.low[0]),
            high=int(years.high[0]),
            decade=int(years.decade[0]),
            decade_probability=float(years.decade_probability[0]),
            other_decade=int(years.other_decade[0]),
            uncertainty=float(years.uncertainty[0]),
            probabilities=self._by_year(years.probabilities[0]),
        )

    def as_json(self, prediction: PosterPrediction, prior: str) -> dict[str, Any]:
        """One prediction as the JSON object of `predict.py --json` and of the served model."""
        answer = prediction.answers[prior]
        return {
            "model": self.model,
            "answer": answer.headline,
            "year": answer.year,
            "interval": [answer.low, answer.high],
            "level": self.level,
            "decade": answer.decade,
            "decade_probability": round(answer.decade_probability, 4),
            "uncertainty": round(answer.uncertainty, 4),
            "prior": prior,
            "first_year": min(answer.probabilities),
            "probabilities": [round(share, 6) for share in answer.probabilities.values()],
            "neighbours": [
                {
                    **asdict(movie),
                    "similarity": round(movie.similarity, 6),
                    "address": self.address(movie),
                }
                for movie in prediction.neighbours
            ],
            "warnings": prediction.warnings + answer.warnings,
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


def nearest(img: PosterLike, k: int = 3, model: str = "auto") -> list[Neighbour]:
    """The `k` movies with the posters most similar to `img` (path, image or array).

    The first call loads the network and the vectors. A poster in your own catalogue is not among
    its own neighbours. `model` is `auto`, `own` or `pretrained`, see `model_folder`. What is
    unusual about the picture becomes a Python warning.

    Raises:
        PosterRefused: the poster can't be read, or is of one colour.
        DataError: there are no embeddings yet: run `dvc repro`.
    """
    backbone, catalogue = _open_embeddings(model_folder(model) / paths.EMBEDDINGS.name)
    ((vectors, (outcome,)),) = backbone.try_batches([img])
    if isinstance(outcome, PosterRefused):
        raise outcome
    for warning in outcome:
        warnings.warn(warning, stacklevel=2)
    return nearest_movies(catalogue, vectors, k)[0]


@cache
def _open_embeddings(folder: Path) -> tuple[Backbone, Embeddings | ReducedCatalogue]:
    catalogue = open_catalogue(folder)
    return open_backbone(folder, network_of(folder)), catalogue
