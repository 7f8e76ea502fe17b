"""One MLflow run for each evaluated model: in a SQLite database here, or on a server.

`MLFLOW_TRACKING_URI` names it, as everywhere in MLflow.
"""

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import requests

from posters import paths
from posters.errors import TrackingError
from posters.tracking.runs_page import tag_experiment

DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"
_BATCH = 500
_REACH_TIMEOUT = 10.0  # seconds


@dataclass(frozen=True)
class Run:
    """What one run is remembered by.

    Attributes:
        name: tells runs apart at a glance.
        params: every parameter under its dotted name.
        metrics: numbers under dotted names.
        history: training curves, a column each, and `epoch`.
        tags: hashes, the commit, caveats.
        files: figures and tables to keep with the run.
        dataset: the catalogue the model was made from.
        dataset_digest: SHA-256 of that catalogue.
    """

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    history: pd.DataFrame
    tags: Mapping[str, str]
    files: Sequence[Path]
    dataset: pd.DataFrame
    dataset_digest: str


def log_run(experiment: str, run: Run) -> str:
    """Write a run to the database under the repository's root, or to the server; return its id.

    Raises:
        TrackingError: the server that `MLFLOW_TRACKING_URI` names does not answer.
    """
    # Nothing is reported to anyone about how this is used.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for chatty in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    import mlflow
    from mlflow.entities import Metric

    address, artifacts = _destination()
    mlflow.set_tracking_uri(address)
    client = mlflow.MlflowClient()
    found = client.get_experiment_by_name(experiment)
    if found and found.lifecycle_stage == "deleted":
        # Deleted in the UI; MLflow refuses further runs, and has no two of one name.
        client.restore_experiment(found.experiment_id)
    experiment_id = (
        found.experiment_id
        if found
        else client.create_experiment(experiment, artifact_location=artifacts)
    )
    tag_experiment(client, experiment_id)
    with mlflow.start_run(experiment_id=experiment_id, run_name=run.name, tags=dict(run.tags)):
        active = mlflow.active_run()
        assert active is not None
        run_id = str(active.info.run_id)
        mlflow.log_params(dict(run.params))
        mlflow.log_metrics(dict(run.metrics))
        started = int(active.info.start_time)
        curves = [
            Metric(f"train.{column}", float(row[column]), started, int(row["epoch"]))
            for _, row in run.history.iterrows()
            for column in run.history.columns
            if column != "epoch"
        ]
        for start in range(0, len(curves), _BATCH):
            client.log_batch(run_id, metrics=curves[start : start + _BATCH])
        for file in run.files:
            mlflow.log_artifact(str(file))
        with warnings.catch_warnings():
            # A catalogue has no missing years, which is what MLflow warns could come.
            warnings.filterwarnings("ignore", message=r".*\s*integer column.*")
            dataset = mlflow.data.from_pandas(
                run.dataset, name="catalogue", targets="year", digest=run.dataset_digest[:32]
            )
            mlflow.log_input(dataset, context="training")
    return run_id


def _destination() -> tuple[str, str | None]:
    """Where runs go, and where their files; None: the server says where."""
    asked = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{DATABASE}"
    if asked.startswith(("http://", "https://")):
        # MLflow itself would try for minutes.
        try:
            requests.get(f"{asked.rstrip('/')}/health", timeout=_REACH_TIMEOUT)
        except requests.RequestException as error:
            raise TrackingError(
                f"no MLflow server answers at MLFLOW_TRACKING_URI ({urlsplit(asked).hostname}): "
                "start it, or unset that variable to keep runs in mlflow.db here"
            ) from error
        return asked, None
    root = paths.root()
    # A database beside the repository's other files, also in a throw-away copy of it.
    kind, slashes, path = asked.partition(":///")
    if kind == "sqlite":
        asked = f"{kind}{slashes}{root / path}"
    return asked, (root / ARTIFACTS).as_uri()
