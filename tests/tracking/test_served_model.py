"""The model that a run leaves in MLflow: loaded as MLflow loads it, and served as it serves."""

import base64
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
import requests
from conftest import Walk
from mlflow.exceptions import MlflowException
from PIL import Image
from servers import answering

from posters.prediction import Predictor
from posters.tracking.served_model import ServedModel, input_example, signature

LOAD = """
import json, sys
import mlflow, pandas
uri, config = "models:/poster-year@champion", json.loads(sys.argv[2])
model = mlflow.pyfunc.load_model(uri, model_config=config)
print(json.dumps(model.predict(pandas.DataFrame({"path": [sys.argv[1]]}))))
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
    """A PNG that claims 900 million pixels in a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


def test_it_answers_as_predict_does(walk: Walk, model: ServedModel, poster: Path) -> None:
    predictor = Predictor(walk.project.folder / "data")
    content = poster.read_bytes()
    (answer,) = predictor.answer([poster], 2, "uniform")
    expected = predictor.as_json(answer, "uniform")
    assert len(expected["neighbours"]) == 2
    for given in (content, base64.b64encode(content), base64.b64encode(content).decode()):
        frame = pd.DataFrame({"image": [given]})
        assert model.predict(frame, {"k": 2, "prior": "uniform"}) == [expected]


@pytest.mark.filterwarnings("ignore:Hint. Inferred schema contains integer")
def test_what_it_answers_is_what_its_signature_says(model: ServedModel) -> None:
    answers = model.predict(pd.concat([input_example()] * 9))
    assert len(answers) == 9
    assert [list(answer) for answer in answers] == [signature().outputs.input_names()] * 9
    assert len(answers[0]["neighbours"]) == 3
    inferred = mlflow.models.infer_signature(None, answers).outputs.to_dict()
    required = {column["name"]: column["type"] for column in inferred}
    declared = {column["name"]: column["type"] for column in signature().outputs.to_dict()}
    assert required == declared


@pytest.mark.parametrize(
    ("row", "params", "said"),
    [
        ({"image": b"<html>not found</html>"}, {}, "row 1: unreadable: unknown format"),
        ({"image": b""}, {}, "row 1: unreadable: the file is empty"),
        ({"image": bomb()}, {}, "row 1: too large: at most 40,000,000 pixels"),
        # From CSV: what reads a picture would take a text for a path.
        ({"image": "params.yaml"}, {}, "row 1: unreadable: text that is not base64"),
        ({"image": 5}, {}, "row 1: unreadable: int; expected bytes, or base64"),
        ({"image": None}, {}, "row 1: expected 'image' or 'path', one of them"),
        ({"image": b"x", "path": "y"}, {}, "row 1: expected 'image' or 'path', one of them"),
        ({"path": __file__}, {}, "row 1: paths are not read here"),
        ({"foto": b""}, {}, "expected a column 'image'"),
        ({"image": b""}, {"k": 0}, "k must be at least 1. Received: 0"),
        ({"image": b""}, {"prior": "flat"}, "prior must be one of natural, uniform"),
    ],
)
def test_bad_input_is_a_bad_request_that_says_what_was_expected(
    model: ServedModel, row: dict[str, Any], params: dict[str, Any], said: str
) -> None:
    with pytest.raises(MlflowException) as refused:
        model.predict(pd.DataFrame([row]), params)
    assert refused.value.get_http_status_code() == 400
    assert said in refused.value.message


def test_the_row_that_is_bad_is_named(model: ServedModel, poster: Path) -> None:
    frame = pd.DataFrame({"image": [poster.read_bytes()] * 9 + [b"none"]})
    with pytest.raises(MlflowException, match="row 10: unreadable"):
        model.predict(frame)


def test_it_loads_without_tensorflow_and_without_the_repository(
    walk: Walk, poster: Path, tmp_path: Path
) -> None:
    environment = {
        **walk.project.environment,
        "MLFLOW_TRACKING_URI": f"sqlite:///{walk.database}",
    }

    def load(**config: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", LOAD, str(poster), json.dumps(config)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    done = load(allow_paths=True)
    assert done.returncode == 0, done.stderr
    (*_, answers, module, modules) = done.stdout.splitlines()
    (answer,) = json.loads(answers)
    assert 1980 <= answer["interval"][0] <= answer["year"] <= answer["interval"][1] <= 2009
    assert answer["decade"] in (1980, 1990, 2000)
    assert answer["caveats"] == ["random MobileNetV2 weights"]
    kept = Path(module).parents[2]
    assert kept.is_relative_to(walk.project.folder / "mlartifacts")
    assert not {file.suffix for file in kept.rglob("*")} & {".jpg", ".h5"}
    loaded = {name.split(".")[0] for name in modules.split()}
    assert "openvino" in loaded
    assert not loaded & {"tensorflow", "keras", "sklearn", "matplotlib", "dvc"}
    required = {line.split("==")[0] for line in (kept / "requirements.txt").read_text().split()}
    assert required == {"mlflow", "numpy", "openvino", "pandas", "pillow", "tqdm"}
    used = {name for name in required if name.replace("pillow", "PIL") in loaded}
    assert used == required
    for file in ("MLmodel", "requirements.txt", "conda.yaml", "python_env.yaml"):
        assert str(walk.project.folder) not in (kept / file).read_text().replace(
            f"artifact_path: file://{walk.project.folder}", ""
        )


@pytest.fixture(scope="module")
def served(walk: Walk) -> Iterator[str]:
    """The address of `mlflow models serve` on the champion."""
    environment = {
        **walk.project.environment,
        "MLFLOW_TRACKING_URI": f"sqlite:///{walk.database}",
    }
    with answering(
        *("mlflow", "models", "serve", "--model-uri", "models:/poster-year@champion"),
        *("--env-manager", "local", "--port"),
        health="/ping",
        folder=walk.database.parent,
        environment=environment,
    ) as address:
        yield address


def ask(address: str, content: Any) -> requests.Response:
    return requests.post(f"{address}/invocations", json=content, timeout=60)


def test_mlflow_serves_it(served: str, walk: Walk, poster: Path) -> None:
    image = base64.b64encode(poster.read_bytes()).decode()
    parameters = {"k": 4, "prior": "uniform"}
    answer = ask(served, {"dataframe_records": [{"image": image}] * 2, "params": parameters})
    assert answer.status_code == 200
    first, second = answer.json()["predictions"]
    assert first == second
    assert first["interval"][0] <= first["year"] <= first["interval"][1]
    assert first["prior"] == "uniform"
    similarities = [movie["similarity"] for movie in first["neighbours"]]
    assert len(similarities) == 4
    assert similarities == sorted(similarities, reverse=True)
    for other in (
        {"inputs": [{"image": image}], "params": parameters},
        {"dataframe_split": {"columns": ["image"], "data": [[image]]}, "params": parameters},
    ):
        assert ask(served, other).json()["predictions"] == [first]
    example = next(walk.project.folder.glob("mlartifacts/models/*/artifacts/serving_input_*.json"))
    assert ask(served, json.loads(example.read_text())).status_code == 200


def test_bad_requests_get_a_status_and_a_sentence_and_no_traceback(served: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    pixel = base64.b64encode(file.getvalue()).decode()
    assert ask(served, {"dataframe_records": [{"image": pixel}]}).status_code == 200
    for row, said in (
        ({"image": "aGVsbG8="}, "row 1: unreadable: unknown format"),
        ({"image": base64.b64encode(bomb()).decode()}, "row 1: too large"),
        ({"image": "abcde"}, "Invalid base64"),
        ({"image": 5}, "Failed to convert column image"),
        ({"path": "/etc/hostname"}, "row 1: paths are not read here"),
        ({"foto": pixel}, "expected a column 'image'"),
    ):
        answer = ask(served, {"dataframe_records": [row]})
        assert answer.status_code == 400
        assert said in answer.json()["message"]
        assert "Traceback" not in answer.text
    text = requests.post(
        f"{served}/invocations",
        data="image\n/etc/hostname\n",
        headers={"Content-Type": "text/csv"},
        timeout=60,
    )
    assert (text.status_code, "not base64" in text.text) == (400, True)
    assert os.uname().nodename not in text.text
    for content in ([], {}, {"dataframe_records": [{"image": pixel}], "params": {"k": "many"}}):
        answer = ask(served, content)
        assert answer.status_code == 400
        assert "Traceback" not in answer.text
