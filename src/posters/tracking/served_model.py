"""The model that MLflow stores and serves: posters in, years and similar posters out.

MLflow loads it by `_load_pyfunc`, from a copy of this package that is stored with it: it needs
neither the repository nor TensorFlow.
"""

import base64
import io
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from PIL import Image

from posters.errors import PosterRefused
from posters.prediction import Predictor
from posters.years.priors import PRIORS

IMAGE = "image"
DEFAULTS = {"k": 3, "prior": "natural"}
_OUTPUT_EXAMPLE = {
    "model": "own",
    "answer": "1960",
    "year": 1960,
    "interval": [1945, 1974],
    "level": 0.8,
    "decade": 1960,
    "decade_probability": 0.3,
    "uncertainty": 0.4,
    "prior": "natural",
    "first_year": 1888,
    "probabilities": [0.01],
    "neighbours": [
        {
            "imdb_id": "tt0000001",
            "title": "A",
            "year": 1961,
            "file": "posters/initial/a.jpg",
            "similarity": 0.5,
            "address": "https://www.imdb.com/title/tt0000001/",
        }
    ],
    "warnings": ["this picture is tiny (60x90): use a larger copy"],
    "caveats": ["generated posters"],
}


def signature() -> ModelSignature:
    """The types of input, parameters and output (see `Predictor.as_json`)."""
    with warnings.catch_warnings():
        # Integers that may be missing; there are none.
        warnings.filterwarnings("ignore", message=r".*\s*integer column.*")
        return infer_signature(input_example(), [_OUTPUT_EXAMPLE], DEFAULTS)


def input_example() -> pd.DataFrame:
    """One request: a small picture of a grey gradient."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((60, 90)).save(file, "PNG")
    return pd.DataFrame({IMAGE: [file.getvalue()]})


class ServedModel:
    """Gives the same predictions as `predict.py`; `data` is that of `Predictor`."""

    def __init__(self, data: Path) -> None:
        self._predictor = Predictor(data)

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """One prediction per row, which has the bytes of a poster's file in the column `image`.

        `params` are `k`, how many similar movies, and `prior` (see `Predictor.predict`).

        Raises:
            MlflowException: status 400: a poster can't be read, or a row or a parameter is invalid.
        """
        settings = {**DEFAULTS, **(params or {})}
        k, prior = settings["k"], settings["prior"]
        if k < 1:
            raise _bad_request(f"k must be at least 1. Received: {k}")
        if prior not in PRIORS:
            raise _bad_request(f"prior must be one of {', '.join(PRIORS)}. Received: {prior!r}")
        if IMAGE not in model_input:
            raise _bad_request(
                f"expected a column {IMAGE!r} with the bytes of a picture's file (base64 "
                f"in JSON). Received columns: {', '.join(map(str, model_input.columns)) or 'none'}"
            )
        predictions = []
        for number, image in enumerate(model_input[IMAGE], start=1):
            try:
                prediction = self._predictor.predict(_file_content(image), k)
            except PosterRefused as refused:
                raise _bad_request(f"row {number}: {refused.with_advice}") from refused
            predictions.append(self._predictor.as_json(prediction, prior))
        return predictions


def _file_content(image: object) -> bytes:
    """The bytes of a picture's file; MLflow decodes base64 in the `dataframe_*` formats only.

    The result is never a string, which would be opened as a path.
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


def _bad_request(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


def _load_pyfunc(data_path: str) -> ServedModel:
    """How MLflow opens the model that `registry` stored."""
    return ServedModel(Path(data_path))
