"""Exact search finds what sorting all products finds."""

import numpy as np
import pytest

from posters.neighbours import exact_search
from posters.neighbours.exact_search import nearest_rows


@pytest.mark.parametrize("products_at_once", [1, 700, 1_000_000])
@pytest.mark.parametrize("k", [1, 3, 50, 299, 300, 1000])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_nearest_are_those_of_a_full_stable_sort(
    k: int, count: int, products_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact_search, "_PRODUCTS_AT_ONCE", products_at_once)
    generator = np.random.default_rng(0)
    # Small whole numbers: products are exact, and many are equal.
    rows = generator.integers(-3, 4, (300, 8)).astype(np.float32)
    queries = generator.integers(-3, 4, (count, 8)).astype(np.float32)
    found, products = nearest_rows(rows, queries, k)
    all_products = queries @ rows.T
    expected = np.argsort(-all_products, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(products, np.take_along_axis(all_products, expected, axis=1))


def test_no_rows_or_no_queries_give_empty_arrays() -> None:
    none, one = np.zeros((0, 8), np.float32), np.ones((1, 8), np.float32)
    assert nearest_rows(none, one, 3)[0].shape == (1, 0)
    assert nearest_rows(np.ones((5, 8), np.float32), none, 3)[0].shape == (0, 3)
