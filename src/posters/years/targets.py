"""What a member of the year head is trained to predict: a distribution over years, or one number.

Labels and outputs are compared along their last axis; the others, such as rows and members, remain.
"""

from typing import Any

import numpy as np

from posters.years.year_distribution import Years, smoothed


class DistributionTarget:
    """Labels and loss of a head that predicts a probability for every year.

    A label is a Gaussian around the true year, since a neighbouring year is nearly right (label
    distribution learning: Gao and others, 2017, "Deep Label Distribution Learning").

    Attributes:
        labels: shape (n, n_years).
        start: the outputs that training starts from: logits of the mean label.
    """

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years = years.astype(np.float32)
        self.labels = smoothed(true, years, width).astype(np.float32)
        prior = self.labels.mean(axis=0, dtype=np.float64)
        self.start = np.log(prior + 1e-6).astype(np.float32)

    def loss(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The cross-entropy."""
        return -keras.ops.sum(labels * keras.ops.log_softmax(outputs), axis=-1)

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The difference between the means of labels and outputs, in years."""
        difference = keras.ops.softmax(outputs) - labels
        return keras.ops.abs(keras.ops.matmul(difference, self._years))

    def logits(self, keras: Any, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs


class ScalarTarget:
    """Labels and loss of a head that predicts one number, as a regression does.

    Attributes:
        labels: standardised years, shape (n, 1): initial weights are made for this scale.
        start: the output that training starts from.
    """

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years, self._width = years, width
        self._mean = float(true.mean())
        self._deviation = max(float(true.std()), 1.0)
        self.labels = ((true - self._mean) / self._deviation).astype(np.float32)[:, None]
        self.start = np.zeros(1, np.float32)

    def loss(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The absolute error, standardised."""
        return keras.ops.abs(outputs - labels)[..., 0]

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The absolute error in years."""
        return self.loss(keras, labels, outputs) * self._deviation

    def logits(self, keras: Any, outputs: Any) -> Any:
        """A Gaussian around the predicted year; its width is calibrated by the temperature."""
        # In numbers near zero: squares of years would lose their digits in single precision.
        scale = self._deviation / self._width
        nodes = ((self._years - self._mean) / self._width).astype(np.float32)
        return -0.5 * keras.ops.square(outputs * scale - nodes)


Target = DistributionTarget | ScalarTarget
