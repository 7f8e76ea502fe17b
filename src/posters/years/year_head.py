"""The year head: an ensemble of small Keras networks that predict the year from a vector.

The members differ in their seed alone, and their outputs are averaged. They predict a probability
for every year, or one number (`train.head: scalar`), for comparison.

Importing this module is cheap; Keras is imported when a head is built.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posters.embedding.keras_import import import_keras, make_deterministic
from posters.errors import DataError
from posters.params import TrainParams
from posters.years.year_distribution import Years, smoothed

CLIP_SIGMA = 5.0
_PREDICT_BATCH = 1024
_WARM_UP = 0.1  # share of all steps


@dataclass(frozen=True)
class FittedHead:
    """A trained head.

    Attributes:
        model: a Keras model; vectors of shape (n, size) in; out (n, n_years), a probability for
            every year, or (n, 1), a year, for a scalar head.
        history: learning curves, one value for each epoch, the mean over all members: `loss`, `mae`
            (in years, of the mean of the distribution), and `val_loss`, `val_mae` if there were
            validation rows.
    """

    model: Any
    history: dict[str, list[float]]

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The outputs for vectors of shape (n, size)."""
        return _outputs(self.model, vectors)


class DistributionTarget:
    """Labels, last layer and loss of a head that predicts a probability for every year.

    A label is a Gaussian around the true year, since a neighbouring year is nearly right (label
    distribution learning: Gao and others, 2017, "Deep Label Distribution Learning").
    """

    loss = "categorical_crossentropy"

    def __init__(self, true: Years, years: Years, width: float) -> None:
        self._years, self._width = years, width
        prior = np.log(self.labels(true).mean(axis=0, dtype=np.float64) + 1e-6)
        self._log_prior = prior.round(6).tolist()

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Shape (n, n_years)."""
        return smoothed(true, self._years, self._width).astype(np.float32)

    def last_layer(self, keras: Any) -> Any:
        """A new softmax layer that predicts the prior until it is trained."""
        return keras.layers.Dense(
            len(self._years),
            activation="softmax",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(self._log_prior),
            name="probability_of_each_year",
        )

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The difference between the means of labels and outputs, in years, shape (n,)."""
        years = self._years.astype(np.float32)[:, None]
        return keras.ops.abs(keras.ops.matmul(outputs - labels, years))[:, 0]

    def prediction(self, keras: Any, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs


class ScalarTarget:
    """Labels, last layer and loss of a head that predicts one number, as a regression does."""

    loss = "mean_absolute_error"

    def __init__(self, true: Years) -> None:
        self._mean = float(true.mean())
        self._deviation = max(float(true.std()), 1.0)

    def labels(self, true: Years) -> NDArray[np.float32]:
        """Standardised years, (n, 1): initial weights are made for this scale."""
        return ((true - self._mean) / self._deviation).astype(np.float32)[:, None]

    def last_layer(self, keras: Any) -> Any:
        """A new linear layer."""
        return keras.layers.Dense(1, name="standardised_year")

    def error(self, keras: Any, labels: Any, outputs: Any) -> Any:
        """The difference between labels and outputs, in years, shape (n,)."""
        return keras.ops.abs(outputs - labels)[:, 0] * self._deviation

    def prediction(self, keras: Any, outputs: Any) -> Any:
        """The outputs as years."""
        return keras.layers.Rescaling(self._deviation, offset=self._mean, name="year")(outputs)


Target = DistributionTarget | ScalarTarget


def fit_head(
    vectors: NDArray[np.float32],
    true: Years,
    years: Years,
    params: TrainParams,
    validation: tuple[NDArray[np.float32], Years] | None = None,
) -> FittedHead:
    """Train a year head; the same inputs on the same machine give the same bytes.

    Args:
        vectors: of the training rows, shape (n, size).
        true: years of the training rows, shape (n,).
        years: all predictable years, shape (n_years,).
        params: of the head and its training.
        validation: vectors and years to report the error of after each epoch.

    Raises:
        DataError: the training diverged.
    """
    keras = import_keras()
    make_deterministic(keras, params.seed)
    embedding, standardised = _standardise(keras, vectors)
    standardise = keras.Model(embedding, standardised)
    inputs = _outputs(standardise, vectors)
    target: Target = DistributionTarget(true, years, params.label_width)
    if params.head == "scalar":
        target = ScalarTarget(true)
    labels = target.labels(true)
    validation_data = validation and (
        _outputs(standardise, validation[0]),
        target.labels(validation[1]),
    )
    steps = math.ceil(len(inputs) / params.batch_size)
    schedule = _schedule(keras, params, params.epochs * steps)
    members, histories = [], []
    total = params.members * params.epochs
    with tqdm(total=total, desc="train", unit="epoch", disable=None) as progress:
        advance = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: progress.update())
        for number in range(params.members):
            seed = params.seed + number
            keras.utils.set_random_seed(seed)
            member = _build(keras, inputs.shape[1], target, params, f"member_{number + 1}")
            # Shares the layers of the member; compiling the member would add to its saved config.
            trained = keras.Model(member.inputs, member.outputs)
            trained.compile(
                optimizer=keras.optimizers.AdamW(schedule, weight_decay=params.weight_decay),
                loss=target.loss,
                metrics=[keras.metrics.MeanMetricWrapper(partial(target.error, keras), name="mae")],
            )
            fitted = trained.fit(
                _shuffled_batches(inputs, labels, params, seed),
                validation_data=validation_data,
                validation_batch_size=_PREDICT_BATCH,
                epochs=params.epochs,
                steps_per_epoch=steps,
                shuffle=False,
                verbose=0,
                callbacks=[advance],
            )
            members.append(member)
            histories.append(fitted.history)
    curves = {
        name: np.mean([history[name] for history in histories], axis=0).tolist()
        for name in histories[0]
    }
    if not np.isfinite(curves["loss"]).all():
        raise DataError(
            "the training diverged: the loss is not finite; lower train.learning_rate "
            f"(now {params.learning_rate:g})"
        )
    # The mean of an ensemble varies less than its members (Lakshminarayanan and others, 2017).
    outputs = [member(standardised) for member in members]
    average = outputs[0] if len(outputs) == 1 else keras.layers.Average(name="average")(outputs)
    prediction = target.prediction(keras, average)
    return FittedHead(keras.Model(embedding, prediction, name="year_head"), curves)


def _standardise(keras: Any, vectors: NDArray[np.float32]) -> tuple[Any, Any]:
    """The common first layers of all members: (n, size) in, the same shape out."""
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


def _build(keras: Any, size: int, target: Target, params: TrainParams, name: str) -> Any:
    """One member: standardised vectors (n, size) in, what is compared with the labels out."""
    features = keras.Input((size,), name="standardised")
    # Dropout, as there are few posters for so many weights (Srivastava and others, 2014).
    hidden = keras.layers.Dropout(params.input_dropout, name="input_dropout")(features)
    for number, units in enumerate(params.hidden, start=1):
        hidden = keras.layers.Dense(units, activation="gelu", name=f"hidden_{number}")(hidden)
        hidden = keras.layers.Dropout(params.dropout, name=f"dropout_{number}")(hidden)
    return keras.Model(features, target.last_layer(keras)(hidden), name=name)


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


def _outputs(model: Any, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    starts = range(0, len(vectors), _PREDICT_BATCH)
    batches = (np.asarray(vectors[start : start + _PREDICT_BATCH]) for start in starts)
    return np.concatenate([np.asarray(model(batch)) for batch in batches])
