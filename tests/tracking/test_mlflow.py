"""What MLflow remembers of the models of the walked project, and shows of them."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import requests
from browser import visit
from conftest import Project, Walk, query
from servers import answering

from posters.params import flatten, load_params

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_each_trained_model_is_one_mlflow_run_that_can_be_told_apart(walk: Walk) -> None:
    names = [name for (name,) in query(walk.database, "SELECT name FROM runs ORDER BY start_time")]
    assert len(names) == 2
    assert re.fullmatch(r"t=3 MobileNetV2 [0-9a-f]{7}", str(names[0]))
    assert re.fullmatch(r"t=4 MobileNetV2 [0-9a-f]{7}", str(names[1]))
    thresholds = query(walk.database, "SELECT value FROM params WHERE key = 'rebalance.t'")
    assert sorted(thresholds) == [("3",), ("4",)]


def test_an_mlflow_run_holds_metrics_curves_hashes_plots_and_its_data(walk: Walk) -> None:
    metrics = dict(query(walk.database, "SELECT key, count(*) FROM metrics GROUP BY key"))
    for test in ("natural", "balanced"):
        for key in walk.first.metrics[test]:
            assert metrics[f"{test}.{key}"] == 2
    assert {name for name in metrics if name.startswith("origin.")} == {
        f"origin.{key}" for step in (walk.first, walk.raised) for key in step.metrics["origin"]
    }
    epochs = len(pd.read_csv(walk.project.folder / "data" / "model" / "history.csv"))
    for curve in ("loss", "mae", "val_loss", "val_mae"):
        assert metrics[f"train.{curve}"] == 2 * epochs, "one value an epoch and run"
    tags = dict(query(walk.database, "SELECT key, value FROM tags"))
    assert {"model_sha256", "catalogue_sha256", "embeddings_sha256", "git_commit"} <= set(tags)
    assert tags["caveats"] == "random MobileNetV2 weights"
    logged = {
        value
        for (value,) in query(walk.database, "SELECT value FROM metrics WHERE key = 'balanced.mae'")
    }
    assert logged == {step.metrics["balanced"]["mae"] for step in (walk.first, walk.raised)}
    names = {key for (key,) in query(walk.database, "SELECT DISTINCT key FROM params")}
    assert names == {name for name in flatten(load_params()) if not name.startswith("fetch.")}
    assert query(walk.database, "SELECT DISTINCT value FROM tags WHERE key = 'git_commit'") == [
        (walk.commit,)
    ]
    data_sets = "SELECT count(*) FROM inputs WHERE source_type = 'DATASET'"
    assert query(walk.database, data_sets) == [(2,)]
    kept = {file.name for file in walk.project.folder.glob("mlartifacts/*/artifacts/*")}
    assert {"neighbours.png", "loss_curve.png", "coverage_by_decade.png"} <= kept
    assert {"evaluation.json", "catalogue.json", "decades.csv"} <= kept


@pytest.fixture(scope="module")
def interface(walk: Walk) -> Iterator[str]:
    """The address of `make ui` on the walked project."""
    with answering(
        *(sys.executable, "src/ui.py", "--port"),
        health="/health",
        folder=walk.project.folder,
        environment={**walk.project.environment, "PYTHONPATH": "src"},
    ) as address:
        yield address


def pages(walk: Walk, address: str) -> dict[str, str]:
    """The addresses that `make ui` printed, by the experiment's name."""
    log = walk.project.folder.parent / f"server-{address.rpartition(':')[2]}.log"
    return dict(re.findall(rf"^ui: (\S+): ({address}/#/\S+)$", log.read_text(), re.MULTILINE))


def test_the_mlflow_interface_serves_both_runs_the_best_first(walk: Walk, interface: str) -> None:
    assert "poster-year" in pages(walk, interface)
    experiment = requests.get(
        f"{interface}/api/2.0/mlflow/experiments/get-by-name?experiment_name=poster-year",
        timeout=60,
    ).json()["experiment"]
    tags = {tag["key"]: tag["value"] for tag in experiment["tags"]}
    assert "One run is one trained and evaluated model" in tags["mlflow.note.content"]
    view = json.loads(tags["mlflow.sharedViewState.poster-year"])
    found = requests.post(
        f"{interface}/api/2.0/mlflow/runs/search",
        json={
            "experiment_ids": [experiment["experiment_id"]],
            "order_by": [f"{view['orderByKey']} {'ASC' if view['orderByAsc'] else 'DESC'}"],
        },
        timeout=60,
    ).json()["runs"]
    assert {"t=3", "t=4"} <= {run["info"]["run_name"].split()[0] for run in found}
    errors = []
    for run in found:
        metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
        params = {param["key"] for param in run["data"]["params"]}
        tagged = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
        for column in view["selectedColumns"]:
            kind, name = column.rstrip("`").split(".`")
            assert name in {"metrics": metrics, "params": params, "tags": tagged}[kind]
        note = tagged["mlflow.note.content"]
        assert f"Errs by {metrics['balanced.mae']:.1f} years on the balanced test" in note
        assert "Beware: random MobileNetV2 weights" in note
        errors.append(metrics["balanced.mae"])
        charted = {chart["metricKey"] for chart in view["compareRunCharts"] if "metricKey" in chart}
        assert charted <= set(metrics)
    assert errors == sorted(errors)


def test_a_browser_shows_errors_and_charts_of_the_runs(
    walk: Walk, interface: str, browser: "Browser"
) -> None:
    errors = query(walk.database, "SELECT value FROM metrics WHERE key = 'balanced.mae'")
    page = visit(browser, viewport={"width": 1600, "height": 1200}).page
    page.goto(pages(walk, interface)["poster-year"])
    page.get_by_text("Sort: balanced.mae").wait_for()
    for (error,) in errors:
        page.get_by_role("gridcell", name=f"{error:.4g}").first.wait_for()
    names = page.get_by_role("link", name=re.compile(r"^t=\d MobileNetV2"))
    assert names.count() >= 2
    page.locator("label:has(input[value=CHART])").click()
    page.get_by_text("Errors", exact=True).wait_for()
    page.locator(".js-plotly-plot").nth(5).wait_for()
    # An open page asks its server for ever.
    page.context.close()


def test_the_interface_without_a_run_says_what_to_do(
    tmp_path: Path, make_small_project: Callable[[Path], Project]
) -> None:
    project = make_small_project(tmp_path)
    done = project.run(sys.executable, "src/ui.py", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "ui: error: there are no runs yet (mlflow.db is missing): run `make repro` first\n"
    )
