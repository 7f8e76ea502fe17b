"""A trained head on disk: written whole, the same bytes each time, and read back checked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posters.embedding.keras_import import import_keras
from posters.embedding.openvino_model import write_openvino_model
from posters.errors import DataError
from posters.files import replacing, write_json, write_text
from posters.years.priors import Priors, read_priors, write_priors

HEAD_MODEL = "head.xml"


def save_head(
    folder: Path,
    model: Any,
    history: Mapping[str, Sequence[float]],
    priors: Priors,
    about: dict[str, Any],
) -> None:
    """Write a head, its curves, its priors and what it is about, all or nothing.

    Args:
        folder: becomes `architecture.json` and `head.weights.h5`, which Keras reads, `head.xml` and
            `head.bin`, the same as a graph (see `graphs`), `history.csv`, `priors.csv` and
            `about.json`. (The `.keras` format holds the date of saving, so its bytes differ each
            time.)
        model: the head (see `year_head.Fitted`).
        history: its curves, a value an epoch.
        priors: of the rows it was trained on.
        about: what whoever loads the head must know.
    """
    with replacing(folder) as beside:
        beside.mkdir()
        write_json(beside / "architecture.json", json.loads(model.to_json()))
        model.save_weights(str(beside / "head.weights.h5"))
        write_openvino_model(model, beside / HEAD_MODEL)
        lines = [",".join(["epoch", *history])]
        for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
            lines.append(",".join([str(epoch), *(f"{value:.6g}" for value in values)]))
        write_text(beside / "history.csv", "\n".join(lines) + "\n")
        write_priors(beside / "priors.csv", priors)
        write_json(beside / "about.json", about)


def load_head(folder: Path) -> tuple[Any, Priors]:
    """The Keras model and the priors that `save_head` wrote.

    Raises:
        DataError: there is none, or it is damaged.
    """
    read_about(folder)
    keras = import_keras()
    try:
        model = keras.models.model_from_json((folder / "architecture.json").read_text("utf-8"))
        model.load_weights(str(folder / "head.weights.h5"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"data/model is damaged ({reason}): run `dvc repro`") from error
    return model, read_priors(folder / "priors.csv")


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
