"""Nearest posters by cosine similarity; a poster is never its own neighbour."""

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import embeddings_of, info_of, movies_of
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from posters.embedding.backbone import BackboneInfo
from posters.embedding.embeddings import Embeddings
from posters.neighbours import index as index_module
from posters.neighbours.index import Neighbour, nearest_movies, nearest_rows


def catalogue_of(matrix: NDArray[np.float32], info: BackboneInfo | None = None) -> Embeddings:
    return embeddings_of(matrix, [f"tt{row:07d}" for row in range(len(matrix))], info)


def rows_of(found: list[Neighbour]) -> list[int]:
    return [int(movie.imdb_id.removeprefix("tt")) for movie in found]


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    """Like a network's vectors: each number of another size and spread, none around 0."""
    spread = 10.0 ** np.random.default_rng(5).uniform(-2, 2, 24)
    noise = np.random.default_rng(0).normal(size=(500, 24))
    return ((noise + 4) * spread).astype(np.float32)


@pytest.mark.parametrize("k", [1, 17])
def test_nearest_are_those_of_scikit_learn(matrix: NDArray[np.float32], k: int) -> None:
    """Year features before and colours after the retrieval features have no influence."""
    generator = np.random.default_rng(1)
    info = info_of(31, 3, 27)
    whole = generator.normal(0, 1000, (500, 31)).astype(np.float32)
    whole[:, info.retrieval_features] = matrix
    queries = generator.normal(0, 1000, (20, 31)).astype(np.float32)
    queries[:, info.retrieval_features] = generator.permuted(matrix, axis=0)[:20]
    scaler = StandardScaler().fit(matrix)
    reference = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
    reference.fit(scaler.transform(matrix))
    distances, rows = reference.kneighbors(scaler.transform(queries[:, info.retrieval_features]))
    catalogue = catalogue_of(whole, info)
    found = nearest_movies(catalogue, queries, k)
    movies = movies_of(f"tt{row:07d}" for row in range(500))
    assert [rows_of(neighbours) for neighbours in found] == rows.tolist()
    similarities = [[movie.similarity for movie in neighbours] for neighbours in found]
    np.testing.assert_allclose(similarities, 1 - distances, atol=1e-5)
    for neighbour, row in zip(found[0], rows[0], strict=True):
        assert (neighbour.title, neighbour.year, neighbour.file) == movies[row][1:]
    for vector, neighbours in zip(queries, found, strict=True):
        assert rows_of(nearest_movies(catalogue, vector[None], k)[0]) == rows_of(neighbours)
    assert nearest_movies(catalogue, queries[:0], k) == []


def test_rounding_errors_are_of_one_poster_but_nearly_equal_vectors_of_two() -> None:
    """Vectors of random networks are all nearly parallel."""
    generator = np.random.default_rng(2)
    matrix = (1 + 0.001 * generator.normal(size=(50, 64))).astype(np.float32)
    matrix[8] = matrix[7] + (0.00002 * generator.normal(size=64)).astype(np.float32)
    rounded = np.nextafter(matrix[7], np.where(generator.random(64) < 0.5, 0, 2).astype(np.float32))
    assert not np.array_equal(rounded, matrix[7])
    for found in nearest_movies(catalogue_of(matrix), np.stack([matrix[7], rounded]), 50):
        assert len(found) == 49
        assert rows_of(found)[0] == 8
        assert found[0].similarity > 0.99


def test_fewer_than_one_neighbour_is_refused(matrix: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        nearest_movies(catalogue_of(matrix), matrix[:1], 0)


@pytest.mark.parametrize("products_at_once", [1, 700, 1_000_000])
@pytest.mark.parametrize("k", [1, 50, 300, 1000])
@pytest.mark.parametrize("count", [1, 9])
def test_nearest_rows_are_those_of_a_full_stable_sort(
    k: int, count: int, products_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_PRODUCTS_AT_ONCE", products_at_once)
    generator = np.random.default_rng(0)
    # Small whole numbers: products are exact, and many are equal.
    rows = generator.integers(-3, 4, (300, 8)).astype(np.float32)
    queries = generator.integers(-3, 4, (count, 8)).astype(np.float32)
    found, products = nearest_rows(rows, queries, k)
    all_products = queries @ rows.T
    expected = np.argsort(-all_products, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(products, np.take_along_axis(all_products, expected, axis=1))
    assert nearest_rows(rows[:0], queries, k)[0].shape == (count, 0)
