"""The fused optimizer takes the steps of Keras's own."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.years.optimizer import make_adam_w


def trained(optimizer: Any) -> list[NDArray[np.float32]]:
    """The weights after thirty steps, from the same start on the same rows."""
    keras = import_keras()
    keras.utils.set_random_seed(0)
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4, activation="gelu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(60, 5)).astype(np.float32)
    labels = (rows[:, :2] ** 2).astype(np.float32)
    model.compile(optimizer=optimizer, loss="mse")
    model.fit(rows, labels, batch_size=10, epochs=5, shuffle=False, verbose=0)
    weights: list[NDArray[np.float32]] = model.get_weights()
    return weights


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
@pytest.mark.parametrize("scheduled", [False, True])
def test_it_takes_the_steps_that_keras_takes(weight_decay: float, scheduled: bool) -> None:
    keras = import_keras()

    def rate() -> Any:
        return keras.optimizers.schedules.CosineDecay(0.03, 25) if scheduled else 0.03

    ours = trained(make_adam_w(keras, rate(), weight_decay))
    theirs = trained(keras.optimizers.AdamW(rate(), weight_decay=weight_decay))
    start = trained(keras.optimizers.SGD(0.0))
    for one, other, before in zip(ours, theirs, start, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert np.abs(one - before).max() > 0.05
