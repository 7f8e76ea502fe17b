"""Run the cells of docs/tour.ipynb on your last run, and write their outputs into it.

make tour
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import argparse
import os

from tqdm import tqdm

from posters import paths
from posters.errors import DataError, PageError
from posters.files import write_text

TOUR = paths.WORKSPACE / "docs" / "tour.ipynb"


def main() -> None:
    """Write the outputs into the notebook; if a cell fails, nothing."""
    argparse.ArgumentParser(prog="tour.py", description=__doc__.splitlines()[0]).parse_args()
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, DeadKernelError
    except ModuleNotFoundError as error:
        raise PageError(
            f"{error.name} is missing: run `make tour`, or "
            "`pip install --no-deps -r requirements-tour.lock`"
        ) from error
    try:
        notebook = nbformat.read(TOUR, as_version=4)
    except (OSError, ValueError) as error:
        raise DataError(
            f"docs/tour.ipynb is damaged ({error}): run `git checkout docs/tour.ipynb`"
        ) from error
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=None,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(TOUR.parent)}},
    )
    try:
        # Not `client.execute`, which handles Ctrl-C itself, with a traceback.
        with client.setup_kernel(env=os.environ | {"PYTHONPATH": str(paths.WORKSPACE / "src")}):
            for number, cell in enumerate(tqdm(notebook.cells, "tour", unit="cell", disable=None)):
                client.execute_cell(cell, number)
    except CellExecutionError as error:
        raise DataError(
            f"a cell fails with {error.ename}: {error.evalue}; the tour needs the results of "
            "`make repro`"
        ) from error
    except DeadKernelError as error:
        raise DataError(f"the notebook's Python ended ({error}): is there memory?") from error
    write_text(TOUR, nbformat.writes(notebook) + "\n")
    print(
        "tour: open docs/tour.ipynb in an editor that shows notebooks, or in the browser: "
        ".venv/bin/pip install jupyterlab, then .venv/bin/jupyter lab docs/tour.ipynb"
    )


if __name__ == "__main__":
    command.run("tour", main, kept="the notebook is as it was")
