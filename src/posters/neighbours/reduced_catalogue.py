"""The catalogue of the pretrained model: ids, titles and years, with reduced retrieval features.

Retrieval features are reduced to their first principal components (Pearson, 1901, "On lines and
planes of closest fit to systems of points in space"), and these are rounded to whole steps, a byte
each. One size of step serves all components: most numbers are then small and compress well.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.backbone import BackboneInfo
from posters.embedding.embeddings import (
    EmbeddedMovie,
    Embeddings,
    read_info,
    read_movies,
    write_movies,
)
from posters.embedding.scaling import RetrievalScale, blocks
from posters.files import unless_damaged, write_json

_FEATURES = "retrieval_features.npz"
_COLUMNS = ["imdb_id", "title", "year"]
_PARTS = 1024


@dataclass(frozen=True)
class ReducedCatalogue:
    """What `nearest_movies` searches in, without pictures and without whole vectors.

    Attributes:
        movies: one a row; `file` is None.
        info: of the network whose vectors can be compared with these.
        scale: standardises the retrieval features of other posters.
        components: the principal components, shape (retrieval_size, n_components), float16.
        steps: of each movie, shape (n_movies, n_components), int8.
        step: the size of a step.
    """

    movies: Sequence[EmbeddedMovie]
    info: BackboneInfo
    scale: RetrievalScale
    components: NDArray[np.float16]
    steps: NDArray[np.int8]
    step: float
    matrix = None

    @classmethod
    def of(cls, embeddings: Embeddings, components: int, step: float) -> Self:
        """Reduce the retrieval features of embeddings to so many components, in such steps.

        Components are at most 1, so that a step of at least 1/127 makes every number fit a byte.
        """
        features = embeddings.retrieval_features
        products = sum(block.T.astype(np.float64) @ block for block in blocks(features))
        _, directions = np.linalg.eigh(products)
        chosen = directions[:, : -components - 1 : -1]
        # Rounded to what matters beside the steps; so they take half the bytes.
        chosen = (np.rint(chosen * _PARTS) / _PARTS).astype(np.float16)
        reduced = np.concatenate([block @ chosen.astype(np.float32) for block in blocks(features)])
        steps = np.rint(reduced / step).astype(np.int8)
        movies = [movie._replace(file=None) for movie in embeddings.movies]
        return cls(movies, embeddings.info, embeddings.scale, chosen, steps, step)

    @cached_property
    def retrieval_features(self) -> NDArray[np.float32]:
        """The components of each movie, shape (n_movies, n_components)."""
        return self.steps * np.float32(self.step)

    def retrieval_features_of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The components of vectors of shape (n, embedding_size)."""
        features = self.scale.transform(vectors[:, self.info.retrieval_features])
        return features @ self.components.astype(np.float32)

    def write(self, folder: Path) -> None:
        """Write it to a new folder; the same catalogue gives the same bytes."""
        folder.mkdir()
        write_movies(folder / "movies.csv", self.movies, _COLUMNS)
        np.savez_compressed(
            folder / _FEATURES,
            mean=self.scale.mean,
            spread=self.scale.spread,
            components=self.components,
            # By component: like numbers beside each other compress better.
            steps=np.ascontiguousarray(self.steps.T),
            step=np.float64(self.step),
        )
        write_json(folder / "backbone.json", asdict(self.info))

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether a folder holds a reduced catalogue, and not whole vectors."""
        return folder.is_relative_to(paths.PRETRAINED) or (folder / _FEATURES).exists()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            DataError: a file is missing or damaged, or they don't belong together.
        """
        with unless_damaged(folder / _FEATURES), np.load(folder / _FEATURES) as arrays:
            scale = RetrievalScale(arrays["mean"], arrays["spread"])
            components, steps = arrays["components"], arrays["steps"].T
            step = float(arrays["step"])
        with unless_damaged(folder / "backbone.json"):
            info = read_info(folder)
        with unless_damaged(folder / "movies.csv"):
            movies = read_movies(folder / "movies.csv", _COLUMNS)
            fitting = (info.colour_from - info.retrieval_from, components.shape[1], len(movies))
            if (*components.shape, len(steps)) != fitting or steps.shape[1:] != fitting[1:2]:
                raise ValueError(f"{len(movies)} movies don't fit to features of {steps.shape}")
        return cls(movies, info, scale, components, steps, step)
