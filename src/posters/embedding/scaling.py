"""What a poster looks like, as a direction: the part of its vector by which neighbours are found.

Raw activations share a large common part and a few channels outweigh all others. So each number is
standardised over the catalogue, and the result brought to length 1: the cosine similarity of two
posters is then the dot product of two rows, 0 for posters that have nothing in common beyond
what all posters have.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_FARTHEST = 5.0
_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class RetrievalScale:
    """How vectors are standardised before they are compared.

    Attributes:
        mean, spread: of each number over the catalogue, shape (retrieval_size,), float32.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, vectors: NDArray[np.float32]) -> Self:
        """Mean and spread of vectors of shape (n, retrieval_size), summed up piece by piece."""
        count = max(len(vectors), 1)
        total = np.zeros(vectors.shape[1])
        squares = np.zeros(vectors.shape[1])
        for piece in _pieces(vectors):
            total += piece.sum(axis=0, dtype=np.float64)
        mean = total / count
        for piece in _pieces(vectors):
            squares += ((piece - mean) ** 2).sum(axis=0)
        spread = np.sqrt(squares / count)
        # What never varies says nothing, and would say too much when divided by nothing.
        spread[spread <= 1e-6 * max(float(np.median(spread)), 1e-6)] = np.inf
        return cls(mean.astype(np.float32), spread.astype(np.float32))

    def transform(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Directions of vectors of shape (n, retrieval_size): the same shape, rows of length 1.

        A row of zeros where a vector is exactly the mean of all: it is similar to nothing.
        """
        standard = ((vectors - self.mean) / self.spread).clip(-_FARTHEST, _FARTHEST)
        lengths = np.linalg.norm(standard, axis=1, keepdims=True)
        looks: NDArray[np.float32] = np.divide(
            standard, lengths, out=np.zeros_like(standard), where=lengths > 0
        )
        return looks


def _pieces(vectors: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [vectors[at : at + _ROWS_AT_ONCE] for at in range(0, len(vectors), _ROWS_AT_ONCE)]
