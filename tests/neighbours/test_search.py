"""Exact search gives what sorting all products gives, in pieces of any size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.neighbours import exact_search as search
from posters.neighbours.exact_search import nearest_rows


def sorted_products(
    rows: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> NDArray[np.intp]:
    products = (queries.astype(np.float64) @ rows.T.astype(np.float64)).astype(np.float32)
    return np.argsort(-products, axis=1, kind="stable")[:, :k]


@pytest.fixture(params=[1, 7, 64, 1000])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows of 8 numbers that are gone through at once."""
    monkeypatch.setattr(search, "_PIECE", request.param * 4 * 8)
    return int(request.param)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("k", [1, 3, 50, 299, 300, 1000])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_the_nearest_are_those_of_a_full_sort(k: int, count: int) -> None:
    generator = np.random.default_rng(0)
    # Small whole numbers: products are exact, and many are equal.
    rows = generator.integers(-3, 4, (300, 8)).astype(np.float32)
    queries = generator.integers(-3, 4, (count, 8)).astype(np.float32)
    found, products = nearest_rows(rows, queries, k)
    np.testing.assert_array_equal(found, sorted_products(rows, queries, k))
    for query, chosen, said in zip(queries, found, products, strict=True):
        np.testing.assert_array_equal(rows[chosen] @ query, said)


@pytest.mark.usefixtures("piece")
def test_equal_rows_come_in_their_order() -> None:
    rows = np.ones((100, 8), np.float32)
    for count in (1, 3):
        found, _ = nearest_rows(rows, np.ones((count, 8), np.float32), 10)
        np.testing.assert_array_equal(found, [list(range(10))] * count)


def test_no_rows_and_no_queries_are_no_answer() -> None:
    none, one = np.zeros((0, 8), np.float32), np.ones((1, 8), np.float32)
    assert nearest_rows(none, one, 3)[0].shape == (1, 0)
    assert nearest_rows(np.ones((5, 8), np.float32), none, 3)[0].shape == (0, 3)
