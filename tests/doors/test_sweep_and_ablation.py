"""`make sweep` and `make ablation`, as a person runs them, on the project that was walked."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import Walk, query
from PIL import Image

TESTS = ("natural", "balanced")
CHOICES = ("prior", "head")
ABLATE = (sys.executable, "src/ablate.py", "--splits", "2", "--only", *CHOICES)


@pytest.fixture(scope="module")
def swept(walk: Walk) -> str:
    """What the sweep over t = 0 and 4 printed; the walk ended at t = 3."""
    walk.project.commit()
    done = walk.project.run(sys.executable, "src/sweep.py", "--t", "4", "0", "4")
    return done.stdout


@pytest.fixture(scope="module")
def ablated(walk: Walk) -> pd.DataFrame:
    """The table of a small ablation."""
    walk.project.run(*ABLATE)
    return pd.read_csv(walk.project.folder / "metrics" / "ablation.csv")


def is_picture(walk: Walk, name: str) -> bool:
    with Image.open(walk.project.folder / "plots" / name) as image:
        return image.format == "PNG" and min(image.size) >= 300


def test_a_sweep_says_both_errors_for_each_t_once_in_order(swept: str, walk: Walk) -> None:
    table = pd.read_csv(walk.project.folder / "metrics" / "sweep.csv")
    assert list(zip(table["t"], table["test"], strict=True)) == [
        (t, test) for t in (0, 4) for test in TESTS
    ]
    assert (table["mae_low"] <= table["mae"]).all()
    assert (table["mae"] <= table["mae_high"]).all()
    lines = re.findall(r"^sweep: t = (\d+): (\w+): MAE ([\d.]+) years", swept, re.MULTILINE)
    assert lines == [(str(row.t), row.test, f"{row.mae:.1f}") for row in table.itertuples()]
    assert is_picture(walk, "sweep.png")


@pytest.mark.usefixtures("swept")
def test_a_sweep_asks_about_the_same_posters_whatever_t_and_trains_on_more(walk: Walk) -> None:
    table = pd.read_csv(walk.project.folder / "metrics" / "sweep.csv")
    assert table.groupby("test")["n"].nunique().eq(1).all()
    trained = dict(zip(table["t"], table["trained_on"], strict=True))
    assert trained[0] < trained[4]


@pytest.mark.usefixtures("swept")
def test_a_sweep_gives_what_a_run_of_that_t_gives(walk: Walk) -> None:
    table = pd.read_csv(walk.project.folder / "metrics" / "sweep.csv").set_index(["t", "test"])
    for test in TESTS:
        assert table.loc[(4, test), "mae"] == walk.raised.metrics[test]["mae"]


@pytest.mark.usefixtures("swept")
def test_a_sweep_leaves_the_workspace_alone_and_logs_one_run_for_each_t(walk: Walk) -> None:
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
def test_the_report_shows_the_sweep_once_it_is_there_and_no_longer_when_it_is_not(
    walk: Walk,
) -> None:
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
    assert ran == ["inputs"], "DVC has kept the page without it"
    assert rows == []
    assert page == without
    assert walk.project.read("dvc.lock") == lock


def test_a_sweep_whose_runs_fail_says_so_and_writes_nothing(walk: Walk) -> None:
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


def test_an_ablation_compares_each_variant_with_the_same_reference(ablated: pd.DataFrame) -> None:
    assert list(ablated.columns[:2]) == ["choice", "name"]
    assert set(ablated["choice"]) == {*("pipeline", "other models", "reference", "prior", "head")}
    names = set(ablated["name"])
    assert {"default", "ridge", "svr", "best constant", "scalar"} <= names
    reference = ablated[ablated["choice"] == "reference"].iloc[0]
    variants = ablated.dropna(subset=["natural_difference"])
    assert len(variants) == 6
    for test in TESTS:
        difference = variants[test] - reference[test]
        np.testing.assert_allclose(variants[f"{test}_difference"], difference, atol=0.002)
        assert (variants[f"{test}_difference_low"] <= variants[f"{test}_difference"]).all()
        assert (variants[f"{test}_difference"] <= variants[f"{test}_difference_high"]).all()


def test_an_ablation_that_was_cut_off_goes_on_where_it_was(
    ablated: pd.DataFrame, walk: Walk
) -> None:
    errors = sorted((walk.project.folder / ".cache" / "ablation").iterdir())
    table = walk.project.folder / "metrics" / "ablation.csv"
    finished = table.read_bytes()
    table.unlink()
    changed = {file: file.stat().st_mtime_ns for file in errors}
    errors[0].unlink()
    walk.project.run(*ABLATE)
    assert table.read_bytes() == finished
    assert [file for file in errors if file.stat().st_mtime_ns != changed[file]] == errors[:1]


def test_an_ablation_pools_the_intervals_of_the_pipeline(ablated: pd.DataFrame, walk: Walk) -> None:
    default = ablated[ablated["choice"] == "pipeline"].iloc[0]
    for test in TESTS:
        assert 0 <= default[f"{test}_coverage"] <= 1
        assert default[f"{test}_low"] <= default[test] <= default[f"{test}_high"]
    assert is_picture(walk, "ablation.png")
