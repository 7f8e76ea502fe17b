"""Exact search by dot product over more rows than fit in memory.

Rows are gone through piece by piece, as matrix products; of each piece only what may still be among
the nearest is kept. Nothing is approximated, and ties have an order.
"""

import numpy as np
from numpy.typing import NDArray

_PIECE = 64 * 1024 * 1024  # bytes of rows, so that a piece and its products stay small


def nearest_rows(
    rows: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The `k` rows with the largest dot products for each query, the largest first.

    Of rows with equal products the earlier comes first.

    Args:
        rows: shape (n, size), in memory or memory-mapped.
        queries: shape (m, size).
        k: at least 1.

    Returns:
        Numbers of rows and their products, both of shape (m, min(k, n)).
    """
    k = min(k, len(rows))
    count = len(queries)
    best = np.zeros((count, 0), np.intp)
    products = np.zeros((count, 0), np.float32)
    at_once = max(_PIECE // max(4 * rows.shape[1], 4 * count), k, 1)
    for start in range(0, len(rows), at_once):
        piece = rows[start : start + at_once]
        found = (piece @ queries[0])[None] if count == 1 else queries @ piece.T
        best, products = _merge(best, products, found, start, k)
    return best, products


def _merge(
    best: NDArray[np.intp],
    products: NDArray[np.float32],
    found: NDArray[np.float32],
    start: int,
    k: int,
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The k best of those so far and of a piece that begins at row `start`."""
    merged_best = np.empty((len(found), min(k, best.shape[1] + found.shape[1])), np.intp)
    merged_products = np.empty(merged_best.shape, np.float32)
    for number, row in enumerate(found):
        if products.shape[1] == k:
            # Later rows come after earlier ones of the same product: only more is better.
            chosen = np.flatnonzero(row > products[number, -1])
        elif len(row) > k:
            chosen = np.flatnonzero(row >= np.partition(row, -k)[-k])
        else:
            chosen = np.arange(len(row))
        candidates = np.concatenate([best[number], start + chosen])
        values = np.concatenate([products[number], row[chosen]])
        order = np.argsort(-values, kind="stable")[: merged_best.shape[1]]
        merged_best[number], merged_products[number] = candidates[order], values[order]
    return merged_best, merged_products
