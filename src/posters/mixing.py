"""Batches of mixed posters: between two vectors lies a vector whose year lies between theirs.

The method is mixup (Zhang, Cissé, Dauphin, Lopez-Paz, 2018), within a batch: it keeps a head from
learning few posters by heart.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mixed_batches(
    keras: Any,
    inputs: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    mixup: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> Any:
    """A Keras dataset that gives every row once an epoch, mixed with another.

    Its length is that of all epochs: fit it with `steps_per_epoch`.

    Args:
        keras: the package.
        inputs: shape (n, size).
        labels: shape (n, label_size).
        mixup: both parameters of the beta distribution that shares are drawn from; 0 mixes nothing.
        batch_size: rows in a batch.
        epochs: for how many the order of rows is drawn.
        seed: of order and shares.
    """
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(len(inputs)) for _ in range(epochs)]
    shares = (
        generator.beta(mixup, mixup, (epochs, len(inputs), 1)).astype(np.float32)
        if mixup
        else np.ones((epochs, 1, 1), np.float32)
    )
    # The first of the two rows counts more: so each row is the main one once.
    shares = np.broadcast_to(np.maximum(shares, 1 - shares), (epochs, len(inputs), 1))

    steps = -(-len(inputs) // batch_size)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        """All epochs, one after the other: a batch depends on its number alone."""

        def __len__(self) -> int:
            return epochs * steps

        def __getitem__(self, number: int) -> tuple[Any, Any]:
            epoch, step = divmod(number, steps)
            taken = slice(step * batch_size, (step + 1) * batch_size)
            rows, share = orders[epoch][taken], shares[epoch][taken]
            others = rows[::-1]
            return (
                share * inputs[rows] + (1 - share) * inputs[others],
                share * labels[rows] + (1 - share) * labels[others],
            )

    return Batches()
