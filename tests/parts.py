"""What was never on disk: parts of a split, predictions for them, networks and parameters."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.embedding.backbone import BackboneInfo
from posters.embedding.embeddings import EmbeddedMovie, Embeddings
from posters.embedding.scaling import RetrievalScale
from posters.params import EmbedParams, load_params
from posters.years.dataset import Part
from posters.years.priors import Priors
from posters.years.training import fit_priors
from posters.years.year_distribution import Probabilities, Years, likeliest_decade, median
from posters.years.year_model import YearPredictions


def embed_params(**changes: object) -> EmbedParams:
    """The parameters of a small network with random weights."""
    small = {"backbone": "MobileNetV2", "weights": "random", "input_size": (64, 96)}
    return load_params().embed.model_copy(update=small | changes)


def info_of(size: int, retrieval_from: int, colour_from: int) -> BackboneInfo:
    """A network whose retrieval features are the columns `retrieval_from` to `colour_from`."""
    return BackboneInfo(
        name="Fake",
        weights="file",
        weights_digest="0" * 64,
        pooling="layers",
        year_layers="early",
        retrieval_layers="late",
        precision="float32",
        width=64,
        height=96,
        seed=0,
        embedding_size=size,
        retrieval_from=retrieval_from,
        colour_from=colour_from,
    )


def movies_of(ids: Iterable[str]) -> list[EmbeddedMovie]:
    """A movie for each id, each of another year."""
    return [
        EmbeddedMovie(imdb_id, f"Title {imdb_id}", 1900 + number, f"posters/{imdb_id}.jpg")
        for number, imdb_id in enumerate(ids)
    ]


def embeddings_of(
    matrix: NDArray[np.float32], ids: Sequence[str], info: BackboneInfo | None = None
) -> Embeddings:
    """Embeddings of these vectors; without `info`, all columns are retrieval features."""
    info = info or info_of(matrix.shape[1], 0, matrix.shape[1])
    features = matrix[:, info.retrieval_features]
    scale = RetrievalScale.fit(features)
    return Embeddings(matrix, movies_of(ids), info, scale.transform(features), scale)


def year_predictions(
    probabilities: Probabilities, years: Years, **others: NDArray[Any]
) -> YearPredictions:
    """Predictions with these probabilities; unless given, certain ones with intervals of a year."""
    year = median(probabilities, years)
    decade, decade_probability = likeliest_decade(probabilities, years)
    values = {
        **{"year": year, "low": np.rint(year).astype(np.int64), "other_decade": decade},
        **{"decade": decade, "decade_probability": decade_probability},
        "uncertainty": np.zeros(len(year)),
        **others,
    }
    return YearPredictions(probabilities, years, **{"high": values["low"]} | values)


def random_years(seed: int, rows: int = 400) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(1888, 2017, rows)


def vectors_of(years: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
    """Noisy vectors that depend on the year, shape (n, 8)."""
    generator = np.random.default_rng(seed)
    angle = (years - 1888) / 129 * 3
    signal = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    noise = generator.normal(0, 0.1, (len(years), 6))
    return np.hstack([signal, noise]).astype(np.float32) + 1


def priors_of(part: Part) -> Priors:
    """The priors of a head that is trained on a part."""
    return fit_priors(part, np.arange(1888, 2017), load_params().train)


def concatenate(one: Part, other: Part) -> Part:
    """The rows of both parts."""
    return Part(
        pd.concat([one.movies, other.movies]),
        np.concatenate([one.vectors, other.vectors]),
        np.concatenate([one.colours, other.colours]),
        np.concatenate([one.years, other.years]),
    )


def part_of(
    years: Any,
    *,
    initial: Any = True,
    vectors: NDArray[np.float32] | None = None,
    groups: Sequence[str] | None = None,
    seed: int = 0,
) -> Part:
    """A part with posters of these years.

    By default, vectors and colours depend on the year, all rows belong to the initial catalogue,
    each row is a group of its own, and there are five folds.
    """
    years = np.asarray(years, dtype=np.int64)
    initial = np.broadcast_to(np.asarray(initial, dtype=bool), years.shape)
    groups = list(groups) if groups else [f"title {number}" for number in range(len(years))]
    movies = pd.DataFrame(
        {
            "imdb_id": [f"tt{number:07d}" for number in range(len(years))],
            "origin": np.where(initial, "initial", "topup"),
            "group": groups,
            "fold": pd.factorize(np.array(groups))[0] % 5,
        }
    )
    if vectors is None:
        vectors = vectors_of(years, seed)
    return Part(movies, vectors, vectors_of(years, seed + 1000)[:, :4], years)
