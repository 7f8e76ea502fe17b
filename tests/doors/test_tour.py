"""The tour: a notebook in git with the outputs of the default run, which runs on any run."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_walk import Walk
from processes import ROOT
from projects import Project

Notebook = dict[str, Any]
TOUR = ROOT / "docs" / "tour.ipynb"


def read(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(notebook: Notebook, code: str) -> str:
    """The output, as plain text, of the first cell with this code in it."""
    cell = next(cell for cell in code_cells(notebook) if code in "".join(cell["source"]))
    return "".join(cell["outputs"][0]["data"]["text/plain"])


def outline(notebook: Notebook) -> list[Any]:
    """The number of each cell, and of each output its types and the columns of its table."""
    return [
        (cell["execution_count"], [(sorted(output["data"]), columns(output)) for output in outputs])
        for cell in code_cells(notebook)
        # Of errors and of what is printed, such as warnings, there is no "data".
        if (outputs := cell["outputs"])
    ]


def columns(output: dict[str, Any]) -> list[str]:
    table = "".join(output["data"].get("text/html", ""))
    return re.findall("<th>(.+)</th>", table.partition("</thead>")[0])


@pytest.fixture
def jupyter(tmp_path: Path) -> list[str]:
    """A command that keeps what Jupyter writes besides the notebook in a temporary folder."""
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(
            package, reason=f"{package} is absent: pip install --no-deps -r requirements-tour.lock"
        )
    return ["env", f"IPYTHONDIR={tmp_path}", f"JUPYTER_RUNTIME_DIR={tmp_path}", sys.executable]


def test_committed_tour_ran_from_top_to_bottom_is_small_and_names_no_machine() -> None:
    counts = [cell["execution_count"] for cell in code_cells(read(TOUR))]
    assert counts == list(range(1, len(counts) + 1))
    content = TOUR.read_text(encoding="utf-8")
    assert len(content) < 1_000_000
    assert re.findall(r"/(?:home|root|tmp|Users|work)/", content) == []
    assert read(TOUR)["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(cell["metadata"] == {} for cell in read(TOUR)["cells"])


def test_committed_tour_shows_the_metrics() -> None:
    shown = text_of(read(TOUR), "paths.METRICS")
    for test in ("natural", "balanced"):
        figures = json.loads((ROOT / "metrics" / f"{test}.json").read_text(encoding="utf-8"))
        assert re.search(rf"{test} +{figures['n']} +{figures['mae']} ", shown)


@pytest.mark.slow
def test_tour_runs_on_another_run(walk: Walk, jupyter: list[str]) -> None:
    tour = walk.project.folder / "docs" / "tour.ipynb"
    tour.parent.mkdir(exist_ok=True)
    shutil.copy(TOUR, tour)
    try:
        done = walk.project.run(*jupyter, "src/tour.py")
        executed = read(tour)
    finally:
        tour.unlink()
    assert done.stdout.startswith("tour: ")
    assert done.stderr == ""
    assert outline(executed) == outline(read(TOUR))
    assert executed["metadata"] == read(TOUR)["metadata"]
    rows = np.load(walk.project.folder / "data" / "embeddings" / "embeddings.npy", mmap_mode="r")
    assert text_of(executed, "embeddings.matrix.shape") == str(rows.shape)


@pytest.mark.slow
def test_without_a_run_the_tour_is_as_it_was(tmp_path: Path, jupyter: list[str]) -> None:
    project = Project(tmp_path / "new")
    tour = project.folder / "docs" / "tour.ipynb"
    tour.parent.mkdir()
    shutil.copy(TOUR, tour)
    assert re.fullmatch(
        "tour: error: a cell fails with .+; the tour needs the results of `make repro`\n",
        project.error(*jupyter, "src/tour.py"),
    )
    assert tour.read_bytes() == TOUR.read_bytes()
