"""Serve the pretrained model over HTTP with MLflow, which registers it first.

make serve-pretrained
python src/serve_pretrained.py --port 5002
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import os
import sys
from pathlib import Path

from posters.tracking.registry import CHAMPION, PRETRAINED_NAME, register_pretrained
from posters.tracking.runs import tracking_uri

HOST = "127.0.0.1"  # local only: MLflow has no password


def main() -> None:
    """Register the model, then become the server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--port",
        type=command.positive,
        default=5001,
        metavar="N",
        help="the port of the server on this machine (default %(default)s)",
    )
    port = parser.parse_args().port
    command.check_port(HOST, port)
    version = register_pretrained()
    print(
        f"serve-pretrained: {PRETRAINED_NAME} version {version}, in a few seconds at "
        f"http://{HOST}:{port}/invocations; Ctrl-C stops it",
        flush=True,
    )
    model = ("--model-uri", f"models:/{PRETRAINED_NAME}@{CHAMPION}", "--env-manager", "local")
    place = ("--host", HOST, "--port", str(port))
    os.environ.update(
        MLFLOW_TRACKING_URI=tracking_uri(),
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
        # MLflow starts uvicorn by its name.
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    # Replaces this process: after the model has run in it, SIGTERM is a segmentation fault.
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "models", "serve", *model, *place])


if __name__ == "__main__":
    command.run("serve-pretrained", main)
