"""The year head: small Keras networks that give a poster's vector a probability for every year.

Several are trained alike but for their seed, and averaged. A plain head that answers one number is
there to compare with (`train.head: scalar`).

Importing this module is cheap; Keras is imported when a head is built or loaded.
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
from posters.years.mixing import mixed_batches
from posters.years.optimizer import make_adam_w
from posters.years.targets import Target, make_target
from posters.years.year_distribution import Probabilities, Years, as_distribution

_FARTHEST = 5.0
_ROWS_AT_ONCE = 1024
_WARM_UP = 0.1  # of all steps


@dataclass(frozen=True)
class Fitted:
    """A trained head.

    Attributes:
        model: a Keras model; vectors of shape (n, embedding_size) in; out (n, n_years), a
            probability for every year, or (n, 1), a year, for a scalar head.
        history: one list a curve, a value an epoch, the mean over all members: `loss`, `mae`
            (years, of the mean of the distribution), and `val_loss`, `val_mae` where there were
            validation rows.
    """

    model: Any
    history: dict[str, list[float]]

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the model answers, for vectors of shape (n, embedding_size)."""
        return _through(self.model, vectors)


def fit_head(
    vectors: NDArray[np.float32],
    true: Years,
    years: Years,
    params: TrainParams,
    validation: tuple[NDArray[np.float32], Years] | None = None,
    bar: bool = True,
) -> Fitted:
    """Train a year head; the same inputs on the same machine give the same bytes.

    Args:
        vectors: shape (n, embedding_size), of the training rows.
        true: their years, shape (n,).
        years: all years that can be answered, shape (n_years,).
        params: layers and fitting.
        validation: vectors and years of rows that are watched and nothing else.
        bar: whether a terminal is shown how far it is.

    Raises:
        DataError: the training diverged.
    """
    keras = import_keras()
    make_deterministic(keras, params.seed)
    features, standardised = _standardise(keras, vectors)
    standardise = keras.Model(features, standardised)
    inputs = _through(standardise, vectors)
    target = make_target(true, years, params)
    watched = None
    if validation is not None:
        watched = (
            _through(standardise, validation[0]),
            target.labels(validation[1]),
        )
    steps = math.ceil(len(inputs) / params.batch_size)
    schedule = _schedule(keras, params, steps=params.epochs * steps)
    members, histories = [], []
    with tqdm(
        total=params.members * params.epochs,
        desc="train",
        unit="epoch",
        disable=None if bar else True,
    ) as shown:
        advance = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: shown.update())
        for number in range(params.members):
            keras.utils.set_random_seed(params.seed + number)
            member = _build(keras, inputs.shape[1], target, params, f"member_{number + 1}")
            batches = mixed_batches(
                inputs,
                target.labels(true),
                mixup=params.mixup,
                batch_size=params.batch_size,
                epochs=params.epochs,
                seed=params.seed + number,
            )
            # What is trained shares the member's layers; the member itself is kept as it is.
            trained = keras.Model(member.inputs, member.outputs)
            trained.compile(
                optimizer=make_adam_w(keras, schedule, params.weight_decay),
                loss=target.loss,
                metrics=[keras.metrics.MeanMetricWrapper(partial(target.error, keras), name="mae")],
            )
            histories.append(
                trained.fit(
                    batches,
                    validation_data=watched,
                    validation_batch_size=1024,
                    epochs=params.epochs,
                    steps_per_epoch=steps,
                    shuffle=False,
                    verbose=0,
                    callbacks=[advance],
                ).history
            )
            members.append(member)
    curves = {
        name: [float(value) for value in np.mean([history[name] for history in histories], axis=0)]
        for name in histories[0]
    }
    if not np.isfinite(curves["loss"]).all():
        raise DataError(
            "the training diverged: an epoch has no finite loss; lower train.learning_rate "
            f"(now {params.learning_rate:g})"
        )
    # Members differ by chance; their mean differs less (Lakshminarayanan, Pritzel, Blundell, 2017).
    said = [member(standardised) for member in members]
    average = said[0] if len(said) == 1 else keras.layers.Average(name="average")(said)
    answer = target.answer(keras, average)
    return Fitted(keras.Model(features, answer, name="year_head"), curves)


def predict(model: Any, vectors: NDArray[np.float32], years: Years) -> Probabilities:
    """A probability for every year, as if posters came as they were trained on.

    A scalar head's answer is a distribution of which all probability lies on one year.

    Args:
        model: a trained head.
        vectors: shape (n, embedding_size).
        years: all that can be answered, shape (n_years,).

    Returns:
        Shape (n, n_years), float64.
    """
    return as_distribution(_through(model, vectors), years)


def _standardise(keras: Any, vectors: NDArray[np.float32]) -> tuple[Any, Any]:
    """The first part of the head: (n, embedding_size) in, the same shape out."""
    features = keras.Input((vectors.shape[1],), name="embedding")
    # Each dimension to mean 0 and spread 1: activations differ by orders of magnitude, and without
    # this the largest few would decide. Fitted on the training rows alone. A dimension that never
    # varied there keeps its scale: divided by nothing, it would drown all others later.
    spread = vectors.std(axis=0, dtype=np.float64)
    spread[spread <= 1e-6 * max(float(np.median(spread)), 1e-6)] = 1.0
    mean = vectors.mean(axis=0, dtype=np.float64)
    standardise = keras.layers.Normalization(
        mean=mean.astype(np.float32), variance=(spread**2).astype(np.float32), name="standardise"
    )
    # A poster unlike all training rows is far out, not out of this world.
    return features, keras.ops.clip(standardise(features), -_FARTHEST, _FARTHEST)


def _build(keras: Any, size: int, target: Target, params: TrainParams, name: str) -> Any:
    """One member, part by part: standardised vectors (n, size) in, labels out."""
    features = keras.Input((size,), name="standardised")
    # Some inputs are silenced at random, so that no single dimension is relied upon.
    hidden = keras.layers.Dropout(params.input_dropout, name="input_dropout")(features)
    for number, units in enumerate(params.hidden, start=1):
        # Combinations of dimensions that tell eras apart; the bend makes the year more than a
        # weighted sum of them, which is what ridge regression would be.
        hidden = keras.layers.Dense(units, activation="gelu", name=f"hidden_{number}")(hidden)
        # There are few posters for so many weights: silencing units at random keeps the head from
        # learning posters by heart (Srivastava and others, 2014).
        hidden = keras.layers.Dropout(params.dropout, name=f"dropout_{number}")(hidden)
    return keras.Model(features, target.last_layer(keras)(hidden), name=name)


def _schedule(keras: Any, params: TrainParams, steps: int) -> Any:
    """The step size: rises at first, then falls to nothing on a cosine.

    So the last epoch is the best one, and none must be chosen on validation rows (Loshchilov and
    Hutter, 2017, "SGDR").
    """
    warm_up = int(_WARM_UP * steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=params.learning_rate, warmup_steps=warm_up
    )


def _through(model: Any, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    pieces = [
        np.asarray(model(np.asarray(vectors[start : start + _ROWS_AT_ONCE])))
        for start in range(0, len(vectors), _ROWS_AT_ONCE)
    ]
    return np.concatenate(pieces)
