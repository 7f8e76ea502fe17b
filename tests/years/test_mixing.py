"""Batches of mixed posters: every one counts as often, and vector and label are mixed alike."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.years.mixing import mixed_batches

Batches = list[tuple[NDArray[np.float32], NDArray[np.float32]]]

COUNT = 50
BATCH = 16
EPOCHS = 4
STEPS = 4


def rows(count: int = COUNT) -> NDArray[np.float32]:
    """Row i is 1 in dimension i: a mixture says what it is a mixture of."""
    return np.eye(count, dtype=np.float32)


def batches(mixup: float = 0.4, seed: int = 0, labels: NDArray[np.float32] | None = None) -> Any:
    return mixed_batches(
        rows(),
        rows() if labels is None else labels,
        mixup=mixup,
        batch_size=BATCH,
        epochs=EPOCHS,
        seed=seed,
    )


def run_through(dataset: Any) -> list[Batches]:
    """All batches of all epochs."""
    every = list(dataset.as_numpy_iterator())
    assert len(every) == EPOCHS * STEPS
    return [every[epoch * STEPS : (epoch + 1) * STEPS] for epoch in range(EPOCHS)]


def inputs_of(epoch: Batches) -> NDArray[np.float32]:
    return np.concatenate([inputs for inputs, _ in epoch])


def main_rows(inputs: NDArray[np.float32]) -> list[int]:
    return [int(row) for row in inputs.argmax(axis=1)]


@pytest.mark.parametrize("mixup", [0, 0.1, 0.4, 5])
def test_every_row_is_the_main_one_once_an_epoch(mixup: float) -> None:
    for epoch in run_through(batches(mixup)):
        assert sorted(main_rows(inputs_of(epoch))) == list(range(COUNT))


def test_the_main_row_counts_half_at_least_and_shares_sum_to_one() -> None:
    inputs = np.concatenate([inputs_of(epoch) for epoch in run_through(batches())])
    np.testing.assert_allclose(inputs.sum(axis=1), 1, rtol=1e-6)
    assert inputs.min() >= 0
    shares = inputs.max(axis=1)
    assert shares.min() >= 0.5
    assert (shares < 0.9).sum() > len(shares) / 5  # mixing does take place
    assert ((inputs > 0).sum(axis=1) <= 2).all()


def test_more_mixup_mixes_more() -> None:
    mean_share = [
        np.mean([inputs_of(epoch).max(axis=1) for epoch in run_through(batches(mixup))])
        for mixup in (0.05, 0.4, 5)
    ]
    assert mean_share[0] > mean_share[1] + 0.05 > mean_share[2] + 0.1


def test_inputs_and_labels_are_mixed_alike_and_rows_keep_their_labels() -> None:
    labels = np.random.default_rng(1).normal(size=(COUNT, 3)).astype(np.float32)
    for epoch in run_through(batches(labels=labels)):
        for mixed_inputs, mixed_labels in epoch:
            np.testing.assert_allclose(mixed_labels, mixed_inputs @ labels, atol=1e-6)
            assert mixed_inputs.dtype == mixed_labels.dtype == np.float32


def test_without_mixup_rows_come_as_they_are() -> None:
    for epoch in run_through(batches(0)):
        for inputs, labels in epoch:
            assert set(np.unique(inputs)) == {0, 1}
            np.testing.assert_array_equal(inputs, labels)


def test_the_last_batch_is_smaller_and_mixed_too() -> None:
    epoch = run_through(batches())[0]
    assert [len(inputs) for inputs, _ in epoch] == [16, 16, 16, 2]
    first, second = main_rows(epoch[-1][0])
    assert (epoch[-1][0][:, [first, second]] > 0).all()


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    one, same, other = (
        np.stack([inputs_of(epoch) for epoch in run_through(batches(seed=seed))])
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_running_through_twice_gives_the_same_batches() -> None:
    """Keras looks at some batches before the first epoch, to see their shapes."""
    dataset = batches()
    next(iter(dataset))
    for one, other in zip(run_through(dataset), run_through(dataset), strict=True):
        np.testing.assert_array_equal(inputs_of(one), inputs_of(other))


def test_epochs_differ_in_order_and_in_shares() -> None:
    epochs = [inputs_of(epoch) for epoch in run_through(batches())]
    assert len({tuple(main_rows(inputs)) for inputs in epochs}) == EPOCHS
    assert len({inputs.max(axis=1).tobytes() for inputs in epochs}) == EPOCHS


def test_keras_trains_on_every_row_once_an_epoch_and_mixes_anew_in_each() -> None:
    keras = import_keras()
    seen: list[NDArray[np.float32]] = []

    class Watching(keras.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(data[0].numpy())
            return {"loss": 0.0}

    model = Watching()
    model.compile(loss="mse", run_eagerly=True)
    model.fit(batches(), epochs=EPOCHS, steps_per_epoch=STEPS, shuffle=False, verbose=0)
    epochs = [np.concatenate(seen[step : step + STEPS]) for step in range(0, len(seen), STEPS)]
    assert len(epochs) == EPOCHS
    for inputs in epochs:
        assert sorted(main_rows(inputs)) == list(range(COUNT))
    assert len({inputs.tobytes() for inputs in epochs}) == EPOCHS
