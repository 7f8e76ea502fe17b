"""The model that MLflow stores for a run: loaded and served by MLflow itself."""

import base64
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
import requests
from conftest import Walk
from PIL import Image
from processes import run
from servers import answering

from posters.tracking.served_model import ServedModel, input_example, signature

pytestmark = pytest.mark.slow

LOAD = """
import json, pathlib, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/poster-year@champion")
posters = pandas.DataFrame({"image": [pathlib.Path(sys.argv[1]).read_bytes()]})
print(json.dumps(model.predict(posters)))
print(sys.modules["posters"].__file__)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def model(walk: Walk) -> ServedModel:
    return ServedModel(walk.project.folder / "data")


@pytest.fixture
def poster(draw: Callable[[str, int], Path]) -> Path:
    return draw("A Poster of My Own", 1990)


def bomb() -> bytes:
    """A small PNG with too many pixels."""
    file = io.BytesIO()
    Image.new("L", (8000, 8000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:Hint. Inferred schema contains integer")
def test_output_has_the_types_of_the_signature(model: ServedModel) -> None:
    predictions = model.predict(pd.concat([input_example()] * 2))
    assert [list(one) for one in predictions] == [signature().outputs.input_names()] * 2
    assert len(predictions[0]["neighbours"]) == 3
    inferred = mlflow.models.infer_signature(None, predictions).outputs
    assert inferred.to_dict() == signature().outputs.to_dict()


@pytest.fixture(scope="module")
def environment(walk: Walk) -> dict[str, str]:
    return {**walk.project.environment, "MLFLOW_TRACKING_URI": f"sqlite:///{walk.database}"}


def test_model_loads_without_tensorflow_and_without_the_repository(
    walk: Walk, environment: dict[str, str], poster: Path, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", LOAD, poster)
    done = run(*command, folder=tmp_path, environment=environment, check=True)
    (*_, predictions, module, modules) = done.stdout.splitlines()
    (prediction,) = json.loads(predictions)
    assert 1980 <= prediction["interval"][0] <= prediction["year"] <= prediction["interval"][1]
    assert prediction["caveats"] == ["random MobileNetV2 weights"]
    stored = Path(module).parents[2]
    assert stored.is_relative_to(walk.project.folder / "mlartifacts")
    assert not {file.suffix for file in stored.rglob("*")} & {".jpg", ".h5"}
    loaded = {name.split(".")[0] for name in modules.split()}
    assert not loaded & {"tensorflow", "keras", "sklearn", "matplotlib", "dvc"}
    required = {line.split("==")[0] for line in (stored / "requirements.txt").read_text().split()}
    assert required == {"mlflow", "numpy", "openvino", "pandas", "pillow", "tqdm"}
    assert {name.replace("pillow", "PIL") for name in required} <= loaded


@pytest.fixture(scope="module")
def server(walk: Walk, environment: dict[str, str]) -> Iterator[str]:
    """The address of `mlflow models serve` for the champion."""
    with answering(
        *("mlflow", "models", "serve", "--model-uri", "models:/poster-year@champion"),
        *("--env-manager", "local", "--port"),
        health="/ping",
        folder=walk.database.parent,
        environment=environment,
    ) as served:
        yield served.address


def post(address: str, content: Any) -> requests.Response:
    return requests.post(f"{address}/invocations", json=content, timeout=60)


def test_server_predicts_in_every_format(server: str, poster: Path) -> None:
    image = base64.b64encode(poster.read_bytes()).decode()
    params = {"k": 4, "prior": "uniform"}
    response = post(server, {"dataframe_records": [{"image": image}] * 2, "params": params})
    assert response.status_code == 200
    first, second = response.json()["predictions"]
    assert first == second
    assert first["interval"][0] <= first["year"] <= first["interval"][1]
    assert first["prior"] == "uniform"
    similarities = [movie["similarity"] for movie in first["neighbours"]]
    assert len(similarities) == 4
    assert similarities == sorted(similarities, reverse=True)
    for other in (
        {"inputs": [{"image": image}], "params": params},
        {"dataframe_split": {"columns": ["image"], "data": [[image]]}, "params": params},
    ):
        assert post(server, other).json()["predictions"] == [first]


@pytest.mark.parametrize(
    ("rows", "params", "message"),
    [
        (["<pixel>", b"<html>not found</html>"], {}, "row 2: unreadable: unknown format"),
        ([bomb()], {}, "row 1: too large: "),
        (["abcde"], {}, "Invalid base64"),
        (["<pixel>"], {"k": 0}, "k must be at least 1. Received: 0"),
        (["<pixel>"], {"prior": "flat"}, "prior must be one of natural, uniform"),
    ],
)
def test_server_returns_400_for_invalid_rows_and_parameters(
    server: str, rows: list[Any], params: dict[str, Any], message: str
) -> None:
    pixel = base64.b64encode(input_example()["image"][0]).decode()
    images = [base64.b64encode(row).decode() if isinstance(row, bytes) else row for row in rows]
    records = [{"image": pixel if image == "<pixel>" else image} for image in images]
    response = post(server, {"dataframe_records": records, "params": params})
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert "Traceback" not in response.text


def test_server_returns_400_for_other_content_and_reads_no_files(server: str) -> None:
    for content in ([], {}, {"dataframe_records": [{"foto": "abcd"}]}):
        response = post(server, content)
        assert response.status_code == 400
        assert "Traceback" not in response.text
    # A string must not be opened as a path.
    text = requests.post(
        f"{server}/invocations",
        data="image\n/etc/hostname\n",
        headers={"Content-Type": "text/csv"},
        timeout=60,
    )
    assert (text.status_code, "not base64" in text.text) == (400, True)
    assert os.uname().nodename not in text.text
