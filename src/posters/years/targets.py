"""What a year head is taught: a probability for every year, or one number.

Both turn years into labels, make the last layer that learns them, and say how far off it is.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from posters.params import TrainParams
from posters.years.year_distribution import Years, smoothed


class Target(Protocol):
    """What a head is taught.

    Attributes:
        loss: by Keras's name.
    """

    loss: str

    def labels(self, true: Years) -> NDArray[np.float32]:
        """What the head shall answer for posters of these years: one row each."""

    def last_layer(self, keras: Any) -> Any:
        """A new layer whose outputs are compared with the labels."""

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """How far outputs are from labels, in years; a tensor with a number a row."""

    def answer(self, keras: Any, outputs: Any) -> Any:
        """What the head says: outputs as they are asked for."""


class Distribution:
    """A probability for every year: a poster is evidence, not a number.

    Args:
        true: years of the training rows.
        years: all that can be answered.
        width: of the bell around each year that is its label, in years: a neighbouring year is
            nearly right, so it is not taught to be wrong (label distribution learning: Gao and
            others, 2017, "Deep Label Distribution Learning").
    """

    loss = "categorical_crossentropy"

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years = years
        self._width = width
        prior = np.log(self.labels(true).mean(axis=0, dtype=np.float64) + 1e-6)
        self._prior = prior.round(6).tolist()

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Bells around the years, (n, n_years)."""
        return smoothed(true, self._years, self._width).astype(np.float32)

    def last_layer(self, keras: Any) -> Any:
        """Probabilities, which begin as the prior, whatever the poster, and depart from there."""
        return keras.layers.Dense(
            len(self._years),
            activation="softmax",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(self._prior),
            name="probability_of_each_year",
        )

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """Between the means of the two distributions."""
        years = self._years.astype(np.float32)[:, None]
        return keras.ops.abs(keras.ops.matmul(outputs - labels, years))[:, 0]

    def answer(self, keras: Any, outputs: Any) -> Any:
        """The probabilities, as they are."""
        return outputs


class Scalar:
    """One number, the seedling of comparison: it learns the median year of posters like it.

    Args:
        true: years of the training rows.
    """

    loss = "mean_absolute_error"

    def __init__(self, true: Years) -> None:
        self._centre = float(true.mean())
        self._spread = max(float(true.std()), 1.0)

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Years with mean 0 and spread 1, (n, 1): the scale that initial weights are made for."""
        return ((true - self._centre) / self._spread).astype(np.float32)[:, None]

    def last_layer(self, keras: Any) -> Any:
        """One number without a bend: a regression."""
        return keras.layers.Dense(1, name="standardised_year")

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """In years."""
        return keras.ops.abs(outputs - labels)[:, 0] * self._spread

    def answer(self, keras: Any, outputs: Any) -> Any:
        """The year: what undoes the standardising is part of the kept model."""
        return keras.layers.Rescaling(self._spread, offset=self._centre, name="year")(outputs)


def make_target(true: Years, years: Years, params: TrainParams) -> Target:
    """What `train.head` asks for, for training rows of these years."""
    if params.head == "scalar":
        return Scalar(true)
    return Distribution(true, years, params.label_width)
