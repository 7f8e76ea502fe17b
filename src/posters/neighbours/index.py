"""Which posters look like it: exact nearest neighbours by cosine similarity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.images.pictures import PosterLike
from posters.neighbours.exact_search import nearest_rows

Embed = Callable[[PosterLike], NDArray[np.float32]]
"""Turns one poster into its vector of shape (embedding_size,)."""

# Two vectors this close, relative to their largest number, are of the same pixels: another forward
# pass, by Keras or by a graph, differs by rounding alone, other posters by a hundred times more.
_SAME = 3e-5
_CLOSE = 0.99
_TO_SPARE = 4  # the poster itself may be among those found


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
        embeddings: vectors and movies.
        embed: turns a poster that is asked about into a vector, by the network that made
            `embeddings`; without it only vectors can be asked about.
    """

    def __init__(self, embeddings: Embeddings, embed: Embed | None = None) -> None:
        self._embeddings = embeddings
        self._embed = embed

    @classmethod
    def open(cls, embed: Embed | None = None) -> Self:
        """Open what the last `dvc repro` left in `data/`.

        Raises:
            DataError: it is missing, or does not fit together.
        """
        return cls(read_embeddings(paths.EMBEDDINGS), embed)

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
        return self.nearest_to_vectors(vector[None], k)[0]

    def nearest_to_vectors(self, vectors: NDArray[np.float32], k: int = 3) -> list[list[Neighbour]]:
        """As `nearest`, for vectors of shape (n, embedding_size), all in one pass."""
        if k < 1:
            raise ValueError(f"k must be at least 1. Received: {k}")
        size = self._embeddings.info.embedding_size
        if vectors.ndim != 2 or vectors.shape[1] != size:
            raise ValueError(f"vectors must have shape (n, {size}). Received: {vectors.shape}")
        # Both are of length 1: their product is the cosine of the angle between them.
        looks = self._embeddings.retrieval_features_of(vectors)
        found: list[list[Neighbour] | None] = [None] * len(vectors)
        more = _TO_SPARE
        while waiting := [number for number, answer in enumerate(found) if answer is None]:
            rows, similarities = nearest_rows(
                self._embeddings.retrieval_features, looks[waiting], k + more
            )
            for number, chosen, likeness in zip(waiting, rows, similarities, strict=True):
                others = ~self._is_same(vectors[number], chosen, likeness)
                if others.sum() >= k or len(chosen) == len(self._embeddings.retrieval_features):
                    found[number] = [
                        self._neighbour(int(row), float(similarity))
                        for row, similarity in zip(
                            chosen[others][:k], likeness[others][:k], strict=True
                        )
                    ]
            more *= 10
        return [answer or [] for answer in found]

    def _is_same(
        self, vector: NDArray[np.float32], rows: NDArray[np.intp], likeness: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Which rows are of the poster that is asked about itself."""
        same = likeness > _CLOSE
        differences = np.abs(self._embeddings.matrix[rows[same]] - vector).max(axis=1, initial=0)
        same[same] = differences <= _SAME * np.abs(vector).max(initial=0)
        return same

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        movie = self._embeddings.movies[row]
        # Rounding makes lengths a little more than 1.
        similarity = min(max(similarity, -1.0), 1.0)
        return Neighbour(movie.imdb_id, movie.title, movie.year, movie.file, similarity)
