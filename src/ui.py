"""Start the MLflow UI, and print the address of each experiment's page.

make ui
python src/ui.py --port 5005
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import os
import sys

from posters.tracking.runs import open_client, tracking_uri
from posters.tracking.runs_page import pages


def main() -> None:
    """Print the addresses, then become the server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_port_argument(parser, 5000)
    port = parser.parse_args().port
    uri = tracking_uri()
    is_server = uri.startswith("http")
    if not is_server:
        command.check_port(port)
    address = uri.rstrip("/") if is_server else f"http://{command.HOST}:{port}"
    for name, page in pages(open_client(must_exist=True)).items():
        print(f"ui: {name}: {address}{page}")
    if is_server:
        return
    print("ui: close MLflow's assistant, on the right, to see more columns")
    print("ui: ready in a few seconds; Ctrl-C stops it", flush=True)
    server = ("ui", "--host", command.HOST, "--port", str(port), "--workers", "1")
    mlflow = [sys.executable, "-m", "mlflow", *server, "--backend-store-uri", uri]
    os.execv(sys.executable, mlflow)


if __name__ == "__main__":
    command.run("ui", main)
