"""Exact nearest rows by dot product, over arrays in memory or memory-mapped."""

import numpy as np
from numpy.typing import NDArray

_PRODUCTS_AT_ONCE = 16 * 1024 * 1024


def nearest_rows(
    rows: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The `k` rows of (n, size) with the largest dot products for each query of (m, size).

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
