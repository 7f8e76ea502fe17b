"""The factorised kernel gives nearly the same outputs for features like those it was made for."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd

from posters.pretrained.small_head import factorise


def test_factors_fit_the_features_that_posters_have() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(2000, 64)) * np.linspace(3, 0.1, 64)
    kernel = generator.normal(size=(64, 40)).astype(np.float32)

    def lost(product: NDArray[np.float64]) -> float:
        return float(((features @ (product - kernel)) ** 2).mean())

    second_moments = features.T @ features / len(features)
    losses = {}
    for rank in (10, 40):
        narrow, wide = factorise(kernel, second_moments, rank)
        assert (narrow.shape, wide.shape) == ((64, rank), (rank, 40))
        losses[rank] = lost(narrow @ wide)
    assert losses[40] < 1e-6
    left, values, right = svd(kernel, full_matrices=False)
    assert losses[10] < 0.8 * lost(left[:, :10] * values[:10] @ right[:10])
