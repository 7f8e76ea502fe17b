"""The model that MLflow keeps of a run and serves: posters in, years and look-alikes out.

MLflow loads it by `_load_pyfunc`, from a copy of this package that lies beside it: neither the
repository nor TensorFlow is needed.
"""

import base64
import io
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Object, Property
from PIL import Image

from posters.errors import PosterRefused
from posters.images.pictures import to_rgb
from posters.prediction import Predictor
from posters.years.priors import PRIORS

IMAGE, PATH = "image", "path"
DEFAULTS = {"k": 3, "prior": "natural"}
CONFIG = {"allow_paths": False}
"""Whoever loads the model may say otherwise; who asks a server can't."""

_ROWS_AT_ONCE = 8


def signature() -> ModelSignature:
    """What goes in, what can be set, and what comes out (see `Predictor.as_json`)."""
    neighbour = Object(
        [
            Property("imdb_id", DataType.string),
            Property("title", DataType.string),
            Property("year", DataType.long),
            Property("similarity", DataType.double),
        ]
    )
    return ModelSignature(
        inputs=Schema(
            [
                ColSpec(DataType.binary, IMAGE, required=False),
                ColSpec(DataType.string, PATH, required=False),
            ]
        ),
        outputs=Schema(
            [
                ColSpec(DataType.long, "year"),
                ColSpec(Array(DataType.long), "interval"),
                ColSpec(DataType.double, "level"),
                ColSpec(DataType.long, "decade"),
                ColSpec(DataType.double, "decade_probability"),
                ColSpec(DataType.string, "prior"),
                ColSpec(Array(neighbour), "neighbours"),
                ColSpec(Array(DataType.string), "caveats"),
            ]
        ),
        params=ParamSchema(
            [
                ParamSpec("k", DataType.long, DEFAULTS["k"]),
                ParamSpec("prior", DataType.string, DEFAULTS["prior"]),
            ]
        ),
    )


def input_example() -> pd.DataFrame:
    """One poster as it is sent: a small picture with nothing on it but light and dark."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((60, 90)).save(file, "PNG")
    return pd.DataFrame({IMAGE: [file.getvalue()]})


class ServedModel:
    """Answers as `predict.py` does.

    Args:
        data: see `Predictor`.
        allow_paths: whether posters may be named by their path. A server that reads whatever file
            it is told to would tell strangers which files it has.
    """

    def __init__(self, data: Path, allow_paths: bool = False) -> None:
        self._predictor = Predictor(data)
        self._allow_paths = allow_paths

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """One answer a row.

        Args:
            model_input: one poster a row, in the column `image` (a file's bytes) or `path`.
            params: `k`, how many similar movies, and `prior` (see `Predictor.answer`).

        Raises:
            MlflowException: with the status of a bad request: a poster can't be read, or a row or
                a setting is not as expected. No row is answered then.
        """
        settings = {**DEFAULTS, **(params or {})}
        k, prior = settings["k"], settings["prior"]
        if k < 1:
            raise _bad(f"k must be at least 1. Received: {k}")
        if prior not in PRIORS:
            raise _bad(f"prior must be one of {', '.join(PRIORS)}. Received: {prior!r}")
        if not {IMAGE, PATH} & set(model_input.columns):
            raise _bad(
                f"expected a column {IMAGE!r}: the bytes of a JPEG, PNG or WebP file, base64 in "
                "JSON. Received none"
            )
        answers = []
        for start in range(0, len(model_input), _ROWS_AT_ONCE):
            rows = model_input.iloc[start : start + _ROWS_AT_ONCE].to_dict("records")
            pictures = [self._picture(number, row) for number, row in enumerate(rows, start + 1)]
            for answer in self._predictor.answer(pictures, k, prior):
                answers.append(self._predictor.as_json(answer, prior))
        return answers

    def _picture(self, number: int, row: dict[Any, Any]) -> Image.Image:
        given = {name: row[name] for name in (IMAGE, PATH) if not _is_empty(row.get(name))}
        if len(given) != 1:
            raise _bad(f"row {number}: expected {IMAGE!r} or {PATH!r}, one of them")
        if PATH in given and not self._allow_paths:
            raise _bad(
                f"row {number}: paths are not read here; send the file's bytes as {IMAGE!r}, or "
                "load the model with model_config={'allow_paths': True}"
            )
        try:
            return to_rgb(_content(given[IMAGE]) if IMAGE in given else Path(given[PATH]))
        except PosterRefused as refused:
            raise _bad(f"row {number}: {refused}; give another picture of this poster") from refused


def _content(image: object) -> bytes:
    """A picture's file; MLflow leaves base64 as it came in all formats but `dataframe_*`.

    Never a text: what reads pictures would take it for a path.
    """
    if not isinstance(image, str | bytes):
        raise PosterRefused("unreadable", f"{type(image).__name__}; expected bytes, or base64")
    try:
        # The file of a picture is no base64 itself.
        return base64.b64decode(image, validate=True)
    except ValueError as error:
        if isinstance(image, str):
            raise PosterRefused("unreadable", f"text that is not base64: {error}") from error
        return image


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _bad(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


def _load_pyfunc(data_path: str, model_config: dict[str, Any] | None = None) -> ServedModel:
    """How MLflow opens what `registry` wrote."""
    return ServedModel(Path(data_path), bool({**CONFIG, **(model_config or {})}["allow_paths"]))
