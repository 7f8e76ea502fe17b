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


def main() -> None:
    """Register the model, then become the server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_port_argument(parser, 5001)
    port = parser.parse_args().port
    command.check_port(port)
    version = register_pretrained()
    print(
        f"serve-pretrained: {PRETRAINED_NAME} version {version}, in a few seconds at "
        f"http://{command.HOST}:{port}/invocations; Ctrl-C stops it",
        flush=True,
    )
    model = ("--model-uri", f"models:/{PRETRAINED_NAME}@{CHAMPION}", "--env-manager", "local")
    place = ("--host", command.HOST, "--port", str(port))
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
