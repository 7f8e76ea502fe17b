"""The year head: small Keras networks that predict a probability for every year from a vector.

One network is trained for each fold, on the rows outside of it; together they are the head. A
network predicts the probabilities directly, or one number (`train.head: scalar`), for comparison.

Importing this module is cheap; Keras is imported when a head is built.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import TrainParams
from posters.years.calibration import Calibration
from posters.years.year_distribution import Years, smoothed

CLIP_SIGMA = 5.0
_PREDICT_BATCH = 1024
_WARM_UP = 0.1  # share of all steps


@dataclass(frozen=True)
class FittedHead:
    """A trained network of the year head.

    Attributes:
        model: a Keras model: vectors of shape (n, size) in, logits of the years out, (n, n_years).
        history: learning curves, one value for each epoch: `loss`, `val_loss`, and in years (of the
            mean of the distribution) `mae`, `val_mae`.
    """

    model: Any
    history: dict[str, list[float]]


class DistributionTarget:
    """Labels, last layer and loss of a head that predicts a probability for every year.

    A label is a Gaussian around the true year, since a neighbouring year is nearly right (label
    distribution learning: Gao and others, 2017, "Deep Label Distribution Learning").
    """

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years, self._width = years, width
        prior = np.log(self.labels(true).mean(axis=0, dtype=np.float64) + 1e-6)
        self._log_prior = prior.round(6).tolist()

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Shape (n, n_years)."""
        return smoothed(true, self._years, self._width).astype(np.float32)

    def last_layer(self, keras: Any) -> Any:
        """A new layer of logits that predicts the prior until it is trained."""
        return keras.layers.Dense(
            len(self._years),
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(self._log_prior),
            name="logit_of_each_year",
        )

    def loss(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The cross-entropy, shape (n,)."""
        return keras.losses.categorical_crossentropy(labels, outputs, from_logits=True)

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The difference between the means of labels and outputs, in years, shape (n,)."""
        years = self._years.astype(np.float32)[:, None]
        difference = keras.ops.softmax(outputs) - labels
        return keras.ops.abs(keras.ops.matmul(difference, years))[:, 0]

    def logits(self, keras: Any, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs


class ScalarTarget:
    """Labels, last layer and loss of a head that predicts one number, as a regression does."""

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years, self._width = years, width
        self._mean = float(true.mean())
        self._deviation = max(float(true.std()), 1.0)

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Standardised years, (n, 1): initial weights are made for this scale."""
        return ((true - self._mean) / self._deviation).astype(np.float32)[:, None]

    def last_layer(self, keras: Any) -> Any:
        """A new linear layer."""
        return keras.layers.Dense(1, name="standardised_year")

    def loss(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The absolute error, standardised, shape (n,)."""
        return keras.losses.mean_absolute_error(labels, outputs)

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The difference between labels and outputs, in years, shape (n,)."""
        return keras.ops.abs(outputs - labels)[:, 0] * self._deviation

    def logits(self, keras: Any, outputs: Any) -> Any:
        """A Gaussian around the predicted year; its width is calibrated by the temperature."""
        # In numbers near zero: squares of years would lose their digits in single precision.
        scale = self._deviation / self._width
        nodes = ((self._years - self._mean) / self._width).astype(np.float32)
        return -0.5 * keras.ops.square(outputs * scale - nodes)


Target = DistributionTarget | ScalarTarget


def fit_head(
    vectors: NDArray[np.float32],
    true: Years,
    years: Years,
    params: TrainParams,
    validation: tuple[NDArray[np.float32], Years],
    *,
    seed: int,
) -> FittedHead:
    """Train one network of the year head; the same inputs on one machine give the same bytes.

    Args:
        vectors: of the training rows, shape (n, size).
        true: years of the training rows, shape (n,).
        years: all predictable years, shape (n_years,).
        params: of the head and its training.
        validation: vectors and years to report the error of after each epoch.
        seed: of the initial weights, dropout and the order of the rows; also names the network.

    Raises:
        DataError: the training diverged.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    embedding, standardised = _standardise(keras, vectors)
    standardise = keras.Model(embedding, standardised)
    kind = ScalarTarget if params.head == "scalar" else DistributionTarget
    target: Target = kind(true, years, params.label_width)
    inputs, labels = predict_in_batches(standardise, vectors), target.labels(true)
    steps = math.ceil(len(inputs) / params.batch_size)
    network = _build(keras, inputs.shape[1], target, params)
    network.compile(
        optimizer=keras.optimizers.AdamW(
            _schedule(keras, params, params.epochs * steps), weight_decay=params.weight_decay
        ),
        loss=partial(target.loss, keras),
        metrics=[keras.metrics.MeanMetricWrapper(partial(target.error, keras), name="mae")],
    )
    history: dict[str, list[float]] = network.fit(
        _shuffled_batches(inputs, labels, params, seed),
        validation_data=(
            predict_in_batches(standardise, validation[0]),
            target.labels(validation[1]),
        ),
        validation_batch_size=_PREDICT_BATCH,
        epochs=params.epochs,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
    ).history
    if not np.isfinite(history["loss"]).all():
        raise DataError(
            "the training diverged: the loss is not finite; lower train.learning_rate "
            f"(now {params.learning_rate:g})"
        )
    # Built of the same layers, without what compiling would add to the saved configuration.
    logits = target.logits(keras, keras.Model(network.input, network.output)(standardised))
    return FittedHead(keras.Model(embedding, logits, name=f"head_{seed}"), history)


def join_heads(
    models: Sequence[Any], calibration: Calibration, learned: NDArray[np.float64]
) -> Any:
    """One Keras model: vectors of shape (n, size) in, probabilities out, shape (n, n_years).

    Args:
        models: two networks or more that predict logits. Logits are averaged, not probabilities:
            their mean is as certain as one network is, so that a calibration of single networks
            holds for it.
        calibration: how logits become probabilities.
        learned: the mix of years in the training rows, shape (n_years,).
    """
    keras = import_keras()
    embedding = keras.Input(models[0].input_shape[1:], name="embedding")
    mean = keras.layers.Average(name="average")([model(embedding) for model in models])
    scaled = keras.layers.Rescaling(1 / calibration.temperature, name="temperature")(mean)
    known = keras.layers.Softmax(name="softmax")(scaled)
    probabilities = keras.layers.Rescaling(
        1 - calibration.outliers,
        (calibration.outliers * learned).tolist(),
        name="probability_of_each_year",
    )(known)
    return keras.Model(embedding, probabilities, name="year_head")


def predict_in_batches(model: Any, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The outputs of a Keras model for vectors of shape (n, size)."""
    starts = range(0, len(vectors), _PREDICT_BATCH)
    batches = (np.asarray(vectors[start : start + _PREDICT_BATCH]) for start in starts)
    return np.concatenate([np.asarray(model(batch)) for batch in batches])


def _standardise(keras: Any, vectors: NDArray[np.float32]) -> tuple[Any, Any]:
    """The first layers: (n, size) in, the same shape out."""
    embedding = keras.Input((vectors.shape[1],), name="embedding")
    # Activations differ by orders of magnitude. A dimension that is constant in the training rows
    # keeps its scale: divided by a standard deviation of zero, it would dominate all others.
    deviation = vectors.std(axis=0, dtype=np.float64)
    deviation[deviation <= 1e-6 * max(float(np.median(deviation)), 1e-6)] = 1.0
    mean = vectors.mean(axis=0, dtype=np.float64)
    standardise = keras.layers.Normalization(
        mean=mean.astype(np.float32), variance=(deviation**2).astype(np.float32), name="standardise"
    )
    return embedding, keras.ops.clip(standardise(embedding), -CLIP_SIGMA, CLIP_SIGMA)


def _build(keras: Any, size: int, target: Target, params: TrainParams) -> Any:
    """A network: standardised vectors (n, size) in, what is compared with the labels out."""
    features = keras.Input((size,), name="standardised")
    # Dropout, as there are few posters for so many weights (Srivastava and others, 2014).
    hidden = keras.layers.Dropout(params.input_dropout, name="input_dropout")(features)
    for number, units in enumerate(params.hidden, start=1):
        hidden = keras.layers.Dense(units, activation="gelu", name=f"hidden_{number}")(hidden)
        hidden = keras.layers.Dropout(params.dropout, name=f"dropout_{number}")(hidden)
    return keras.Model(features, target.last_layer(keras)(hidden))


def _schedule(keras: Any, params: TrainParams, steps: int) -> Any:
    """Linear warm-up, then cosine decay to zero (Loshchilov and Hutter, 2017, "SGDR").

    So the last epoch is the best one, and none has to be selected on validation rows.
    """
    warm_up = int(_WARM_UP * steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=params.learning_rate, warmup_steps=warm_up
    )


def _shuffled_batches(
    inputs: NDArray[np.float32], labels: NDArray[np.float32], params: TrainParams, seed: int
) -> Any:
    """A `tf.data.Dataset` of the batches of all epochs, each epoch in a new random order."""
    import tensorflow as tf

    generator = np.random.default_rng(seed)
    orders = np.stack([generator.permutation(len(inputs)) for _ in range(params.epochs)])
    # Tensors are made once, not once for each batch.
    all_inputs, all_labels = tf.constant(inputs), tf.constant(labels)
    slices, size = tf.data.Dataset.from_tensor_slices, params.batch_size
    batches = slices(orders).flat_map(lambda order: slices(order).batch(size))
    samples = batches.map(lambda rows: (tf.gather(all_inputs, rows), tf.gather(all_labels, rows)))
    return samples.prefetch(2)
