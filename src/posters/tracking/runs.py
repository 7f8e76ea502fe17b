"""Where MLflow runs are: in a SQLite database or on a server.

`MLFLOW_TRACKING_URI` names another database or a server.
"""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from posters import paths
from posters.errors import DataError, TrackingError

_TIMEOUT = 10.0  # seconds
_SQLITE = "sqlite:///"


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


def open_client(must_exist: bool = False) -> Any:
    """An MLflow client of `tracking_uri`, which all of MLflow uses from here on.

    Raises:
        DataError: the database does not exist and `must_exist` is set.
        TrackingError: the server does not respond.
    """
    uri = tracking_uri()
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


def open_experiment(client: Any, name: str) -> str:
    """The id of an experiment, which is created or restored if there is none."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        # A server decides itself where files are stored.
        is_server = client.tracking_uri.startswith("http")
        artifacts = None if is_server else (paths.root() / "mlartifacts").as_uri()
        return str(client.create_experiment(name, artifact_location=artifacts))
    if experiment.lifecycle_stage == "deleted":
        # MLflow refuses new runs in it, and a second experiment of the same name.
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)
