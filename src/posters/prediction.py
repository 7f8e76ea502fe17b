"""Answering for a person's own poster with what the last `dvc repro` left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from posters import paths
from posters.backbone import Backbone
from posters.dating import Dater
from posters.embedding import Embeddings, read_embeddings
from posters.errors import DataError
from posters.graphs import BACKBONE_GRAPH, Graph, usable_precision
from posters.head_files import read_about
from posters.images import PosterLike
from posters.neighbours import Neighbour, Neighbours

_BATCH = 4


@dataclass(frozen=True)
class Answer:
    """What the pipeline says of one poster.

    Attributes:
        year: the median of the distribution over years, rounded.
        low, high: first and last year of the interval.
        decade: the likeliest, by its first year.
        decade_probability: of that decade.
        neighbours: the movies whose posters look most alike, the most similar first.
    """

    year: int
    low: int
    high: int
    decade: int
    decade_probability: float
    neighbours: list[Neighbour]


class Predictor:
    """The network, the head and the catalogue, loaded once for many posters.

    Args:
        data: the folder that holds `model` and `embeddings`, as the last `dvc repro` left them.

    Attributes:
        caveats: what must be said beside every answer; empty when there is nothing to say.
        level: share of posters whose interval holds their year.

    Raises:
        DataError: no trained model yet, or `data/` is damaged or does not fit together.
    """

    def __init__(self, data: Path = paths.DATA) -> None:
        model, vectors = data / paths.MODEL.name, data / paths.EMBEDDINGS.name
        about = read_about(model)
        embeddings = read_embeddings(vectors)
        if about.get("backbone") != vars(embeddings.info):
            raise DataError("data/model and data/embeddings are of different runs: run `dvc repro`")
        self.caveats = [str(caveat) for caveat in about["caveats"]]
        self._backbone = _open_backbone(embeddings, vectors)
        self._dater = Dater.open(model)
        self._neighbours = Neighbours(embeddings)
        self.level = self._dater.level

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
        vectors = self._backbone.embed(posters)  # (n_posters, embedding_size)
        dates = self._dater.date(vectors[:, self._backbone.info.evidence], prior)
        nearest = self._neighbours.nearest_to_vectors(vectors, k)
        return [
            Answer(
                int(np.rint(dates.year[row])),
                int(dates.low[row]),
                int(dates.high[row]),
                int(dates.decade[row]),
                float(dates.decade_probability[row]),
                neighbours,
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


def _open_backbone(embeddings: Embeddings, folder: Path) -> Backbone:
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
    graph = Graph(folder / BACKBONE_GRAPH, precision=precision)
    return Backbone(graph, embeddings.info, _BATCH)
