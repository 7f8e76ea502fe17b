"""The model that MLflow stores and serves: posters in, years and similar posters out.

MLflow loads it by `_load_pyfunc`, from a copy of this package that is stored with it: it needs
neither the repository nor TensorFlow.
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
"""Can be changed by `load_model(..., model_config=...)`, but not by a request to a server."""


def signature() -> ModelSignature:
    """The types of input, parameters and output (see `Predictor.as_json`)."""
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
    """One request: a small picture of a grey gradient."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((60, 90)).save(file, "PNG")
    return pd.DataFrame({IMAGE: [file.getvalue()]})


class ServedModel:
    """Gives the same predictions as `predict.py`.

    Args:
        data: see `Predictor`.
        allow_paths: whether a request may name a poster by its path. A server must not allow it:
            requests could find out which files it has.
    """

    def __init__(self, data: Path, allow_paths: bool = False) -> None:
        self._predictor = Predictor(data)
        self._allow_paths = allow_paths

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """One prediction per row.

        Args:
            model_input: one poster per row, in the column `image` (a file's bytes) or `path`.
            params: `k`, how many similar movies, and `prior` (see `Predictor.predict`).

        Raises:
            MlflowException: status 400: a poster can't be read, or a row or a parameter is invalid.
        """
        settings = {**DEFAULTS, **(params or {})}
        k, prior = settings["k"], settings["prior"]
        if k < 1:
            raise _bad_request(f"k must be at least 1. Received: {k}")
        if prior not in PRIORS:
            raise _bad_request(f"prior must be one of {', '.join(PRIORS)}. Received: {prior!r}")
        if not {IMAGE, PATH} & set(model_input.columns):
            raise _bad_request(
                f"expected a column {IMAGE!r} with the bytes of a JPEG, PNG or WebP file (base64 "
                f"in JSON). Received columns: {', '.join(map(str, model_input.columns)) or 'none'}"
            )
        predictions = []
        for number, row in enumerate(model_input.to_dict("records"), start=1):
            picture = self._read_picture(number, row)
            (prediction,) = self._predictor.predict([picture], k, prior)
            predictions.append(self._predictor.as_json(prediction, prior))
        return predictions

    def _read_picture(self, number: int, row: dict[Any, Any]) -> Image.Image:
        values = {name: row[name] for name in (IMAGE, PATH) if not _is_missing(row.get(name))}
        if len(values) != 1:
            raise _bad_request(f"row {number}: expected either {IMAGE!r} or {PATH!r}")
        if PATH in values and not self._allow_paths:
            raise _bad_request(
                f"row {number}: paths are not allowed; send the file's bytes as {IMAGE!r}, or load "
                "the model with model_config={'allow_paths': True}"
            )
        try:
            return to_rgb(_file_content(values[IMAGE]) if IMAGE in values else Path(values[PATH]))
        except PosterRefused as refused:
            raise _bad_request(
                f"row {number}: {refused}; use another picture of this poster"
            ) from refused


def _file_content(image: object) -> bytes:
    """The bytes of a picture's file; MLflow decodes base64 in the `dataframe_*` formats only.

    The result is never a string, which `to_rgb` would open as a path.
    """
    if not isinstance(image, str | bytes):
        raise PosterRefused("unreadable", f"{type(image).__name__}; expected bytes, or base64")
    try:
        # The bytes of a picture's file are never valid base64.
        return base64.b64decode(image, validate=True)
    except ValueError as error:
        if isinstance(image, str):
            raise PosterRefused("unreadable", f"text that is not base64: {error}") from error
        return image


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _bad_request(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


def _load_pyfunc(data_path: str, model_config: dict[str, Any] | None = None) -> ServedModel:
    """How MLflow opens the model that `registry` stored."""
    return ServedModel(Path(data_path), bool({**CONFIG, **(model_config or {})}["allow_paths"]))
