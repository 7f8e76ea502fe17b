"""The whole pipeline on a small table, as a person runs it: DVC, Git and MLflow for real.

One project goes through t = 3, 4 and 3 again; the tests look at what it left at each step.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import Project
from PIL import Image

from posters.params import flatten, load_params

TEST_KEYS = {
    *("n", "mae", "rmse", "r2", "median_ae", "within_5", "within_10", "within_20", "macro_mae"),
    *("bias", "constant_mae", "informed_constant_mae", "ridge_mae", "knn_mae", "skill"),
}


@dataclass
class Step:
    """What one `dvc repro` printed and left."""

    output: str
    lock: str
    catalogue: pd.DataFrame
    split: pd.DataFrame
    metrics: dict[str, dict[str, object]]

    @property
    def ran(self) -> list[str]:
        return re.findall(r"^Running stage '(\w+)'", self.output, re.MULTILINE)


@dataclass
class Walk:
    """One project and the steps it went through."""

    project: Project
    first: Step
    nothing_to_do: Step
    raised: Step
    lowered: Step


def repro(project: Project) -> Step:
    done = project.run("dvc", "repro")
    data = project.folder / "data"
    return Step(
        done.stdout + done.stderr,
        project.read("dvc.lock"),
        pd.read_csv(data / "catalogue.csv", keep_default_na=False),
        pd.read_csv(data / "split.csv", keep_default_na=False),
        json.loads(project.read("metrics/evaluation.json")),
    )


@pytest.fixture(scope="module")
def walk(
    tmp_path_factory: pytest.TempPathFactory, make_small_project: Callable[[Path], Project]
) -> Walk:
    project = make_small_project(tmp_path_factory.mktemp("walk"))
    first = repro(project)
    nothing_to_do = repro(project)
    project.set(rebalance__t=4)
    raised = repro(project)
    project.set(rebalance__t=3)
    return Walk(project, first, nothing_to_do, raised, repro(project))


def query(project: Project, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(project.folder / "mlflow.db") as database:
        return database.execute(sql).fetchall()


def test_every_stage_runs_once_from_nothing(walk: Walk) -> None:
    assert walk.first.ran == [
        *("inputs", "scrape", "rebalance", "embed", "split", "train", "evaluate")
    ]


def test_with_nothing_to_do_only_the_inputs_are_looked_at(walk: Walk) -> None:
    assert walk.nothing_to_do.ran == ["inputs"]
    assert walk.nothing_to_do.lock == walk.first.lock


def test_raising_t_leaves_the_initial_catalogue_alone(walk: Walk) -> None:
    assert walk.raised.ran == ["inputs", "rebalance", "embed", "split", "train", "evaluate"]


def test_raising_t_embeds_only_the_new_posters(walk: Walk) -> None:
    added = len(walk.raised.catalogue) - len(walk.first.catalogue)
    assert added == 20
    assert f"embed: {len(walk.first.catalogue)} new posters, 0 from the cache" in walk.first.output
    assert (
        f"embed: {added} new posters, {len(walk.first.catalogue)} from the cache"
        in walk.raised.output
    )


def test_going_back_restores_the_same_hashes_without_running(walk: Walk) -> None:
    assert walk.raised.lock != walk.first.lock
    assert walk.lowered.lock == walk.first.lock
    assert walk.lowered.ran == ["inputs"]
    assert walk.lowered.metrics == walk.first.metrics


def test_a_cold_build_elsewhere_gives_the_same_hashes(
    walk: Walk, tmp_path: Path, make_small_project: Callable[[Path], Project]
) -> None:
    cold = make_small_project(tmp_path)
    cold.set(rebalance__t=4)
    assert repro(cold).lock == walk.raised.lock


def test_no_output_names_this_machine(walk: Walk) -> None:
    folder = walk.project.folder
    for file in (*folder.glob("data/**/*"), *folder.glob("metrics/*"), folder / "dvc.lock"):
        if file.is_file():
            assert str(folder.parent).encode() not in file.read_bytes(), file


def test_the_catalogue_holds_each_movie_once_with_its_own_picture(walk: Walk) -> None:
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
        # The small tables write the year into the id, so that a mix-up can't go unnoticed.
        assert str(row.imdb_id)[3:7] == str(row.year)
        if kept.exists():  # the last step has gone back to fewer movies
            assert kept.read_bytes() == given.read_bytes()
            compared += 1
    assert compared == len(walk.first.catalogue)


def test_years_before_2000_reach_t_and_later_ones_are_left(walk: Walk) -> None:
    counted = walk.raised.catalogue.query("origin != 'reserve'")["year"].value_counts()
    assert (counted[counted.index < 2000] == 4).all()
    assert (counted[counted.index >= 2000] == 6).all()


def test_the_balanced_test_is_the_same_for_every_t(walk: Walk) -> None:
    def balanced(step: Step) -> set[str]:
        return set(step.split.query("part == 'balanced'")["imdb_id"])

    assert len(balanced(walk.first)) == 30
    assert balanced(walk.first) == balanced(walk.raised)
    reserve = walk.first.catalogue.query("origin == 'reserve'")
    assert set(reserve["imdb_id"]) == balanced(walk.first)
    assert sorted(reserve["year"]) == list(range(1980, 2010))


def test_no_movie_changes_sides_when_t_changes(walk: Walk) -> None:
    both = walk.first.split.merge(walk.raised.split, on="imdb_id", suffixes=("", "_raised"))
    assert len(both) == len(walk.first.split)
    assert (both["part"] == both["part_raised"]).all()


def test_embeddings_are_one_row_a_movie_beside_their_ids(walk: Walk) -> None:
    folder = walk.project.folder / "data" / "embeddings"
    matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
    ids = (folder / "ids.txt").read_text().split()
    assert matrix.dtype == np.float32
    assert matrix.shape == (len(walk.lowered.catalogue), 1280)
    assert ids == list(walk.lowered.catalogue["imdb_id"])


def test_the_metrics_hold_both_tests_and_what_they_ran_on(walk: Walk) -> None:
    metrics = walk.first.metrics
    assert list(metrics) == ["natural", "balanced", "run"]
    for test in ("natural", "balanced"):
        assert set(metrics[test]) == TEST_KEYS
    assert metrics["balanced"]["n"] == 30
    run = metrics["run"]
    assert run["caveats"] == ["random MobileNetV2 weights"]
    assert run["t"] == 3
    assert run["source"] == ["table"]
    assert sum(run["counts"].values()) == len(walk.first.catalogue)  # type: ignore[attr-defined]


def test_the_counts_before_and_after_add_up(walk: Walk) -> None:
    counts = json.loads(walk.project.read("metrics/catalogue.json"))
    assert counts["before"] == {"movies": 80, "before_2000": 20}
    assert counts["added"] == 40
    assert counts["after"] == {"movies": 120, "before_2000": 60}
    assert counts["short"] == {"years": 0, "movies": 0}
    assert counts["refused"] == {"scrape": {}, "rebalance": {}}


def test_each_tested_movie_stands_with_the_year_that_was_guessed(walk: Walk) -> None:
    predictions = pd.read_csv(walk.project.folder / "data" / "predictions.csv")
    split = walk.lowered.split
    for test in ("natural", "balanced"):
        rows = predictions[predictions["test"] == test]
        assert set(rows["imdb_id"]) == set(split["imdb_id"][split["part"] == test])
        error = float((rows["predicted"] - rows["year"]).abs().mean())
        mae = walk.lowered.metrics[test]["mae"]
        assert error == pytest.approx(mae, abs=0.06)


def test_each_plot_is_a_picture_of_readable_size(walk: Walk) -> None:
    declared = yaml.safe_load(walk.project.read("dvc.yaml"))["plots"]
    pictures = [plot for plot in declared if isinstance(plot, str)]
    assert len(pictures) == 6
    for plot in pictures:
        with Image.open(walk.project.folder / plot) as image:
            assert image.format == "PNG"
            assert min(image.size) >= 350


def test_each_trained_model_is_one_mlflow_run_that_can_be_told_apart(walk: Walk) -> None:
    names = [name for (name,) in query(walk.project, "SELECT name FROM runs ORDER BY start_time")]
    assert len(names) == 2
    assert re.fullmatch(r"t=3 MobileNetV2 avg [0-9a-f]{7}", str(names[0]))
    assert re.fullmatch(r"t=4 MobileNetV2 avg [0-9a-f]{7}", str(names[1]))
    thresholds = query(walk.project, "SELECT value FROM params WHERE key = 'rebalance.t'")
    assert sorted(thresholds) == [("3",), ("4",)]


def test_an_mlflow_run_holds_metrics_curves_hashes_plots_and_its_data(walk: Walk) -> None:
    metrics = dict(query(walk.project, "SELECT key, count(*) FROM metrics GROUP BY key"))
    assert metrics["natural.mae"] == metrics["balanced.skill"] == 2
    assert metrics["train.val_mae"] >= 2 * 2, "one value an epoch and run"
    tags = dict(query(walk.project, "SELECT key, value FROM tags"))
    assert {"model_sha256", "catalogue_sha256", "embeddings_sha256", "git_commit"} <= set(tags)
    assert tags["caveats"] == "random MobileNetV2 weights"
    logged = {
        value
        for (value,) in query(walk.project, "SELECT value FROM metrics WHERE key = 'balanced.mae'")
    }
    assert logged == {step.metrics["balanced"]["mae"] for step in (walk.first, walk.raised)}
    names = {key for (key,) in query(walk.project, "SELECT DISTINCT key FROM params")}
    assert names == {name for name in flatten(load_params()) if not name.startswith("fetch.")}
    commit = walk.project.run("git", "rev-parse", "HEAD").stdout.strip()
    assert query(walk.project, "SELECT DISTINCT value FROM tags WHERE key = 'git_commit'") == [
        (commit,)
    ]
    assert query(walk.project, "SELECT count(*) FROM inputs") == [(2,)]
    kept = {file.name for file in walk.project.folder.glob("mlartifacts/*/artifacts/*")}
    assert {"neighbours.png", "loss_curve.png", "evaluation.json"} <= kept


def test_dvc_status_is_clean_but_for_the_look_at_the_inputs(walk: Walk) -> None:
    status = json.loads(walk.project.run("dvc", "status", "--json").stdout)
    assert status == {"inputs": ["always changed"]}


def test_git_sees_metrics_plots_and_lock_and_nothing_of_the_data(walk: Walk) -> None:
    changed = walk.project.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    folders = {line[3:].split("/")[0] for line in changed.splitlines()}
    assert folders <= {"dvc.lock", "metrics", "plots"}


def test_dvc_shows_metrics_and_plots(walk: Walk) -> None:
    shown = json.loads(walk.project.run("dvc", "metrics", "show", "--json").stdout)
    assert "metrics/evaluation.json" in shown[""]["data"]
    walk.project.run("dvc", "plots", "show")
    page = walk.project.read("dvc_plots/index.html")
    assert "neighbours.png" in page
    assert "val_mae" in page


def test_an_experiment_in_a_throw_away_copy_uses_the_same_caches(walk: Walk) -> None:
    walk.project.commit()
    runs_before = query(walk.project, "SELECT count(*) FROM runs")[0][0]
    # A path relative to the repository means the repository, not the copy.
    done = walk.project.run("dvc", "exp", "run", "--temp", "-S", "rebalance.t=5", "-n", "five")
    assert "embed: 20 new posters, 170 from the cache" in done.stdout + done.stderr
    runs = query(walk.project, "SELECT name FROM runs ORDER BY start_time")
    assert len(runs) == int(str(runs_before)) + 1
    assert str(runs[-1][0]).startswith("t=5 ")
    assert "five" in walk.project.run("dvc", "exp", "show", "--csv").stdout


def test_a_changed_poster_on_disk_is_noticed(walk: Walk) -> None:
    poster = walk.project.tables / "tt11980000.jpg"
    content = poster.read_bytes()
    Image.open(poster).rotate(180).save(poster)
    try:
        done = walk.project.run("dvc", "repro", "rebalance")
        assert re.findall(r"^Running stage '(\w+)'", done.stdout, re.MULTILINE) == [
            *("inputs", "scrape", "rebalance")
        ]
    finally:
        poster.write_bytes(content)
        walk.project.run("dvc", "repro", "rebalance")


def test_a_stage_that_fails_leaves_the_earlier_ones_intact(walk: Walk) -> None:
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
    again = walk.project.run("dvc", "repro")
    assert re.findall(r"^Running stage '(\w+)'", again.stdout, re.MULTILINE) == ["inputs"]
    assert walk.project.read("dvc.lock") == lock


# What a person asks of a finished project.


def predict(project: Project, *arguments: str) -> tuple[int, str, str]:
    done = project.run(sys.executable, "src/predict.py", *arguments, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_predict_answers_a_folder_and_files_as_json_and_still_names_the_bad_ones(
    walk: Walk, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    mine = draw("A Poster of My Own", 1990)
    folder = tmp_path / "posters"
    folder.mkdir()
    Image.open(mine).convert("L").save(folder / "grey.png")
    (folder / "notes.txt").write_text("not asked about")
    page = tmp_path / "page.jpg"
    page.write_text("<html>not found</html>")
    known = walk.project.tables / "tt11980000.jpg"
    code, output, errors = predict(
        walk.project,
        "--json",
        "--k",
        "4",
        str(mine),
        str(page),
        str(folder),
        "gone.jpg",
        str(known),
    )
    assert code == 2
    answers = [json.loads(line) for line in output.splitlines()]
    assert [Path(answer["file"]).name for answer in answers] == [
        *(mine.name, "grey.png", "tt11980000.jpg")
    ]
    for answer in answers:
        assert isinstance(answer["year"], int)
        similarities = [movie["similarity"] for movie in answer["neighbours"]]
        assert len(similarities) == 4
        assert similarities == sorted(similarities, reverse=True)
        assert set(answer["neighbours"][0]) == {"imdb_id", "title", "year", "similarity"}
        assert answer["caveats"] == ["random MobileNetV2 weights"]
    assert "tt11980000" not in [movie["imdb_id"] for movie in answers[-1]["neighbours"]]
    problems = [line for line in errors.splitlines() if line.startswith("predict: error:")]
    assert len(problems) == 2
    assert any("gone.jpg: no such file" in problem for problem in problems)
    assert any("page.jpg: unreadable" in problem for problem in problems)


def test_predict_speaks_to_a_person(walk: Walk, draw: Callable[[str, int], Path]) -> None:
    code, output, errors = predict(walk.project, str(draw("A Poster of My Own", 1990)))
    assert code == 0
    lines = output.splitlines()
    assert re.search(r"A Poster of My Own-1990\.jpg: \d{4}$", lines[0])
    assert len(lines) == 4
    assert re.search(r"1\. .+ \(\d{4}\) +similarity -?\d\.\d{4}  tt\d{7,}", lines[1])
    assert "random MobileNetV2 weights" in errors


def test_predict_refuses_a_network_other_than_the_one_that_was_used(
    walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    about = walk.project.folder / "data" / "model" / "about.json"
    content = about.read_text()
    about.unlink()
    about.write_text(content.replace('"seed": 0', '"seed": 1', 1))
    try:
        code, _, errors = predict(walk.project, str(draw("A Poster of My Own", 1990)))
    finally:
        about.write_text(content)
    assert code == 2
    assert "data/model and data/embeddings are of different runs: run `dvc repro`" in errors


def test_predict_refuses_weights_other_than_those_that_made_the_vectors(
    walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    files = [
        walk.project.folder / "data" / name
        for name in ("model/about.json", "embeddings/backbone.json")
    ]
    contents = [file.read_text() for file in files]
    digest = json.loads(contents[1])["weights_digest"]
    for file, content in zip(files, contents, strict=True):
        file.unlink()
        file.write_text(content.replace(digest, "0" * 64))
    try:
        code, output, errors = predict(walk.project, str(draw("A Poster of My Own", 1990)))
    finally:
        for file, content in zip(files, contents, strict=True):
            file.write_text(content)
    assert (code, output) == (2, "")
    assert "are not the ones that data/embeddings was made with" in errors


def test_the_mlflow_interface_serves_both_runs(walk: Walk) -> None:
    import os
    import socket
    import subprocess
    import time

    import requests

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            *("mlflow", "ui", "--port", str(port), "--workers", "1", "--backend-store-uri"),
            f"sqlite:///{walk.project.folder}/mlflow.db",
        ],
        cwd=walk.project.folder,
        env=walk.project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(120):
            try:
                page = requests.get(url, timeout=10)
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        assert page.status_code == 200
        experiment = requests.get(
            f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=poster-year", timeout=60
        ).json()["experiment"]
        found = requests.post(
            f"{url}/api/2.0/mlflow/runs/search",
            json={"experiment_ids": [experiment["experiment_id"]]},
            timeout=60,
        ).json()["runs"]
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
    names = {run["info"]["run_name"].split()[0] for run in found}
    assert {"t=3", "t=4"} <= names
