"""The files of a trained year head; the same head gives the same bytes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posters.embedding.openvino_model import write_openvino_model
from posters.errors import DataError
from posters.files import replacing, write_json, write_text
from posters.years.priors import Priors, write_priors

HEAD_MODEL = "head.xml"


def save_head(
    folder: Path,
    model: Any,
    history: Mapping[str, Sequence[float]],
    priors: Priors,
    about: dict[str, Any],
) -> None:
    """Write a year head to a folder, which is replaced as a whole.

    The files are `architecture.json` and `head.weights.h5` (for Keras: `model_from_json`, then
    `load_weights`), `head.xml` and `head.bin` (the same network for OpenVINO), `history.csv`,
    `priors.csv` and `about.json`. (The `.keras` format contains the time of saving.)

    Args:
        folder: where to write.
        model: the Keras model, see `FittedHead`.
        history: its learning curves, one value for each epoch.
        priors: of its training rows.
        about: how it was made, and its intervals.
    """
    with replacing(folder) as new:
        new.mkdir()
        write_json(new / "architecture.json", json.loads(model.to_json()))
        model.save_weights(str(new / "head.weights.h5"))
        write_openvino_model(model, new / HEAD_MODEL)
        lines = [",".join(["epoch", *history])]
        for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
            lines.append(",".join([str(epoch), *(f"{value:.6g}" for value in values)]))
        write_text(new / "history.csv", "\n".join(lines) + "\n")
        write_priors(new / "priors.csv", priors)
        write_json(new / "about.json", about)


def read_about(folder: Path) -> dict[str, Any]:
    """Read `about.json` of a trained head.

    Raises:
        DataError: there is no trained model, or the file is damaged.
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
