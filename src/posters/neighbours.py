"""Which posters look like it: exact nearest neighbours by cosine similarity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters import paths
from posters.catalogue import read_catalogue
from posters.embedding import Embeddings, read_embeddings
from posters.images import PosterLike

Embed = Callable[[PosterLike], NDArray[np.float32]]
"""Turns one poster into its vector of shape (embedding_size,)."""

_ROWS_AT_ONCE = 65_536
# Two vectors this close, relative to their largest number, are of the same pixels: a repeated
# forward pass differs by rounding alone, different posters by a thousand times more.
_SAME = 1e-5
_CLOSE = 0.99


@dataclass(frozen=True)
class Neighbour:
    """A movie whose poster looks like the one asked about.

    Attributes:
        file: the poster, relative to the folder of the catalogue.
        similarity: cosine similarity of the two vectors, -1 to 1.
    """

    imdb_id: str
    title: str
    year: int
    file: str
    similarity: float


class Neighbours:
    """The catalogue's posters, ready to be searched.

    Args:
        embeddings: vectors and ids.
        catalogue: columns `imdb_id`, `title`, `year`, `file`.
        embed: turns a poster that is asked about into a vector, by the network that made
            `embeddings`; without it only vectors can be asked about.

    Raises:
        DataError: a movie of the catalogue has no vector.
    """

    def __init__(
        self, embeddings: Embeddings, catalogue: pd.DataFrame, embed: Embed | None = None
    ) -> None:
        self._embeddings = embeddings
        movies = catalogue.set_index("imdb_id")
        embeddings.rows(list(movies.index))
        self._movies = movies.loc[embeddings.ids, ["title", "year", "file"]]
        self._embed = embed

    @classmethod
    def open(cls, embed: Embed | None = None) -> Self:
        """Open what the last `dvc repro` left in `data/`.

        Raises:
            DataError: it is missing, or does not fit together.
        """
        return cls(read_embeddings(paths.EMBEDDINGS), read_catalogue(paths.CATALOGUE), embed)

    def nearest(self, img: PosterLike, k: int = 3) -> list[Neighbour]:
        """The `k` movies whose posters are most like `img`, the most similar first.

        A poster that is itself in the catalogue is left out of its own neighbours.

        Args:
            img: a path, a file's bytes, a PIL image or an array.
            k: at least 1; fewer movies come back when the catalogue has fewer.

        Raises:
            PosterRefused: the poster can't be read.
        """
        if self._embed is None:
            raise ValueError("nearest needs `embed`; without it use nearest_to_vector")
        return self.nearest_to_vector(self._embed(img), k)

    def nearest_to_vector(self, vector: NDArray[np.float32], k: int = 3) -> list[Neighbour]:
        """As `nearest`, for a vector of shape (embedding_size,)."""
        if k < 1:
            raise ValueError(f"k must be at least 1. Received: {k}")
        size = self._embeddings.info.embedding_size
        if vector.shape != (size,):
            raise ValueError(f"vector must have shape ({size},). Received: {vector.shape}")
        look = self._embeddings.look_of(vector[None])[0]
        # Both are of length 1: their product is the cosine of the angle between them.
        similarities = np.concatenate(
            [rows @ look for rows in _pieces(self._embeddings.looks)]
        ).clip(-1, 1)  # (n_movies,)
        similarities[self._same_poster(vector, similarities)] = -np.inf
        k = min(k, int(np.isfinite(similarities).sum()))
        if k == 0:
            return []
        # All that reach the k-th similarity, then sorted: so that ties have an order.
        threshold = np.partition(similarities, -k)[-k]
        rows = np.flatnonzero(similarities >= threshold)
        rows = rows[np.argsort(-similarities[rows], kind="stable")][:k]
        return [self._neighbour(int(row), float(similarities[row])) for row in rows]

    def _same_poster(
        self, vector: NDArray[np.float32], similarities: NDArray[np.float32]
    ) -> NDArray[np.intp]:
        close: NDArray[np.intp] = np.flatnonzero(similarities > _CLOSE)
        differences = np.abs(self._embeddings.matrix[close] - vector).max(axis=1, initial=0)
        same: NDArray[np.intp] = close[differences <= _SAME * np.abs(vector).max(initial=0)]
        return same

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        movie = self._movies.iloc[row]
        return Neighbour(
            str(movie.name), str(movie["title"]), int(movie["year"]), str(movie["file"]), similarity
        )


def _pieces(matrix: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The rows in pieces that fit in memory, whatever the length of a memory-mapped matrix."""
    return [matrix[start : start + _ROWS_AT_ONCE] for start in range(0, len(matrix), _ROWS_AT_ONCE)]
