"""Runs go to the database of the repository, or to whatever `MLFLOW_TRACKING_URI` names."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import requests
from servers import answering

from posters.errors import TrackingError
from posters.tracking import runs as tracking
from posters.tracking.runs import Run, log_run


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository that has no runs yet."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.setenv("DVC_ROOT", str(folder))
    yield folder
    mlflow.set_tracking_uri("")


def test_a_server_keeps_runs_and_their_files(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "figure.txt"
    file.write_text("a figure")
    run = Run(
        name="t=3",
        params={"rebalance.t": 3},
        metrics={"balanced.mae": 11.5},
        history=pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0]}),
        tags={"caveats": "none"},
        files=[file],
        dataset=pd.DataFrame({"imdb_id": ["tt0000001"], "year": [1950]}),
        dataset_digest="0" * 64,
    )
    (tmp_path / "server").mkdir()
    serve = (
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--workers",
        "1",
        "--backend-store-uri",
        "sqlite:///server.db",
    )
    with answering(
        *(*serve, "--artifacts-destination", "files", "--port"),
        health="/health",
        folder=tmp_path / "server",
        environment={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    ) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        run_id = log_run("poster-year", run)
        asked = f"{address}/api/2.0/mlflow/runs/get?run_id={run_id}"
        known = requests.get(asked, timeout=60).json()["run"]
    assert known["info"]["run_name"] == "t=3"
    assert {one["key"]: one["value"] for one in known["data"]["metrics"]} == {
        "balanced.mae": 11.5,
        "train.loss": 1.0,
    }
    (kept,) = (tmp_path / "server" / "files").rglob("figure.txt")
    assert kept.read_text() == "a figure"
    assert list(root.iterdir()) == [], "nothing is kept here"


def test_a_server_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://somebody:secret@127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with pytest.raises(TrackingError, match=r"no MLflow server answers .*unset") as refused:
            tracking._destination()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("asked", [None, "", "sqlite:///mlflow.db"])
def test_else_runs_and_their_files_are_kept_in_the_repository_itself(
    root: Path, asked: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if asked is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", asked)
    expected = (f"sqlite:///{root}/mlflow.db", (root / "mlartifacts").as_uri())
    assert tracking._destination() == expected


def test_another_database_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    assert tracking._destination()[0] == f"sqlite:///{tmp_path}/other.db"
