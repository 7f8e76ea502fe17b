"""The whole pipeline on a small table, run by DVC in a git repository.

One project runs with t = 3, 4 and 3 again; the tests check the results of each step.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from pipeline_walk import Walk, query, repro, stages_run
from projects import Project

from posters.evaluation.metrics import PRIOR_OF


def test_only_what_changed_is_run(walk: Walk) -> None:
    stages = ["inputs", "scrape", "rebalance", "embed", "split", "train", "evaluate"]
    assert walk.first.ran == stages
    assert walk.nothing_to_do.ran == ["inputs"]
    assert walk.nothing_to_do.lock == walk.first.lock
    assert walk.raised.ran == [stage for stage in stages if stage != "scrape"]


def test_raising_t_embeds_only_the_new_posters(walk: Walk) -> None:
    added = len(walk.raised.catalogue) - len(walk.first.catalogue)
    assert added == 20
    assert f"embed: {len(walk.first.catalogue)} new posters, 0 from the cache" in walk.first.output
    assert (
        f"embed: {added} new posters, {len(walk.first.catalogue)} from the cache"
        in walk.raised.output
    )


def test_lowering_t_restores_the_same_hashes_without_running(walk: Walk) -> None:
    assert walk.raised.lock != walk.first.lock
    assert walk.lowered.lock == walk.first.lock
    assert walk.lowered.ran == ["inputs"]
    assert walk.lowered.metrics == walk.first.metrics


def test_cold_build_in_another_folder_gives_the_same_hashes(
    walk: Walk, tmp_path: Path, make_small_project: Callable[[Path], Project]
) -> None:
    cold = make_small_project(tmp_path)
    cold.set(rebalance__t=4)
    assert repro(cold).lock == walk.raised.lock


def test_catalogue_has_each_movie_once_with_its_own_poster(walk: Walk) -> None:
    catalogue = walk.raised.catalogue
    assert list(catalogue.columns) == [
        *("imdb_id", "title", "year", "file", "source", "poster_url", "sha256"),
        *("width", "height", "origin"),
    ]
    assert catalogue["imdb_id"].is_unique
    assert catalogue["sha256"].is_unique
    assert (catalogue["file"].map(lambda file: Path(file).stem) == catalogue["imdb_id"]).all()
    compared = 0
    for row in catalogue.itertuples():
        given = walk.project.tables / f"{row.imdb_id}.jpg"
        kept = walk.project.folder / "data" / str(row.file)
        # The ids of the small tables contain the year, so that a mix-up is detected.
        assert str(row.imdb_id)[3:7] == str(row.year)
        if kept.exists():  # the last step has fewer movies
            assert kept.read_bytes() == given.read_bytes()
            compared += 1
    assert compared == len(walk.first.catalogue)


def test_only_years_before_2000_are_topped_up(walk: Walk) -> None:
    counted = walk.raised.catalogue.query("origin != 'reserve'")["year"].value_counts()
    assert (counted[counted.index < 2000] == 4).all()
    assert (counted[counted.index >= 2000] == 6).all()


def test_parts_of_the_split_do_not_depend_on_t(walk: Walk) -> None:
    both = walk.first.split.merge(walk.raised.split, on="imdb_id", suffixes=("", "_raised"))
    assert len(both) == len(walk.first.split)
    assert (both["part"] == both["part_raised"]).all()
    for step in (walk.first, walk.raised):
        reserve = step.catalogue.query("origin == 'reserve'")
        assert sorted(reserve["year"]) == list(range(1980, 2010))
        assert set(reserve["imdb_id"]) == set(step.split.query("part == 'balanced'")["imdb_id"])


def test_embeddings_have_one_row_per_movie_in_order(walk: Walk) -> None:
    folder = walk.project.folder / "data" / "embeddings"
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    ids = list(pd.read_csv(folder / "movies.csv")["imdb_id"])
    assert matrix.dtype == np.float32
    info = json.loads((folder / "backbone.json").read_text())
    # Means and spreads of six layers, means of six more, and the colours: of MobileNetV2.
    assert (info["retrieval_from"], info["colour_from"], info["embedding_size"]) == (
        3552,
        3944,
        4014,
    )
    assert matrix.shape == (len(walk.lowered.catalogue), 4014)
    assert np.isfinite(matrix).all()
    assert ids == list(walk.lowered.catalogue["imdb_id"])
    retrieval_features = np.load(folder / "retrieval_features.npy", mmap_mode="r")
    assert retrieval_features.shape == (len(ids), 3944 - 3552)
    np.testing.assert_allclose(np.linalg.norm(retrieval_features, axis=1), 1, atol=1e-5)


def test_metrics_describe_both_tests_and_the_run(walk: Walk) -> None:
    metrics = walk.first.metrics
    assert list(metrics) == ["natural", "balanced", "neighbours", "origin", "run"]
    for test in ("natural", "balanced"):
        assert metrics[test]["mae"] == metrics[test][f"mae_{PRIOR_OF[test]}_prior"]
    # There may be too few movies for the origin check.
    assert set(metrics["origin"]) in (set(), {"auc", "chance_low", "chance_high", "pairs"})
    assert 0 < metrics["neighbours"]["within_10"] <= 1
    assert metrics["balanced"]["n"] == 30
    run = metrics["run"]
    assert run["caveats"] == ["random MobileNetV2 weights"]
    assert run["t"] == 3
    assert run["source"] == ["table"]
    assert sum(run["counts"].values()) == len(walk.first.catalogue)
    for prior in PRIOR_OF.values():
        assert set(run["baselines"][prior]) == {"ridge", "knn", "svr", "logistic", "colour"}


def test_counts_before_and_after_add_up(walk: Walk) -> None:
    counts = json.loads(walk.project.read("metrics/catalogue.json"))
    assert counts["before"] == {"movies": 80, "before_2000": 20}
    assert counts["added"] == 40
    assert counts["after"] == {"movies": 120, "before_2000": 60}
    assert counts["short"] == {"years": 0, "movies": 0}
    assert counts["refused"] == {"scrape": {}, "rebalance": {}}


def test_predictions_and_decades_agree_with_the_metrics(walk: Walk) -> None:
    predictions = walk.project.table("predictions")
    decades = pd.read_csv(walk.project.folder / "metrics" / "decades.csv")
    split = walk.lowered.split
    for test in ("natural", "balanced"):
        rows = predictions[predictions["test"] == test]
        assert set(rows["imdb_id"]) == set(split["imdb_id"][split["part"] == test])
        error = float((rows["predicted"] - rows["year"]).abs().mean())
        mae = walk.lowered.metrics[test]["mae"]
        assert error == pytest.approx(mae, abs=0.06)
        assert (rows["low"] - 0.5 <= rows["predicted"]).all()
        assert (rows["predicted"] <= rows["high"] + 0.5).all()
        by_decade = decades[(decades["test"] == test) & (decades["prior"] == PRIOR_OF[test])]
        assert list(by_decade["decade"]) == [1980, 1990, 2000]
        assert np.average(by_decade["mae"], weights=by_decade["n"]) == pytest.approx(mae, abs=2e-3)
        covered = (rows["low"] <= rows["year"]) & (rows["year"] <= rows["high"])
        assert covered.mean() == pytest.approx(walk.lowered.metrics[test]["coverage"], abs=1e-4)


def test_plots_are_pictures_of_readable_size(walk: Walk) -> None:
    stages = yaml.safe_load(walk.project.read("dvc.yaml"))["stages"]
    pictures = [plot for out in stages["evaluate"]["plots"] for plot in out if "png" in plot]
    assert len(pictures) == 8
    for plot in pictures:
        with Image.open(walk.project.folder / plot) as image:
            assert image.format == "PNG"
            assert min(image.size) >= 300


def test_git_sees_metrics_plots_and_lock_only(walk: Walk) -> None:
    changed = walk.project.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    folders = {line[3:].split("/")[0] for line in changed.splitlines()}
    assert folders <= {"dvc.lock", "metrics", "plots"}


def test_dvc_metrics_show_fits_a_terminal(walk: Walk) -> None:
    shown = walk.project.run("dvc", "metrics", "show").stdout.splitlines()
    assert [line.split()[0] for line in shown] == [
        *("Path", "metrics/natural.json", "metrics/balanced.json")
    ]
    assert max(map(len, shown)) <= 100


def test_dvc_plots_show_has_each_figure_once(walk: Walk) -> None:
    walk.project.run("dvc", "plots", "show")
    page = walk.project.read("dvc_plots/index.html")
    pictures = re.findall(r'<img[^>]*src="[^"]*?(\w+)\.png"', page)
    assert len(pictures) == 8
    assert len(set(pictures)) == 8
    assert "val_mae" in page


def experiment(project: Project, name: str, change: str) -> str:
    """The output of an experiment in a temporary copy."""
    project.commit()
    done = project.run("dvc", "exp", "run", "--temp", "-S", change, "-n", name)
    return done.stdout + done.stderr


def runs_of(project: Project, name: str) -> list[str]:
    """The names of the MLflow runs of an experiment."""
    tagged = f"SELECT run_uuid FROM tags WHERE key = 'dvc_exp_name' AND value = '{name}'"
    runs = f"SELECT name FROM runs WHERE run_uuid IN ({tagged})"
    return [str(name) for (name,) in query(project.folder / "mlflow.db", runs)]


def metrics_of(project: Project, name: str) -> dict[str, Any]:
    """The metrics stored with an experiment."""
    refs = project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").stdout.split()
    (kept,) = [ref for ref in refs if ref.endswith(f"/{name}")]
    content: dict[str, Any] = json.loads(
        project.run("git", "show", f"{kept}:metrics/evaluation.json").stdout
    )
    return content


def test_experiment_in_a_temporary_copy_uses_the_same_caches(walk: Walk) -> None:
    # Relative paths in params.yaml are relative to the repository, not to the copy.
    output = experiment(walk.project, "five", "rebalance.t=5")
    assert "embed: 20 new posters, 170 from the cache" in output
    (name,) = runs_of(walk.project, "five")
    assert name.startswith("t=5 ")
    assert "five" in walk.project.run("dvc", "exp", "show", "--csv").stdout


def test_scalar_head_uses_the_same_vectors_and_split(walk: Walk) -> None:
    output = experiment(walk.project, "one", "train.head=scalar")
    assert stages_run(output) == ["inputs", "train", "evaluate"]
    (name,) = runs_of(walk.project, "one")
    assert re.fullmatch(r"t=3 MobileNetV2 scalar [0-9a-f]{7}", name)
    metrics, reference = metrics_of(walk.project, "one"), walk.lowered.metrics
    for test in ("natural", "balanced"):
        assert np.isfinite(list(metrics[test].values())).all()
        assert metrics[test]["mae"] != reference[test]["mae"]
        for name in ("best_constant", "ridge", "knn", "svr", "logistic", "colour"):
            assert metrics[test][f"{name}_mae"] == reference[test][f"{name}_mae"]
        assert metrics[test]["n"] == reference[test]["n"]


def test_changed_poster_file_runs_the_stages_again(walk: Walk) -> None:
    poster = walk.project.tables / "tt11980000.jpg"
    content = poster.read_bytes()
    Image.open(poster).rotate(180).save(poster)
    try:
        done = walk.project.run("dvc", "repro", "rebalance")
        assert stages_run(done.stdout) == ["inputs", "scrape", "rebalance"]
    finally:
        poster.write_bytes(content)
        walk.project.run("dvc", "repro", "rebalance")


def test_failing_stage_keeps_the_results_of_earlier_ones(walk: Walk) -> None:
    lock = walk.project.read("dvc.lock")
    walk.project.set(embed__backbone="VGG61")
    try:
        done = walk.project.run("dvc", "repro", check=False)
        assert done.returncode != 0
        assert "embed: error: embed.backbone 'VGG61' is unknown: expected one of" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        walk.project.set(embed__backbone="MobileNetV2")
    assert (walk.project.folder / "data" / "catalogue.csv").exists()
    again = repro(walk.project)
    assert (again.ran, again.lock) == (["inputs"], lock)
