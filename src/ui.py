"""Open MLflow's pages of this project's runs, best one first.

make ui
python src/ui.py --port 5005
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import logging
import os
import sys
from typing import Any

from posters import paths
from posters.errors import DataError
from posters.tracking.runs import DATABASE
from posters.tracking.runs_page import page, tag_experiment

HOST = "127.0.0.1"  # MLflow asks nobody for a password


def main() -> None:
    """Print the address of each experiment's page, then become the server."""
    options = parse_arguments()
    if not (paths.root() / DATABASE).is_file():
        raise DataError(f"there are no runs yet ({DATABASE} is missing): run `make repro` first")
    database = f"sqlite:///{paths.root() / DATABASE}"
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for experiment in experiments(database):
        print(
            f"ui: {experiment.name}: http://{HOST}:{options.port}{page(experiment.experiment_id)}"
        )
    print("ui: they answer in a few seconds, until Ctrl-C", flush=True)
    server = ("ui", "--host", HOST, "--port", str(options.port), "--workers", "1")
    os.execv(
        sys.executable,
        [sys.executable, "-m", "mlflow", *server, "--backend-store-uri", database],
    )


def experiments(database: str) -> list[Any]:
    """Those that hold runs, the one that was written last first; their pages are set up."""
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    client = mlflow.MlflowClient(database)
    found = []
    for experiment in client.search_experiments():
        runs = client.search_runs([experiment.experiment_id], max_results=1)
        if runs:
            tag_experiment(client, experiment.experiment_id)
            found.append((runs[0].info.start_time, experiment))
    return [experiment for _, experiment in sorted(found, key=lambda one: -one[0])]


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--port",
        type=command.positive,
        default=5000,
        metavar="N",
        help="of this machine, on which it answers (default %(default)s)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    command.run("ui", main)
