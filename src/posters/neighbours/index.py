"""Posters that look alike: exact nearest neighbours by cosine similarity."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posters.embedding.embeddings import Embeddings
from posters.images.pictures import PosterLike
from posters.neighbours.exact_search import nearest_rows

Embed = Callable[[PosterLike], NDArray[np.float32]]
"""Turns one poster into its vector of shape (embedding_size,)."""

# Vectors of the same pixels from Keras and OpenVINO differ by at most this much, relative to their
# largest number; vectors of different posters differ by a hundred times more.
_SAME_POSTER_TOLERANCE = 3e-5
_SAME_POSTER_SIMILARITY = 0.99
_EXTRA = 4  # rows to request beyond k, because the query poster itself may be among them


@dataclass(frozen=True)
class Neighbour:
    """A movie whose poster is similar to the query poster.

    Attributes:
        file: the poster, relative to `data/`.
        similarity: cosine similarity of the standardised retrieval features, -1 to 1.
    """

    imdb_id: str
    title: str
    year: int
    file: str
    similarity: float


class Neighbours:
    """Search among the posters of the catalogue.

    Only `nearest` needs `embed`, the network that made the embeddings.
    """

    def __init__(self, embeddings: Embeddings, embed: Embed | None = None) -> None:
        self._embeddings = embeddings
        self._embed = embed

    def nearest(self, img: PosterLike, k: int = 3) -> list[Neighbour]:
        """The `k` movies with the posters most similar to `img`, the most similar first.

        If the poster is in the catalogue, it is not among its own neighbours. A catalogue of fewer
        than `k` posters gives fewer. Raises `PosterRefused` if the poster can't be read.
        """
        if self._embed is None:
            raise ValueError("nearest needs `embed`; without it use nearest_to_vector")
        return self.nearest_to_vector(self._embed(img), k)

    def nearest_to_vector(self, vector: NDArray[np.float32], k: int = 3) -> list[Neighbour]:
        """As `nearest`, for a vector of shape (embedding_size,)."""
        return self.nearest_to_vectors(vector[None], k)[0]

    def nearest_to_vectors(self, vectors: NDArray[np.float32], k: int = 3) -> list[list[Neighbour]]:
        """As `nearest`, for vectors of shape (n, embedding_size)."""
        if k < 1:
            raise ValueError(f"k must be at least 1. Received: {k}")
        size = self._embeddings.info.embedding_size
        if vectors.ndim != 2 or vectors.shape[1] != size:
            raise ValueError(f"vectors must have shape (n, {size}). Received: {vectors.shape}")
        # All rows have length 1, so that dot products are cosine similarities.
        queries = self._embeddings.retrieval_features_of(vectors)
        catalogue = self._embeddings.retrieval_features
        count = k + _EXTRA
        while True:
            found, similarities = nearest_rows(catalogue, queries, count)
            other = [
                ~self._is_same_poster(vector, rows, similarity)
                for vector, rows, similarity in zip(vectors, found, similarities, strict=True)
            ]
            if count >= len(catalogue) or all(mask.sum() >= k for mask in other):
                break
            count *= 10  # the query poster has many copies in the catalogue
        return [
            [
                self._neighbour(int(row), float(cosine))
                for row, cosine in zip(rows[mask][:k], similarity[mask][:k], strict=True)
            ]
            for rows, similarity, mask in zip(found, similarities, other, strict=True)
        ]

    def _is_same_poster(
        self, vector: NDArray[np.float32], rows: NDArray[np.intp], similarity: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Which rows are vectors of the query poster itself."""
        same = similarity > _SAME_POSTER_SIMILARITY
        differences = np.abs(self._embeddings.matrix[rows[same]] - vector).max(axis=1, initial=0)
        same[same] = differences <= _SAME_POSTER_TOLERANCE * np.abs(vector).max(initial=0)
        return same

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        movie = self._embeddings.movies[row]
        # Rounding may take a cosine a little beyond 1.
        similarity = min(max(similarity, -1.0), 1.0)
        return Neighbour(movie.imdb_id, movie.title, movie.year, movie.file, similarity)
