"""Standardised retrieval features: the vectors that neighbours are searched by.

Raw activations share a large common part, and a few channels outweigh all others. So each feature
is standardised over the catalogue, clipped, and each row brought to length 1. The dot product of
two rows is then their cosine similarity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_CLIP_SIGMA = 5.0
_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class RetrievalScale:
    """Mean and standard deviation of each feature, both of shape (retrieval_size,), float32."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, features: NDArray[np.float32]) -> Self:
        """Compute the statistics of features of shape (n, retrieval_size), block by block."""
        count = max(len(features), 1)
        total = np.zeros(features.shape[1])
        squares = np.zeros(features.shape[1])
        for block in blocks(features):
            total += block.sum(axis=0, dtype=np.float64)
        mean = total / count
        for block in blocks(features):
            squares += ((block - mean) ** 2).sum(axis=0)
        spread = np.sqrt(squares / count)
        # A constant feature carries no information; it becomes 0 instead of being amplified.
        spread[spread <= 1e-6 * max(float(np.median(spread)), 1e-6)] = np.inf
        return cls(mean.astype(np.float32), spread.astype(np.float32))

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardise features of shape (n, retrieval_size) and bring rows to length 1.

        A row that equals the mean becomes zeros: its similarity to every other row is 0.
        """
        standard = ((features - self.mean) / self.spread).clip(-_CLIP_SIGMA, _CLIP_SIGMA)
        lengths = np.linalg.norm(standard, axis=1, keepdims=True)
        scaled: NDArray[np.float32] = np.divide(
            standard, lengths, out=np.zeros_like(standard), where=lengths > 0
        )
        return scaled


def blocks(
    features: NDArray[np.float32], rows: int = _ROWS_AT_ONCE
) -> Iterator[NDArray[np.float32]]:
    """The rows of (n, size), so many at a time."""
    for start in range(0, len(features), rows):
        yield features[start : start + rows]
