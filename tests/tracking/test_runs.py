"""MLflow runs: what they hold, where they are logged, and the UI."""

import json
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import requests
from conftest import Project, Walk
from pipeline_walk import query
from servers import answering

from posters.errors import TrackingError
from posters.params import flatten, load_params
from posters.tracking.runs import tracking_uri

LOG_AGAIN = """
import json
from posters.params import load_params
from posters.tracking.run_contents import log_evaluation
from posters.years.dataset import read_parts

evaluation = json.load(open("metrics/evaluation.json"))
params = load_params()
embed = params.embed.model_copy(update={"weights": "imagenet"})
log_evaluation(params.model_copy(update={"embed": embed}), read_parts(), evaluation)
"""


@pytest.mark.slow
def test_each_repro_is_one_run_with_everything_in_it(walk: Walk) -> None:
    names = [name for (name,) in query(walk.database, "SELECT name FROM runs ORDER BY start_time")]
    # Going back to t = 3 restored the results from DVC's cache: no third run.
    assert re.fullmatch(r"t=3 MobileNetV2 [0-9a-f]{7} t=4 MobileNetV2 [0-9a-f]{7}", " ".join(names))
    metrics = dict(query(walk.database, "SELECT key, count(*) FROM metrics GROUP BY key"))
    for test in ("natural", "balanced"):
        assert all(metrics[f"{test}.{key}"] == 2 for key in walk.first.metrics[test])
    assert {name for name in metrics if name.startswith("origin.")} == {
        f"origin.{key}" for step in (walk.first, walk.raised) for key in step.metrics["origin"]
    }
    epochs = len(pd.read_csv(walk.project.folder / "data" / "model" / "history.csv"))
    for curve in ("loss", "mae", "val_loss", "val_mae"):
        assert metrics[f"train.{curve}"] == 2 * epochs
    errors = query(walk.database, "SELECT value FROM metrics WHERE key = 'balanced.mae'")
    assert set(errors) == {(step.metrics["balanced"]["mae"],) for step in (walk.first, walk.raised)}
    params = dict(query(walk.database, "SELECT key, value FROM params"))
    digest = walk.first.metrics["run"]["backbone"]["weights_digest"]
    assert set(params) == {n for n in flatten(load_params()) if not n.startswith("fetch.")}
    # ImageNet weights were requested, and could not be downloaded.
    assert params["embed.weights"] == "random"
    tags = dict(query(walk.database, "SELECT key, value FROM tags"))
    # People read those of MLflow's own that don't start like this.
    assert len([name for name in tags if not name.startswith("mlflow.")]) <= 10
    assert tags["caveats"] == "random MobileNetV2 weights"
    assert tags["git_commit"] == walk.commit
    files = {file.name for file in walk.project.folder.glob("mlartifacts/*/artifacts/*")}
    assert {"neighbours.png", "loss_curve.png", "reliability.png", "reliability.csv"} <= files
    assert "risk_coverage.csv" in files
    assert {"evaluation.json", "catalogue.json", "decades.csv"} <= files
    rows = query(walk.database, "SELECT run_uuid, value FROM params WHERE key = 'rebalance.t'")
    for run, t in rows:
        report = walk.project.read(f"mlartifacts/{run}/artifacts/report.html")
        assert f"towards t = {t} movies" in report
        provenance = json.loads(walk.project.read(f"mlartifacts/{run}/artifacts/provenance.json"))
        assert provenance["weights"] == digest
        assert provenance["tests"]["balanced"] == tags["balanced_test_sha256"]
        assert set(provenance) == {
            *("model", "weights", "catalogue", "embeddings", "split", "tests", "datasets"),
            "git_commit",
        }


@pytest.mark.slow
def test_server_stores_runs_with_the_weights_that_were_used(walk: Walk, tmp_path: Path) -> None:
    # ImageNet weights were requested; those of the walk, random ones, replaced them.
    server = tmp_path / "server"
    server.mkdir()
    own = walk.project.folder / "mlflow.db"
    before = own.read_bytes()
    with answering(
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
        *("--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "files"),
        "--port",
        health="/health",
        folder=server,
        environment={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    ) as served:
        variables = ("PYTHONPATH=src", f"MLFLOW_TRACKING_URI={served.address}")
        walk.project.run("env", *variables, sys.executable, "-c", LOG_AGAIN)
    weights = "SELECT value FROM params WHERE key = 'embed.weights'"
    assert query(server / "server.db", weights) == [("random",)]
    errors = "SELECT value FROM metrics WHERE key = 'balanced.mae'"
    assert query(server / "server.db", errors) == [(walk.lowered.metrics["balanced"]["mae"],)]
    (report,) = (server / "files").rglob("report.html")
    assert report.read_text(encoding="utf-8") == walk.project.read("plots/report.html")
    assert own.read_bytes() == before, "nothing is stored in the repository"


def test_server_that_does_not_respond_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://somebody:secret@127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with pytest.raises(TrackingError, match=r"does not respond: start it, or unset") as refused:
            tracking_uri()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("", "sqlite:///{root}/mlflow.db"),
        ("sqlite:///mlflow.db", "sqlite:///{root}/mlflow.db"),
        ("sqlite:////other/runs.db", "sqlite:////other/runs.db"),
    ],
)
def test_database_is_in_the_repository_by_default(
    variable: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", variable)
    assert tracking_uri() == expected.format(root=tmp_path)


@pytest.mark.slow
def test_ui_shows_the_best_run_first_with_its_main_columns(walk: Walk) -> None:
    with answering(
        *(sys.executable, "src/ui.py", "--port"),
        health="/health",
        folder=walk.project.folder,
        environment={**walk.project.environment, "PYTHONPATH": "src"},
    ) as served:
        api = f"{served.address}/api/2.0/mlflow"
        url = f"{api}/experiments/get-by-name?experiment_name=poster-year"
        experiment = requests.get(url, timeout=60).json()["experiment"]
        tags = {tag["key"]: tag["value"] for tag in experiment["tags"]}
        view = json.loads(tags["mlflow.sharedViewState.poster-year"])
        order = f"{view['orderByKey']} {'ASC' if view['orderByAsc'] else 'DESC'}"
        search = {"experiment_ids": [experiment["experiment_id"]], "order_by": [order]}
        runs = requests.post(f"{api}/runs/search", json=search, timeout=60).json()["runs"]
    address = rf"(?m)^ui: poster-year: {served.address}/#/experiments/\S+$"
    assert re.search(address, served.log.read_text())
    assert "Each run is one trained and evaluated model" in tags["mlflow.note.content"]
    assert {"t=3", "t=4"} <= {run["info"]["run_name"].split()[0] for run in runs}
    errors = []
    for run in runs:
        data = {
            kind: {item["key"]: item["value"] for item in run["data"][kind]}
            for kind in ("metrics", "params", "tags")
        }
        for column in view["selectedColumns"][2:]:  # after the name and the age of the run
            kind, name = column.rstrip("`").split(".`")
            assert name in data[kind]
        errors.append(data["metrics"]["balanced.mae"])
        note = data["tags"]["mlflow.note.content"]
        assert f"Balanced test: MAE {errors[-1]:.1f} years" in note
        assert "Caveats: random MobileNetV2 weights" in note
    assert errors == sorted(errors)


@pytest.mark.parametrize("command", ["ui", "compare"])
def test_command_without_runs_says_what_to_do(
    tmp_path: Path, make_small_project: Callable[[Path], Project], command: str
) -> None:
    project = make_small_project(tmp_path)
    assert project.error(sys.executable, f"src/{command}.py") == (
        f"{command}: error: there are no runs yet (mlflow.db is missing): run `make repro`\n"
    )
    assert not (project.folder / "mlflow.db").exists()
