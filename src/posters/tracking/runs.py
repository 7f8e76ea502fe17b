"""One MLflow run for each evaluated model, in a SQLite database or on a server.

`MLFLOW_TRACKING_URI` names another database or a server.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import requests

from posters import paths
from posters.errors import DataError, TrackingError
from posters.tracking.runs_page import describe_experiment

_TIMEOUT = 10.0  # seconds
_SQLITE = "sqlite:///"


def log_run(
    experiment: str,
    name: str,
    *,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    history: pd.DataFrame,
    tags: Mapping[str, str],
    provenance: Mapping[str, Any],
    files: Sequence[Path],
) -> str:
    """Log a run to the database or the server, and return its id.

    The experiment is created if it does not exist, and restored if it was deleted. `history` holds
    training curves: the column `epoch`, and one column per curve. `provenance` is stored as
    `provenance.json`.

    Raises:
        TrackingError: the server at `MLFLOW_TRACKING_URI` does not respond.
    """
    uri = tracking_uri()
    client = open_client(uri)
    import mlflow

    experiment_id = open_experiment(client, experiment, uri)
    describe_experiment(client, experiment_id)
    with mlflow.start_run(experiment_id=experiment_id, run_name=name) as active:
        mlflow.set_tags(dict(tags))
        mlflow.log_params(dict(params))
        mlflow.log_metrics(dict(metrics))
        for row in history.to_dict("records"):
            curves = {f"train.{curve}": value for curve, value in row.items() if curve != "epoch"}
            mlflow.log_metrics(curves, step=int(row["epoch"]))
        mlflow.log_dict(dict(provenance), "provenance.json")
        for file in files:
            mlflow.log_artifact(str(file))
    return str(active.info.run_id)


def tracking_uri() -> str:
    """The URI of the database or the server.

    Raises:
        TrackingError: the server does not respond.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
    if uri.startswith("http"):
        # MLflow itself would retry for minutes.
        try:
            requests.get(f"{uri.rstrip('/')}/health", timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise TrackingError(
                f"the MLflow server at MLFLOW_TRACKING_URI ({urlsplit(uri).hostname}) does not "
                "respond: start it, or unset that variable to log runs to mlflow.db"
            ) from error
    elif uri.startswith(_SQLITE):
        # Relative to the repository, also in a temporary copy of it.
        uri = f"{_SQLITE}{paths.root() / uri.removeprefix(_SQLITE)}"
    return uri


def open_client(uri: str, must_exist: bool = False) -> Any:
    """An MLflow client; all of MLflow uses this URI from here on.

    Raises:
        DataError: the database does not exist and `must_exist` is set.
    """
    database = Path(uri.removeprefix(_SQLITE))
    if must_exist and uri.startswith(_SQLITE) and not database.is_file():
        raise DataError(f"there are no runs yet ({database.name} is missing): run `make repro`")
    # No usage statistics, no messages about creating tables.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    import mlflow

    mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient()


def open_experiment(client: Any, name: str, uri: str) -> str:
    """The id of an experiment, which is created or restored if there is none."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        # A server decides itself where files are stored.
        artifacts = None if uri.startswith("http") else (paths.root() / "mlartifacts").as_uri()
        return str(client.create_experiment(name, artifact_location=artifacts))
    if experiment.lifecycle_stage == "deleted":
        # MLflow refuses new runs in it, and a second experiment of the same name.
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)
