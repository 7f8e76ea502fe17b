"""Batches of mixed posters: between two vectors lies a vector whose year lies between theirs.

The method is mixup (Zhang, Cissé, Dauphin, Lopez-Paz, 2018), within a batch: it keeps a head from
learning few posters by heart.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mixed_batches(
    inputs: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    mixup: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> Any:
    """A `tf.data.Dataset` that gives every row once an epoch, mixed with another.

    It holds all epochs, one after the other: fit it with `steps_per_epoch`.

    Args:
        inputs: shape (n, size).
        labels: shape (n, label_size).
        mixup: both parameters of the beta distribution that shares are drawn from; 0 mixes nothing.
        batch_size: rows in a batch.
        epochs: for how many the order of rows is drawn.
        seed: of order and shares.
    """
    import tensorflow as tf

    generator = np.random.default_rng(seed)
    orders = np.stack([generator.permutation(len(inputs)) for _ in range(epochs)])
    shares = (
        generator.beta(mixup, mixup, (epochs, len(inputs), 1)).astype(np.float32)
        if mixup
        else np.ones((epochs, len(inputs), 1), np.float32)
    )
    # The first of the two rows counts more: so each row is the main one once.
    shares = np.maximum(shares, 1 - shares)
    # Tensors once, not once a batch.
    all_inputs, all_labels = tf.constant(inputs), tf.constant(labels)

    def batches_of_epoch(order: Any, share: Any) -> Any:
        return tf.data.Dataset.from_tensor_slices((order, share)).batch(batch_size)

    def mixed(rows: Any, share: Any) -> tuple[Any, Any]:
        def mix(of_all: Any) -> Any:
            batch = tf.gather(of_all, rows)
            return share * batch + (1 - share) * tf.reverse(batch, [0])

        return mix(all_inputs), mix(all_labels)

    # In TensorFlow's own threads, ahead of the steps; the order of batches stays.
    return (
        tf.data.Dataset.from_tensor_slices((orders, shares))
        .flat_map(batches_of_epoch)
        .map(mixed, num_parallel_calls=2, deterministic=True)
        .prefetch(2)
    )
