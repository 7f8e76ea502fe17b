"""Standardised retrieval features."""

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.scaling import RetrievalScale


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    """Rows of 12 numbers, each number of another size and spread; more than one block of them."""
    generator = np.random.default_rng(0)
    spread = 10.0 ** generator.uniform(-2, 2, 12)
    return generator.normal(5 * spread, spread, (8200, 12)).astype(np.float32)


def test_rows_are_standardised_and_of_length_1(features: NDArray[np.float32]) -> None:
    scale = RetrievalScale.fit(features)
    scaled = scale.transform(features)
    exact = features.astype(np.float64)
    expected = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert (scaled.dtype, scaled.shape) == (np.float32, features.shape)
    np.testing.assert_allclose(scaled, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, rtol=1e-6)
    for row in range(0, 8200, 900):
        np.testing.assert_array_equal(scale.transform(features[row : row + 1])[0], scaled[row])


def test_outliers_are_clipped_to_five_deviations() -> None:
    scale = RetrievalScale(np.zeros(3, np.float32), np.array([1, 10, 100], np.float32))
    scaled = scale.transform(np.array([[1, 50, 0], [1, 10**6, 0], [-1, -(10**6), 0]], np.float32))
    expected = np.array([[1, 5, 0], [1, 5, 0], [-1, -5, 0]]) / np.sqrt(26)
    np.testing.assert_allclose(scaled, expected, rtol=1e-6)


@pytest.mark.parametrize("constant", [0, -1234.5])
def test_constant_feature_contributes_nothing(
    features: NDArray[np.float32], constant: float
) -> None:
    wider = np.insert(features, 4, np.float32(constant), axis=1)
    scale = RetrievalScale.fit(wider)
    scaled = scale.transform(wider)
    np.testing.assert_array_equal(scaled[:, 4], 0)
    expected = RetrievalScale.fit(features).transform(features)
    np.testing.assert_allclose(np.delete(scaled, 4, axis=1), expected, atol=1e-6)
    # Nor if a poster outside the catalogue has another value.
    other = wider[:1].copy()
    other[0, 4] = 10**6
    np.testing.assert_array_equal(scale.transform(other), scaled[:1])


def test_row_that_equals_the_mean_becomes_zeros(features: NDArray[np.float32]) -> None:
    scale = RetrievalScale.fit(features)
    np.testing.assert_array_equal(scale.transform(scale.mean[None]), np.zeros((1, 12)))
    for count in (0, 1, 5):
        same = np.full((count, 3), 0.1, np.float32)
        np.testing.assert_array_equal(RetrievalScale.fit(same).transform(same), 0)
