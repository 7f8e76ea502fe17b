"""Posters that look alike: exact nearest neighbours by cosine similarity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from posters.embedding.embeddings import EmbeddedMovie

_PRODUCTS_AT_ONCE = 16 * 1024 * 1024
# Vectors of the same pixels from Keras and OpenVINO differ by at most this much, relative to their
# largest number; vectors of different posters differ by a hundred times more.
_SAME_POSTER_TOLERANCE = 3e-5
_SAME_POSTER_SIMILARITY = 0.99
# Rows to request beyond k, because the query poster may be among them. The catalogue holds it once:
# posters that look the same are refused when it is gathered.
_EXTRA = 4


@dataclass(frozen=True)
class Neighbour:
    """A movie whose poster is similar to the query poster.

    Attributes:
        file: the poster, relative to `data/`; None if there is no picture of it.
        similarity: cosine similarity of the standardised retrieval features, -1 to 1.
    """

    imdb_id: str
    title: str
    year: int
    file: str | None
    similarity: float


class Searchable(Protocol):
    """What neighbours are searched in: `Embeddings`, or a `ReducedCatalogue`."""

    @property
    def movies(self) -> Sequence[EmbeddedMovie]:
        """The movies, one a row of the others."""

    @property
    def matrix(self) -> NDArray[np.float32] | None:
        """Whole vectors, if there are any."""

    @property
    def retrieval_features(self) -> NDArray[np.float32]:
        """What queries are multiplied with, shape (n_movies, size)."""

    def retrieval_features_of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Queries of whole vectors of shape (n, embedding_size)."""


class Neighbours:
    """Search among the posters of a catalogue."""

    def __init__(self, catalogue: Searchable) -> None:
        self._catalogue = catalogue

    def nearest_to_vectors(self, vectors: NDArray[np.float32], k: int) -> list[list[Neighbour]]:
        """For each vector of (n, embedding_size) the `k` movies with the most similar posters.

        The most similar comes first. A poster in the catalogue is not among its own neighbours,
        unless the catalogue has no whole vectors to recognise it by. A catalogue of fewer than `k`
        posters gives fewer.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1. Received: {k}")
        # All rows have length 1, so that dot products are cosine similarities.
        queries = self._catalogue.retrieval_features_of(vectors)
        found, similarities = nearest_rows(self._catalogue.retrieval_features, queries, k + _EXTRA)
        neighbours = []
        for vector, rows, similarity in zip(vectors, found, similarities, strict=True):
            other = ~self._is_same_poster(vector, rows, similarity)
            # Rounding may take a cosine a little beyond 1.
            cosines = similarity[other][:k].clip(-1, 1).tolist()
            neighbours.append(
                [
                    Neighbour(*self._catalogue.movies[int(row)], cosine)
                    for row, cosine in zip(rows[other][:k], cosines, strict=True)
                ]
            )
        return neighbours

    def _is_same_poster(
        self, vector: NDArray[np.float32], rows: NDArray[np.intp], similarity: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        same = similarity > _SAME_POSTER_SIMILARITY
        if self._catalogue.matrix is None:
            return np.zeros_like(same)
        differences = np.abs(self._catalogue.matrix[rows[same]] - vector).max(axis=1, initial=0)
        same[same] = differences <= _SAME_POSTER_TOLERANCE * np.abs(vector).max(initial=0)
        return same


def nearest_rows(
    rows: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The `k` rows of (n, size) with the largest dot products for each query of (m, size).

    The rows may be memory-mapped.

    Returns:
        Row numbers and their products, both of shape (m, min(k, n)), the largest first; of equal
        products the earlier row first.
    """
    k = min(k, len(rows))
    found = np.zeros((len(queries), k), np.intp)
    products = np.zeros((len(queries), k), np.float32)
    if not k:
        return found, products
    queries_at_once = max(_PRODUCTS_AT_ONCE // len(rows), 1)
    for start in range(0, len(queries), queries_at_once):
        block = queries[start : start + queries_at_once]
        block_products = (rows @ block[0])[None] if len(block) == 1 else block @ rows.T
        for query, row_products in enumerate(block_products, start):
            kth_largest = np.partition(row_products, -k)[-k]
            candidates = np.flatnonzero(row_products >= kth_largest)
            order = np.argsort(-row_products[candidates], kind="stable")[:k]
            found[query] = candidates[order]
            products[query] = row_products[candidates[order]]
    return found, products
