"""Answering for a person's own poster with what the last `dvc repro` left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from posters import paths
from posters.backbone import Backbone, BackboneInfo, load_backbone
from posters.catalogue import read_catalogue
from posters.dating import Dater
from posters.embedding import read_embeddings
from posters.errors import BackboneError, DataError
from posters.head_files import read_about
from posters.images import PosterLike
from posters.neighbours import Neighbour, Neighbours
from posters.params import load_params
from posters.taps import Taps


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

    Attributes:
        caveats: what must be said beside every answer; empty when there is nothing to say.
        level: share of posters whose interval holds their year.

    Raises:
        DataError: no trained model yet, or `data/` does not fit together.
        BackboneError: the network that the model was trained with can't be had any more.
    """

    def __init__(self) -> None:
        about = read_about(paths.MODEL)
        embeddings = read_embeddings(paths.EMBEDDINGS)
        if about.get("backbone") != vars(embeddings.info):
            raise DataError("data/model and data/embeddings are of different runs: run `dvc repro`")
        self.caveats = [str(caveat) for caveat in about["caveats"]]
        self._backbone = load_query_backbone()
        self._dater = Dater.open()
        self._neighbours = Neighbours(embeddings, read_catalogue(paths.CATALOGUE))
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
        dates = self._dater.date(vectors[:, self._backbone.info.features], prior)
        return [
            Answer(
                int(np.rint(dates.year[row])),
                int(dates.low[row]),
                int(dates.high[row]),
                int(dates.decade[row]),
                float(dates.decade_probability[row]),
                self._neighbours.nearest_to_vector(vector, k),
            )
            for row, vector in enumerate(vectors)
        ]


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
    backbone = load_query_backbone()
    return Neighbours.open(lambda poster: backbone.embed([poster])[0])


def load_query_backbone() -> Backbone:
    """The network that made `data/embeddings`, checked to be the same to the last weight.

    Raises:
        DataError: nothing was embedded yet.
        BackboneError: its weights can't be had, or are not the ones that were used.
    """
    made_by: BackboneInfo = read_embeddings(paths.EMBEDDINGS).info
    asked = load_params().embed
    if made_by.weights == "file" and asked.weights in ("imagenet", "random"):
        raise BackboneError(
            f"data/embeddings was made with {made_by.name} weights from a file that embed.weights "
            f"in params.yaml no longer names (it says {asked.weights}): name it again, or run "
            "`dvc repro`"
        )
    backbone = load_backbone(
        asked.model_copy(
            update={
                "backbone": made_by.name,
                "weights": asked.weights if made_by.weights == "file" else made_by.weights,
                "if_unreachable": "stop",
                "pooling": made_by.pooling,
                "mirrored": made_by.mirrored,
                "input_size": (made_by.width, made_by.height),
                "seed": made_by.seed,
            }
        ),
        weights_path=paths.from_root(asked.weights),
        taps=Taps(tuple(made_by.moments.split()), tuple(made_by.layout.split())),
    )
    if backbone.info != made_by:
        raise BackboneError(
            f"the weights of {made_by.name} are not the ones that data/embeddings was made with: "
            "run `dvc repro`, or restore embed.weights in params.yaml"
        )
    return backbone
