"""The year head: a small Keras network that turns a poster's vector into a year.

Importing this module is cheap; Keras is imported when a head is built or loaded.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.errors import DataError
from posters.files import replacing, write_json, write_text
from posters.keras_import import import_keras, make_deterministic
from posters.params import TrainParams

_FARTHEST = 10.0


@dataclass(frozen=True)
class Fitted:
    """A trained head.

    Attributes:
        model: vectors of shape (n, embedding_size) in, years of shape (n, 1) out.
        history: one list a curve: `loss`, `val_loss` (standardised) and `mae`, `val_mae` (years).
        best_epoch: the one whose weights were kept, counted from 1.
    """

    model: Any
    history: dict[str, list[float]]
    best_epoch: int


def fit_head(
    vectors: NDArray[np.float32],
    years: NDArray[np.int64],
    validation_vectors: NDArray[np.float32],
    validation_years: NDArray[np.int64],
    params: TrainParams,
) -> Fitted:
    """Train a year head; the same inputs on the same machine give the same bytes.

    Args:
        vectors: shape (n, embedding_size), of the training rows.
        years: shape (n,).
        validation_vectors: likewise; they decide when to stop, nothing else.
        validation_years: theirs.
        params: layers and fitting.

    Raises:
        DataError: the training diverged.
    """
    keras = import_keras()
    make_deterministic(keras, params.seed)
    centre, spread = float(years.mean()), max(float(years.std()), 1.0)
    features, target = _build(keras, vectors, params)
    # Trained on the standardised year: the targets have mean 0 and spread 1, which is the scale
    # that initial weights and step sizes are made for.
    network = keras.Model(features, target, name="standardised_year")
    network.compile(
        # AdamW keeps weight decay apart from the step's adaptation (Loshchilov and Hutter, 2019).
        optimizer=keras.optimizers.AdamW(params.learning_rate, weight_decay=params.weight_decay),
        loss=params.loss,
        metrics=[keras.metrics.MeanAbsoluteError(name="mae")],
    )
    history = network.fit(
        vectors,
        _standardise(years, centre, spread),
        validation_data=(validation_vectors, _standardise(validation_years, centre, spread)),
        batch_size=params.batch_size,
        epochs=params.epochs,
        verbose=0,
        callbacks=[
            # Stops when the validation loss has not fallen for `patience` epochs, and takes the
            # weights of the best epoch back: also when all epochs were used up.
            keras.callbacks.EarlyStopping(
                patience=params.patience, restore_best_weights=True, monitor="val_loss"
            ),
            _progress_bar(keras, params.epochs),
        ],
    ).history
    if not np.isfinite(history["val_loss"]).any():
        raise DataError(
            "the training diverged: no epoch has a finite validation loss; lower "
            f"train.learning_rate (now {params.learning_rate:g})"
        )
    curves = {name: [float(value) for value in values] for name, values in history.items()}
    for name in ("mae", "val_mae"):
        curves[name] = [value * spread for value in curves[name]]
    # The kept model answers in years: what undoes the standardising is part of it.
    year = keras.layers.Rescaling(spread, offset=centre, name="year")(target)
    return Fitted(
        model=keras.Model(features, year, name="year_head"),
        history=curves,
        best_epoch=int(np.nanargmin(curves["val_loss"])) + 1,
    )


def _build(keras: Any, vectors: NDArray[np.float32], params: TrainParams) -> tuple[Any, Any]:
    """The head, part by part: (n, embedding_size) in, the standardised year (n, 1) out."""
    features = keras.Input((vectors.shape[1],), name="embedding")
    # Each dimension to mean 0 and spread 1: pooled activations differ by orders of magnitude, and
    # without this the largest few would decide. Fitted on the training rows alone. A dimension that
    # never varied there keeps its scale: divided by nothing, it would drown all others later.
    spread = vectors.std(axis=0, dtype=np.float64)
    spread[spread <= 1e-6 * max(float(np.median(spread)), 1e-6)] = 1.0
    mean = vectors.mean(axis=0, dtype=np.float64)
    standardise = keras.layers.Normalization(
        mean=mean.astype(np.float32), variance=(spread**2).astype(np.float32), name="standardise"
    )
    # A poster unlike all training rows is far out, not out of this world.
    hidden = keras.ops.clip(standardise(features), -_FARTHEST, _FARTHEST)
    # Some inputs are silenced at random, so that no single dimension is relied upon.
    hidden = keras.layers.Dropout(params.dropout / 2, name="input_dropout")(hidden)
    for number, units in enumerate(params.hidden, start=1):
        # Combinations of dimensions that tell eras apart; the bend makes the year more than a
        # weighted sum of them, which is what ridge regression would be.
        hidden = keras.layers.Dense(units, activation="gelu", name=f"hidden_{number}")(hidden)
        # There are few posters for so many weights: silencing units at random keeps the head from
        # learning posters by heart (Srivastava and others, 2014).
        hidden = keras.layers.Dropout(params.dropout, name=f"dropout_{number}")(hidden)
    # One number without a bend: a regression.
    return features, keras.layers.Dense(1, name="standardised_year")(hidden)


def predict_years(model: Any, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The year of each vector: shape (n, embedding_size) in, (n,) out."""
    answers = model.predict(np.asarray(vectors), batch_size=1024, verbose=0)  # (n, 1)
    return np.asarray(answers, dtype=np.float64)[:, 0]


def save_head(folder: Path, fitted: Fitted, about: dict[str, Any]) -> None:
    """Write the head, its curves and what it is about, all or nothing.

    Args:
        folder: becomes `architecture.json`, `head.weights.h5`, `history.csv` and `about.json`.
            (The `.keras` format holds the date of saving, so its bytes differ each time.)
        fitted: the head.
        about: what whoever loads the head must know.
    """
    with replacing(folder) as beside:
        beside.mkdir()
        architecture = json.loads(fitted.model.to_json())
        write_json(beside / "architecture.json", architecture)
        fitted.model.save_weights(str(beside / "head.weights.h5"))
        names = list(fitted.history)
        lines = [",".join(["epoch", *names])]
        for epoch, values in enumerate(zip(*fitted.history.values(), strict=True), start=1):
            lines.append(",".join([str(epoch), *(f"{value:.6g}" for value in values)]))
        write_text(beside / "history.csv", "\n".join(lines) + "\n")
        write_json(beside / "about.json", {**about, "best_epoch": fitted.best_epoch})


def load_head(folder: Path) -> Any:
    """The Keras model that `save_head` wrote.

    Raises:
        DataError: there is none, or it is damaged.
    """
    read_about(folder)
    keras = import_keras()
    try:
        model = keras.models.model_from_json((folder / "architecture.json").read_text("utf-8"))
        model.load_weights(str(folder / "head.weights.h5"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"data/model is damaged ({reason}): run `dvc repro`") from error
    return model


def read_about(folder: Path) -> dict[str, Any]:
    """What the head is about, without loading Keras.

    Raises:
        DataError: no model was trained yet, or its description is damaged.
    """
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError("there is no trained model yet: run `make repro` first") from error
    except ValueError as error:
        raise DataError(f"data/model is damaged ({error}): run `dvc repro`") from error
    if not isinstance(about, dict):
        raise DataError("data/model is damaged (about.json): run `dvc repro`")
    return about


def _standardise(years: NDArray[np.int64], centre: float, spread: float) -> NDArray[np.float32]:
    return ((years - centre) / spread).astype(np.float32)


def _progress_bar(keras: Any, epochs: int) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=epochs, desc="train", unit="epoch", disable=None)

    def advance(_epoch: int, logs: dict[str, float]) -> None:
        bar.set_postfix(val_loss=f"{logs['val_loss']:.3f}")
        bar.update()

    return keras.callbacks.LambdaCallback(
        on_epoch_end=advance, on_train_end=lambda _logs: bar.close()
    )
