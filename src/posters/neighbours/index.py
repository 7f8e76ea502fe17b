"""Posters that look alike: exact nearest neighbours by cosine similarity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posters.embedding.embeddings import Embeddings
from posters.neighbours.reduced_catalogue import ReducedCatalogue

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


def nearest_movies(
    catalogue: Embeddings | ReducedCatalogue, vectors: NDArray[np.float32], k: int
) -> list[list[Neighbour]]:
    """For each vector of (n, embedding_size) the `k` movies with the most similar posters.

    The most similar comes first. A poster in the catalogue is not among its own neighbours, unless
    the catalogue has no whole vectors to recognise it by. A catalogue of fewer than `k` posters
    gives fewer.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1. Received: {k}")
    # All rows have length 1, so that dot products are cosine similarities.
    queries = catalogue.retrieval_features_of(vectors)
    found, similarities = nearest_rows(catalogue.retrieval_features, queries, k + _EXTRA)
    neighbours = []
    for vector, rows, similarity in zip(vectors, found, similarities, strict=True):
        same = similarity > _SAME_POSTER_SIMILARITY
        if catalogue.matrix is None:
            same[:] = False
        else:
            differences = np.abs(catalogue.matrix[rows[same]] - vector).max(axis=1, initial=0)
            same[same] = differences <= _SAME_POSTER_TOLERANCE * np.abs(vector).max(initial=0)
        # Rounding may take a cosine a little beyond 1.
        cosines = similarity[~same][:k].clip(-1, 1).tolist()
        neighbours.append(
            [
                Neighbour(*catalogue.movies[int(row)], cosine)
                for row, cosine in zip(rows[~same][:k], cosines, strict=True)
            ]
        )
    return neighbours


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
