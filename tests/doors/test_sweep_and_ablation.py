"""`make sweep` and `make ablation` on the project of the walk."""

import json
import re
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import Walk, query
from PIL import Image

TESTS = ("natural", "balanced")
CHOICES = ("prior", "head")
ABLATE = (sys.executable, "src/ablate.py", "--splits", "2", "--only", *CHOICES)

pytestmark = pytest.mark.slow


def models(walk: Walk) -> list[list[tuple[Any, ...]]]:
    """All models that MLflow keeps, their versions, and the champion."""
    tables = ("logged_models", "model_versions", "registered_model_aliases")
    database = walk.project.folder / "mlflow.db"
    return [query(database, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


@pytest.fixture(scope="module")
def swept(walk: Walk) -> str:
    """The output of a sweep over t = 0 and 4; the walk ended at t = 3."""
    walk.project.commit()
    before = models(walk)
    # The last two must have no effect.
    own = ("-S", "rebalance.t=7", "-S", "evaluate.log_model=true")
    done = walk.project.run(sys.executable, "src/sweep.py", "--t", "4", "0", "4", *own)
    assert all(before), "a champion is registered"
    assert models(walk) == before
    return done.stdout


@pytest.fixture(scope="module")
def ablated(walk: Walk) -> pd.DataFrame:
    """The table of a small ablation."""
    before = models(walk)
    walk.project.run(*ABLATE)
    assert models(walk) == before
    return pd.read_csv(walk.project.folder / "metrics" / "ablation.csv")


def assert_is_figure(walk: Walk, name: str) -> None:
    with Image.open(walk.project.folder / "plots" / name) as image:
        assert image.format == "PNG"
        assert min(image.size) >= 300


def test_sweep_has_both_errors_for_each_t(swept: str, walk: Walk) -> None:
    table = pd.read_csv(walk.project.folder / "metrics" / "sweep.csv")
    assert list(zip(table["t"], table["test"], strict=True)) == [
        (t, test) for t in (0, 4) for test in TESTS
    ]
    assert (table["mae_low"] <= table["mae"]).all()
    assert (table["mae"] <= table["mae_high"]).all()
    lines = re.findall(r"^sweep: t = (\d+): (\w+): MAE ([\d.]+) years", swept, re.MULTILINE)
    assert lines == [(str(row.t), row.test, f"{row.mae:.1f}") for row in table.itertuples()]
    assert_is_figure(walk, "sweep.png")
    # The same tests for every t, more training data, and the errors of a normal run.
    assert table.groupby("test")["n"].nunique().eq(1).all()
    by_t = table.set_index(["t", "test"])
    for test in TESTS:
        assert by_t.loc[(0, test), "trained_on"] < by_t.loc[(4, test), "trained_on"]
        assert by_t.loc[(4, test), "mae"] == walk.raised.metrics[test]["mae"]


@pytest.mark.usefixtures("swept")
def test_sweep_leaves_the_workspace_unchanged_and_logs_one_run_per_t(walk: Walk) -> None:
    changed = walk.project.run("git", "status", "--porcelain").stdout.split()[1::2]
    assert set(changed) <= {"metrics/sweep.csv", "plots/sweep.png", "metrics/", "plots/"}
    assert json.loads(walk.project.read("metrics/evaluation.json"))["run"]["t"] == 3
    names = query(
        walk.project.folder / "mlflow.db",
        "SELECT runs.name FROM runs JOIN experiments USING (experiment_id) "
        "WHERE experiments.name = 'poster-year-sweep' ORDER BY runs.name",
    )
    assert [str(name).split()[0] for (name,) in names] == ["t=0", "t=4"]


@pytest.mark.usefixtures("swept")
def test_report_shows_the_sweep_as_long_as_it_exists(walk: Walk) -> None:
    def repro() -> tuple[list[str], str, list[str]]:
        done = walk.project.run("dvc", "repro")
        page = walk.project.read("plots/report.html")
        section = BeautifulSoup(page, "html.parser").select("section[aria-labelledby=sweep]")
        rows = [row.get_text() for each in section for row in each.select("tbody th")]
        return re.findall(r"^Running stage '(\w+)'", done.stdout, re.MULTILINE), page, rows

    without, lock = walk.project.read("plots/report.html"), walk.project.read("dvc.lock")
    ran, _, rows = repro()
    assert ran == ["inputs", "evaluate"]
    assert rows == ["0", "4"]
    (walk.project.folder / "metrics" / "sweep.csv").unlink()
    ran, page, rows = repro()
    assert ran == ["inputs"], "DVC restores the page without the sweep from its cache"
    assert rows == []
    assert page == without
    assert walk.project.read("dvc.lock") == lock


def test_failed_sweep_writes_nothing(walk: Walk) -> None:
    walk.project.commit()
    table = walk.project.folder / "metrics" / "sweep.csv"
    table.unlink(missing_ok=True)
    done = walk.project.run(
        *(sys.executable, "src/sweep.py", "--t", "0", "-S", "embed.backbone=VGG61"), check=False
    )
    written = table.exists()
    walk.project.run("git", "checkout", "--", "metrics", check=False)
    assert not written
    assert done.returncode == 1
    assert "sweep: error: `dvc exp run" in done.stderr
    assert "Traceback" not in done.stderr


def test_ablation_compares_each_variant_with_the_reference(
    ablated: pd.DataFrame, walk: Walk
) -> None:
    assert {"pipeline", "other models", "reference", *CHOICES} == set(ablated["choice"])
    reference = ablated[ablated["choice"] == "reference"].iloc[0]
    pipeline = ablated[ablated["choice"] == "pipeline"].iloc[0]
    variants = ablated.dropna(subset=["natural_difference"])
    assert len(variants) == 6
    for test in TESTS:
        difference = variants[test] - reference[test]
        np.testing.assert_allclose(variants[f"{test}_difference"], difference, atol=0.002)
        assert (variants[f"{test}_difference_low"] <= variants[f"{test}_difference"]).all()
        assert (variants[f"{test}_difference"] <= variants[f"{test}_difference_high"]).all()
        assert 0 <= pipeline[f"{test}_coverage"] <= 1
        assert pipeline[f"{test}_low"] <= pipeline[test] <= pipeline[f"{test}_high"]
    assert_is_figure(walk, "ablation.png")


@pytest.mark.usefixtures("ablated")
def test_interrupted_ablation_continues(walk: Walk) -> None:
    errors = sorted((walk.project.folder / ".cache" / "ablation").iterdir())
    table = walk.project.folder / "metrics" / "ablation.csv"
    finished = table.read_bytes()
    table.unlink()
    before = {file: file.stat().st_mtime_ns for file in errors}
    errors[0].unlink()
    walk.project.run(*ABLATE)
    assert table.read_bytes() == finished
    assert [file for file in errors if file.stat().st_mtime_ns != before[file]] == errors[:1]
