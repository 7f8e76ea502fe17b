"""What MLflow remembers of the models of the walked project, and shows of them."""

import os
import re
import socket
import subprocess
import time

import pandas as pd
import requests
from conftest import Walk, query

from posters.params import flatten, load_params


def test_each_trained_model_is_one_mlflow_run_that_can_be_told_apart(walk: Walk) -> None:
    names = [name for (name,) in query(walk.database, "SELECT name FROM runs ORDER BY start_time")]
    assert len(names) == 2
    assert re.fullmatch(r"t=3 MobileNetV2 distribution [0-9a-f]{7}", str(names[0]))
    assert re.fullmatch(r"t=4 MobileNetV2 distribution [0-9a-f]{7}", str(names[1]))
    thresholds = query(walk.database, "SELECT value FROM params WHERE key = 'rebalance.t'")
    assert sorted(thresholds) == [("3",), ("4",)]


def test_an_mlflow_run_holds_metrics_curves_hashes_plots_and_its_data(walk: Walk) -> None:
    metrics = dict(query(walk.database, "SELECT key, count(*) FROM metrics GROUP BY key"))
    for test in ("natural", "balanced"):
        for key in walk.first.metrics[test]:
            assert metrics[f"{test}.{key}"] == 2
    assert {name for name in metrics if name.startswith("origin.")} == {
        f"origin.{key}" for step in (walk.first, walk.raised) for key in step.metrics["origin"]
    }
    epochs = len(pd.read_csv(walk.project.folder / "data" / "model" / "history.csv"))
    for curve in ("loss", "mae", "val_loss", "val_mae"):
        assert metrics[f"train.{curve}"] == 2 * epochs, "one value an epoch and run"
    tags = dict(query(walk.database, "SELECT key, value FROM tags"))
    assert {"model_sha256", "catalogue_sha256", "embeddings_sha256", "git_commit"} <= set(tags)
    assert tags["caveats"] == "random MobileNetV2 weights"
    logged = {
        value
        for (value,) in query(walk.database, "SELECT value FROM metrics WHERE key = 'balanced.mae'")
    }
    assert logged == {step.metrics["balanced"]["mae"] for step in (walk.first, walk.raised)}
    names = {key for (key,) in query(walk.database, "SELECT DISTINCT key FROM params")}
    assert names == {name for name in flatten(load_params()) if not name.startswith("fetch.")}
    assert query(walk.database, "SELECT DISTINCT value FROM tags WHERE key = 'git_commit'") == [
        (walk.commit,)
    ]
    assert query(walk.database, "SELECT count(*) FROM inputs") == [(2,)]
    kept = {file.name for file in walk.project.folder.glob("mlartifacts/*/artifacts/*")}
    assert {"neighbours.png", "loss_curve.png", "coverage_by_decade.png"} <= kept
    assert {"evaluation.json", "catalogue.json", "decades.csv"} <= kept


def test_the_mlflow_interface_serves_both_runs(walk: Walk) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            *("mlflow", "ui", "--port", str(port), "--workers", "1", "--backend-store-uri"),
            f"sqlite:///{walk.database}",
        ],
        cwd=walk.project.folder,
        env=walk.project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            try:
                page = requests.get(url, timeout=10)
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        assert page.status_code == 200
        experiment = requests.get(
            f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=poster-year", timeout=60
        ).json()["experiment"]
        found = requests.post(
            f"{url}/api/2.0/mlflow/runs/search",
            json={"experiment_ids": [experiment["experiment_id"]]},
            timeout=60,
        ).json()["runs"]
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
    names = {run["info"]["run_name"].split()[0] for run in found}
    assert {"t=3", "t=4"} <= names
