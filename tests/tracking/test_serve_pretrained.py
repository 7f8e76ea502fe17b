"""`make serve-pretrained`: the pretrained model in MLflow's registry, and served."""

import base64
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from conftest import Project
from pipeline_walk import query
from servers import answering

pytestmark = pytest.mark.slow

REGISTER = "from posters.tracking.registry import register_pretrained as r; print(r(), r())"


def test_pretrained_model_is_registered_once_and_predicts_like_predict(
    exported: Project, draw: Callable[[str, int], Path]
) -> None:
    poster = draw("A Poster of My Own", 1990)
    image = base64.b64encode(poster.read_bytes()).decode()
    with answering(
        *(sys.executable, "src/serve_pretrained.py", "--port"),
        health="/ping",
        folder=exported.folder,
        environment=exported.environment,
    ) as served:
        request = {"dataframe_records": [{"image": image}], "params": {"k": 4}}
        response = requests.post(f"{served.address}/invocations", json=request, timeout=60)
    # uvicorn, a process that MLflow started, ends a moment later.
    until = time.monotonic() + 60
    with pytest.raises(requests.ConnectionError):
        while time.monotonic() < until:
            requests.get(served.address, timeout=10)
    (prediction,) = response.json()["predictions"]
    done = exported.run(sys.executable, "src/predict.py", "--json", "--k", "4", str(poster))
    assert {"file": str(poster), **prediction} == json.loads(done.stdout)
    assert prediction["model"] == "pretrained"

    def register() -> str:
        done = exported.run("env", "PYTHONPATH=src", sys.executable, "-c", REGISTER)
        return done.stdout.strip()

    assert register() == "1 1"
    about = "pretrained/model/about.json"
    with exported.changed(about, exported.read(about) + "\n"):
        assert register() == "2 2"
    # Back to the files of the first version.
    assert register() == "1 1"
    assert query(
        exported.folder / "mlflow.db", "SELECT name, alias, version FROM registered_model_aliases"
    ) == [("poster-year-pretrained", "champion", 1)]
