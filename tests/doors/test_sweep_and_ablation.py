"""`make sweep`, `make ablation` and `make splits` on the project of the walk."""

import io
import json
import re
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pipeline_walk import Walk, query, stages_run

TESTS = ("natural", "balanced")
ABLATE = (sys.executable, "src/ablate.py", "--only", "prior")
SPLITS = (sys.executable, "src/splits.py", "--splits")

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
    walk.project.run(*ABLATE, "features")
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
    def repro() -> tuple[list[str], str, list[list[str]]]:
        done = walk.project.run("dvc", "repro")
        page = walk.project.read("plots/report.html")
        section = BeautifulSoup(page, "html.parser").select("section[aria-labelledby=sweep]")
        rows = [row.get_text(" ").split() for each in section for row in each.select("tbody tr")]
        return stages_run(done.stdout), page, rows

    without, lock = walk.project.read("plots/report.html"), walk.project.read("dvc.lock")
    ran, _, rows = repro()
    assert ran == ["inputs", "evaluate"]
    table = pd.read_csv(walk.project.folder / "metrics" / "sweep.csv")
    errors = table[table["test"] == "natural"].set_index("t")["mae"]
    assert [row[::2][:2] for row in rows] == [[str(t), f"{errors[t]:.1f}"] for t in (0, 4)]
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
    assert ablated["choice"].tolist() == ["reference", "features", "features", "prior"]
    reference, variants = ablated.iloc[0], ablated.iloc[1:]
    for test in TESTS:
        assert ablated[test].between(ablated[f"{test}_low"], ablated[f"{test}_high"]).all()
        difference = variants[f"{test}_difference"]
        np.testing.assert_allclose(difference, variants[test] - reference[test], atol=0.002)
        limits = (variants[f"{test}_difference_{end}"] for end in ("low", "high"))
        assert difference.between(*limits).all()
        expected = walk.lowered.metrics[test]["validation_mae"]
        assert reference[test] == pytest.approx(expected, abs=0.001)
    assert ablated.columns.str.contains("difference").sum() == 6
    assert_is_figure(walk, "ablation.png")


def test_ablation_does_not_use_the_tests(ablated: pd.DataFrame, walk: Walk) -> None:
    split, movies = walk.lowered.split, walk.lowered.catalogue
    tested = split["imdb_id"][split["part"] != "train"]
    movies = movies.assign(year=movies["year"].mask(movies["imdb_id"].isin(tested), 1980))
    matrix = np.load(walk.project.folder / "data" / "embeddings" / "embeddings.npy")
    matrix[np.isin(list(walk.lowered.catalogue["imdb_id"]), list(tested))] = np.nan
    np.save(vectors := io.BytesIO(), matrix)
    with (
        walk.project.changed("data/catalogue.csv", movies.to_csv(index=False)),
        walk.project.changed("data/embeddings/embeddings.npy", vectors.getvalue()),
    ):
        walk.project.run(*ABLATE)
        again = pd.read_csv(walk.project.folder / "metrics" / "ablation.csv")
    assert len(tested) > 30
    same = ablated[ablated["choice"] != "features"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, same)


@pytest.fixture(scope="module")
def split_again(walk: Walk) -> pd.DataFrame:
    """The table of two splits."""
    walk.project.run(*SPLITS, "2")
    return pd.read_csv(walk.project.folder / "metrics" / "splits.csv").set_index(["test", "model"])


def test_splits_have_the_error_of_each_model_on_each_test(split_again: pd.DataFrame) -> None:
    models = ["year model", "ridge", "knn", "svr", "logistic", "colour", "best constant"]
    assert list(split_again.index) == [(test, model) for test in TESTS for model in models]
    assert split_again["mae"].between(split_again["mae_low"], split_again["mae_high"]).all()
    of_head = split_again.xs("year model", level="model")
    shares = ["coverage", "coverage_from_1990", "calibration_error", "pit_distance"]
    assert ((of_head[shares] > 0) & (of_head[shares] <= 1)).all(axis=None)
    # Of both splits together.
    assert (of_head["n_1960_to_1989"] + of_head["n_from_1990"]).loc["balanced"] == 60


@pytest.mark.usefixtures("split_again")
def test_splits_have_the_error_by_decade(walk: Walk, split_again: pd.DataFrame) -> None:
    decades = pd.read_csv(walk.project.folder / "metrics" / "splits_by_decade.csv")
    for test, rows in decades.groupby("test"):
        for column in ("mae", "coverage"):
            mean = np.average(rows[column], weights=rows["n"])
            assert mean == pytest.approx(split_again.loc[(test, "year model"), column], abs=1e-3)


@pytest.mark.usefixtures("split_again")
def test_first_split_is_that_of_the_pipeline_and_was_kept(walk: Walk) -> None:
    kept = walk.project.folder / ".cache" / "splits"
    before = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    walk.project.run(*SPLITS, "1")
    assert len(before) == 2
    assert {file: file.stat().st_mtime_ns for file in kept.iterdir()} == before
    table = pd.read_csv(walk.project.folder / "metrics" / "splits.csv")
    for row in table.itertuples():
        key = "mae" if row.model == "year model" else f"{row.model.replace(' ', '_')}_mae"
        metrics = walk.lowered.metrics[row.test]
        # The pipeline predicts with OpenVINO.
        assert row.mae == pytest.approx(metrics[key], abs=0.01), row
        for name in ("coverage", "calibration_error", "skill") if key == "mae" else ():
            assert getattr(row, name) == pytest.approx(metrics[name], abs=0.002)
