"""The year head: one small Keras network for each fold, trained side by side as one model.

Each network, a *member*, learns from the rows outside its fold. A member predicts a probability for
every year directly, or one number (`train.head: scalar`), for comparison.

Importing this module is cheap; Keras is imported when a head is built.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from posters.embedding.keras_import import import_keras, reset_keras
from posters.embedding.scaling import blocks
from posters.errors import DataError
from posters.params import TrainParams
from posters.years.calibration import Calibration
from posters.years.targets import DistributionTarget, ScalarTarget, Target
from posters.years.year_distribution import Years

CLIP_SIGMA = 5.0
_PREDICT_BATCH = 1024
_WARM_UP = 0.1  # share of all steps
_VALIDATED = 5  # every fifth row, for the curve only: all would take a third as long as training


@dataclass(frozen=True)
class FittedHead:
    """The trained members of the year head.

    Attributes:
        members: a Keras model: vectors of shape (n, size) in, logits out, (n, n_members, n_years).
        history: a row for each epoch: `loss`, `val_loss`, and in years (of the mean of the
            distribution) `mae`, `val_mae`. Those with `val_` are of a fifth of the rows of each
            member's own fold.
        left_out: logits of each row by the member that has not seen it, shape (n, n_years).
    """

    members: Any
    history: pd.DataFrame
    left_out: NDArray[np.float64]

    def average(self, calibration: Calibration, learned: NDArray[np.float64]) -> Any:
        """One Keras model: vectors of shape (n, size) in, probabilities out, shape (n, n_years).

        Logits are averaged, not probabilities: their mean is as certain as one member is, so that
        a calibration of single members holds for it. `learned` is the mix of years in the training
        rows, shape (n_years,).
        """
        keras = import_keras()
        mean = keras.ops.mean(self.members.output, axis=1) / calibration.temperature
        known = (1 - calibration.outliers) * keras.ops.softmax(mean)
        unknown = (calibration.outliers * learned).astype(np.float32)
        return keras.Model(self.members.input, known + unknown, name="year_head")


def fit_head(
    vectors: NDArray[np.float32],
    true: Years,
    folds: NDArray[np.int64],
    years: Years,
    params: TrainParams,
) -> FittedHead:
    """Train the members of the year head; the same inputs on one machine give the same bytes.

    The training rows have `vectors` of shape (n, size), and their `true` years and `folds` of shape
    (n,); `years` are all predictable years, shape (n_years,).

    Raises:
        DataError: the training diverged.
    """
    keras = import_keras()
    reset_keras(keras, params.seed)
    kind = ScalarTarget if params.head == "scalar" else DistributionTarget
    target: Target = kind(true, years, params.label_width)
    of_fold, member = np.unique(folds, return_inverse=True)
    left_out = np.eye(len(of_fold), dtype=np.float32)[member]  # (n, n_members)
    features = _features(keras, vectors)
    inputs = predict_in_batches(features, vectors)
    network = _network(keras, inputs.shape[1], target, params, len(of_fold))
    steps = params.epochs * math.ceil(len(inputs) / params.batch_size)
    network.compile(
        optimizer=keras.optimizers.AdamW(
            _schedule(keras, params, steps), weight_decay=params.weight_decay
        ),
        loss=partial(target.loss, keras),
        weighted_metrics=[
            keras.metrics.MeanMetricWrapper(partial(target.error, keras), name="mae")
        ],
    )
    labels = target.labels[:, None]  # (n, 1, ...): the same ones for all members
    shown = slice(None, None, _VALIDATED)
    with tqdm(total=params.epochs, desc="train", unit="epoch", disable=None) as progress:
        history = network.fit(
            inputs,
            labels,
            # Weights of a mean of 1, so that the loss is the mean over the weighted rows.
            sample_weight=(1 - left_out) / (1 - left_out).mean(),
            validation_data=(
                inputs[shown],
                labels[shown],
                left_out[shown] / left_out[shown].mean(),
            ),
            validation_batch_size=_PREDICT_BATCH,
            batch_size=params.batch_size,
            epochs=params.epochs,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: progress.update())],
            verbose=0,
        ).history
    if not np.isfinite(history["loss"]).all():
        raise DataError(
            "the training diverged: the loss is not finite; lower train.learning_rate "
            f"(now {params.learning_rate:g})"
        )
    # Built of the same layers, without what compiling would add to the saved configuration.
    logits = keras.Model(network.input, target.logits(keras, network.output), name="members")
    members = keras.Model(features.input, logits(features.output))
    of_left_out = predict_in_batches(logits, inputs)[np.arange(len(inputs)), member]
    curves = pd.DataFrame(history, index=pd.RangeIndex(1, params.epochs + 1, name="epoch"))
    return FittedHead(members, curves, of_left_out.astype(np.float64))


def predict_in_batches(model: Any, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The outputs of a Keras model for vectors of shape (n, size)."""
    batches = blocks(vectors, _PREDICT_BATCH)
    return np.concatenate([np.asarray(model(np.asarray(batch))) for batch in batches])


def _features(keras: Any, vectors: NDArray[np.float32]) -> Any:
    """What is not trained, fitted to the vectors: (n, size) in, the same shape out."""
    embedding = keras.Input(vectors.shape[1:], name="embedding")
    # Activations differ by orders of magnitude. A dimension that is constant in the training rows
    # keeps its scale: divided by a standard deviation of zero, it would dominate all others.
    deviation = vectors.std(axis=0, dtype=np.float64)
    deviation[deviation <= 1e-6 * max(float(np.median(deviation)), 1e-6)] = 1.0
    mean = vectors.mean(axis=0, dtype=np.float64)
    standardise = keras.layers.Normalization(
        mean=mean.astype(np.float32), variance=(deviation**2).astype(np.float32), name="standardise"
    )
    clipped = keras.ops.clip(standardise(embedding), -CLIP_SIGMA, CLIP_SIGMA)
    return keras.Model(embedding, clipped)


def _network(keras: Any, size: int, target: Target, params: TrainParams, members: int) -> Any:
    """Features (n, size) in, what is compared with the labels out, (n, members, ...)."""
    features = keras.Input((size,), name="features")
    # Dropout, as there are few posters for so many weights (Srivastava and others, 2014).
    hidden = keras.layers.Dropout(params.input_dropout, name="input_dropout")(features)
    for number, units in enumerate(params.hidden, start=1):
        # Glorot and Bengio, 2010; Keras's own initialiser would count the units of all members.
        limit = math.sqrt(6 / (hidden.shape[-1] + units))
        kernel = keras.initializers.RandomUniform(-limit, limit)
        hidden = _layer(keras, hidden, (members, units), kernel, f"hidden_{number}")
        hidden = keras.layers.Activation("gelu", name=f"gelu_{number}")(hidden)
        hidden = keras.layers.Dropout(params.dropout, name=f"dropout_{number}")(hidden)
    kernel = keras.initializers.RandomNormal(stddev=0.01)
    outputs = _layer(keras, hidden, (members, len(target.start)), kernel, "outputs")
    return keras.Model(features, outputs + target.start)


def _layer(keras: Any, inputs: Any, shape: tuple[int, int], kernel: Any, name: str) -> Any:
    """A dense layer of each member: (n, size) or (n, members, size) in, (n, members, units) out."""
    if inputs.ndim == 3:
        layer = keras.layers.EinsumDense(
            "bmi,mio->bmo", shape, bias_axes="mo", kernel_initializer=kernel, name=name
        )
        return layer(inputs)
    # One matrix product for all members, as they share their inputs.
    flat = keras.layers.Dense(math.prod(shape), kernel_initializer=kernel, name=name)(inputs)
    return keras.layers.Reshape(shape, name=f"{name}_of_each_member")(flat)


def _schedule(keras: Any, params: TrainParams, steps: int) -> Any:
    """Linear warm-up, then cosine decay to zero (Loshchilov and Hutter, 2017, "SGDR").

    So the last epoch is the best one, and none has to be selected on validation rows.
    """
    warm_up = int(_WARM_UP * steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=params.learning_rate, warmup_steps=warm_up
    )
