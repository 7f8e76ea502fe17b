"""Answering for a person's own poster with what the last `dvc repro` left."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel, usable_precision
from posters.errors import DataError, PosterRefused
from posters.images.pictures import PosterLike
from posters.neighbours.index import Neighbour, Neighbours
from posters.years.model_files import read_about
from posters.years.year_model import YearModel

# One by one: a poster's answer is then the same to the bit in any company, it takes no longer (each
# share of the cores has its thread), and a third less is kept in memory.
_BATCH = 1


@dataclass(frozen=True)
class Answer:
    """What the pipeline says of one poster.

    Attributes:
        year: the median of the distribution over years, rounded.
        low, high: first and last year of the interval.
        decade: the likeliest, by its first year.
        decade_probability: of that decade.
        neighbours: the movies whose posters look most alike, the most similar first.
        probabilities: of every year that can be answered, oldest first.
    """

    year: int
    low: int
    high: int
    decade: int
    decade_probability: float
    neighbours: list[Neighbour]
    probabilities: dict[int, float]


class Predictor:
    """The network, the head and the catalogue, loaded once for many posters.

    Args:
        data: the folder that holds `model` and `embeddings`, as the last `dvc repro` left them.
        many: whether many posters will be asked about: faster for them, slower for one (see
            `OpenVinoModel`). The answers are the same.

    Attributes:
        caveats: what must be said beside every answer; empty when there is nothing to say.
        level: share of posters whose interval holds their year.

    Raises:
        DataError: no trained model yet, or `data/` is damaged or does not fit together.
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

    def answer(self, posters: Sequence[PosterLike], k: int, prior: str = "natural") -> list[Answer]:
        """The year of each poster and its `k` nearest movies.

        Args:
            posters: see `PosterLike`.
            k: at least 1.
            prior: how the posters asked about come: `natural`, as movies come, mostly recent ones,
                or `uniform`, every year alike.

        Raises:
            PosterRefused: a poster can't be read.
        """
        answers = []
        for answer in self.try_each(posters, k, prior):
            if isinstance(answer, PosterRefused):
                raise answer
            answers.append(answer)
        return answers

    def try_each(
        self, posters: Iterable[PosterLike], k: int, prior: str = "natural"
    ) -> Generator[Answer | PosterRefused, None, None]:
        """As `answer`, poster by poster in their order; why instead, where one can't be read.

        A few posters are in memory at a time, however many there are; while the network looks at
        some, the next ones are read.
        """
        for vectors, refusals in self._backbone.try_batches(posters):
            answers = iter(self._of_vectors(vectors, k, prior))
            for refused in refusals:
                yield refused or next(answers)

    def _of_vectors(self, vectors: NDArray[np.float32], k: int, prior: str) -> list[Answer]:
        """Answers for vectors of shape (n, embedding_size)."""
        if not len(vectors):
            return []
        dates = self._year_model.predict(vectors[:, self._backbone.info.year_features], prior)
        nearest = self._neighbours.nearest_to_vectors(vectors, k)
        return [
            Answer(
                int(np.rint(dates.year[row])),
                int(dates.low[row]),
                int(dates.high[row]),
                int(dates.decade[row]),
                float(dates.decade_probability[row]),
                neighbours,
                self._by_year(dates.probabilities[row]),
            )
            for row, neighbours in enumerate(nearest)
        ]

    def as_json(self, answer: Answer, prior: str) -> dict[str, Any]:
        """One answer under the names by which programs are told it, ready for JSON."""
        return {
            "year": answer.year,
            "interval": [answer.low, answer.high],
            "level": self.level,
            "decade": answer.decade,
            "decade_probability": round(answer.decade_probability, 4),
            "prior": prior,
            "neighbours": [
                {
                    "imdb_id": movie.imdb_id,
                    "title": movie.title,
                    "year": movie.year,
                    "similarity": round(movie.similarity, 6),
                }
                for movie in answer.neighbours
            ],
            "caveats": self.caveats,
        }

    def believed(self, prior: str) -> dict[int, float]:
        """The probability of every year before a poster is looked at, oldest first."""
        return self._by_year(self._year_model.priors.named(prior))

    def _by_year(self, probabilities: NDArray[np.float64]) -> dict[int, float]:
        years = self._year_model.priors.years
        return dict(zip(years.tolist(), probabilities.tolist(), strict=True))


def nearest(img: PosterLike, k: int = 3) -> list[Neighbour]:
    """The `k` movies of `data/` whose posters are most like `img`, the most similar first.

    The network and the vectors are loaded at the first call and kept. See `Neighbours.nearest`.

    Args:
        img: a path, a PIL image or an array.
        k: at least 1.

    Raises:
        PosterRefused: the poster can't be read.
        DataError: nothing was embedded yet: run `dvc repro`.
    """
    return _opened().nearest(img, k)


@cache
def _opened() -> Neighbours:
    embeddings = read_embeddings(paths.EMBEDDINGS)
    backbone = _open_backbone(embeddings, paths.EMBEDDINGS)
    return Neighbours(embeddings, lambda poster: backbone.embed([poster])[0])


def _open_backbone(embeddings: Embeddings, folder: Path, many: bool = False) -> Backbone:
    """The network that made these vectors, as it was left beside them in `folder`.

    Raises:
        DataError: it is missing or damaged.
    """
    precision = embeddings.info.precision
    if usable_precision(precision) != precision:
        # MobileNetV2's vectors in float32 are dated otherwise by heads that learned from bfloat16.
        raise DataError(
            f"data/embeddings was made in {precision}, which this processor does not calculate in: "
            "set embed.precision to float32 in params.yaml, then run `dvc repro`"
        )
    graph = OpenVinoModel(folder / BACKBONE_MODEL, precision=precision, many=many)
    return Backbone(graph, embeddings.info, _BATCH, graph.workers)
