"""The stages as processes: their outputs, and their messages for bad input."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Project, write_table
from PIL import Image

pytestmark = pytest.mark.slow

MakeProject = Callable[[Path], Project]


@pytest.fixture
def project(tmp_path: Path, make_small_project: MakeProject) -> Project:
    return make_small_project(tmp_path)


def error_of(project: Project, stage: str) -> str:
    """The only line that a failing stage prints."""
    shown = project.error("env", "PYTHONPATH=src", sys.executable, f"stages/{stage}.py")
    (line,) = shown.strip().splitlines()
    assert line.startswith(f"{stage}: error: ")
    return line


def data_files(project: Project) -> list[str]:
    """The files under data/, including hidden and partial ones."""
    data = project.folder / "data"
    return sorted(file.relative_to(data).as_posix() for file in data.rglob("*") if file.is_file())


def test_damaged_table_stops_the_stage_before_it_writes(project: Project) -> None:
    table = project.tables / "initial.csv"
    content = table.read_text()
    table.write_text(content.replace("year", "yaer", 1))
    for stage in ("inputs", "scrape"):
        assert "initial.csv lacks the column year" in error_of(project, stage)
    table.write_text(content.replace(",1982,", ",198?,", 1))
    assert "line 4: year '198?' is not a year" in error_of(project, "scrape")
    assert data_files(project) == []


def test_invalid_parameter_stops_every_stage_before_it_writes(project: Project) -> None:
    project.set(rebalance__t=-1, rebalance__tt=30)
    for stage in ("inputs", "scrape", "rebalance", "embed", "split", "train", "evaluate"):
        error = error_of(project, stage)
        assert "rebalance.t: Input should be greater than or equal to 0" in error
        assert "rebalance.tt: is not a known parameter" in error
    assert data_files(project) == []


def test_missing_weights_file_stops_the_first_stage(project: Project) -> None:
    project.set(embed__weights="../weights/gone.h5")
    assert "embed.weights names no file: ../weights/gone.h5" in error_of(project, "inputs")


@pytest.mark.parametrize("stage", ["rebalance", "embed", "split", "train", "evaluate"])
def test_missing_input_of_a_stage_is_reported(project: Project, stage: str) -> None:
    assert "is missing: run `dvc repro`" in error_of(project, stage)


def test_bad_posters_are_refused_and_counted(project: Project) -> None:
    bad = {
        **{"tt11980000": "missing", "tt11981000": "unreadable", "tt12000001": "not portrait"},
        **{"tt12001000": "unreadable", "tt12001001": "outside the folder"},
        **{"tt12001002": "too large"},
    }
    (project.tables / "tt11980000.jpg").unlink()
    (project.tables / "tt11981000.jpg").write_text("<html>not found</html>")
    with Image.open(project.tables / "tt12000001.jpg") as image:
        image.rotate(90, expand=True).save(project.tables / "tt12000001.jpg")
    fifo, link, huge = (project.tables / f"tt1200100{number}.jpg" for number in range(3))
    fifo.unlink()
    os.mkfifo(fifo)
    link.rename(project.tables.parent / link.name)
    link.symlink_to(project.tables.parent / link.name)
    os.truncate(huge, 10_000_001)
    # All candidates of 1990 are unreadable.
    for number in range(6):
        (project.tables / f"tt21990{number:03d}.jpg").write_bytes(b"")
    for stage in ("inputs", "scrape", "rebalance"):
        done = project.stage(stage)
        assert done.returncode == 0, done.stderr
    refused = pd.read_csv(project.folder / "data" / "initial_refused.csv")
    assert dict(zip(refused["imdb_id"], refused["reason"], strict=True)) == bad
    catalogue = pd.read_csv(project.folder / "data" / "catalogue.csv")
    assert not set(bad) & set(catalogue["imdb_id"])
    counts = json.loads(project.read("metrics/catalogue.json"))
    assert counts["refused"]["scrape"] == {
        **{"missing": 1, "not portrait": 1, "outside the folder": 1, "too large": 1},
        "unreadable": 2,
    }
    assert counts["refused"]["rebalance"] == {"unreadable": 6}
    assert counts["before"]["movies"] == 74
    assert counts["short"] == {"years": 1, "movies": 2}
    short = [year for year in counts["years"] if year["short"]]
    assert short == [
        {"year": 1990, "before": 1, "after": 1, "reserve": 0, "short": 2, "reserve_short": 1}
    ]


def test_unused_movies_of_the_table_are_reported(project: Project) -> None:
    project.set(scrape__last_year=2008)
    done = project.stage("scrape")
    assert done.stdout == "scrape: left out of the listings: 12 outside the years\n" + (
        "scrape: 74 movies (1180 short of scrape.movies); refused: none\n"
    )
    project.set(scrape__movies=20)
    done = project.stage("scrape")
    assert "20 movies (as many as scrape.movies asks for; the table holds more)" in done.stdout


def test_run_that_finds_nothing_names_the_reasons(project: Project) -> None:
    project.set(scrape__first_year=1900, scrape__last_year=1960)
    found = re.search(
        "no movie of 1900 to 1960 with a usable poster was found in source.kind table; left out "
        "of the listings: ([0-9]+) outside the years; refused: none. Set the years",
        error_of(project, "scrape"),
    )
    assert found
    tables = [pd.read_csv(project.tables / f"{name}.csv") for name in ("initial", "pool")]
    assert int(found[1]) == sum(map(len, tables))


def test_table_of_only_bad_posters_stops_with_the_reasons(project: Project) -> None:
    for poster in project.tables.glob("tt1*.jpg"):
        poster.write_bytes(b"")
    error = error_of(project, "scrape")
    assert "80 of 80 posters can't be used, more than scrape.max_failed (0.5) allows" in error
    assert "most often (80 times): unreadable" in error
    assert data_files(project) == []


def test_input_digests_change_with_table_posters_and_weights(project: Project) -> None:
    weights = project.tables / "mine.h5"
    weights.write_bytes(b"first")
    project.set(embed__weights="../tables/mine.h5")

    def digests() -> dict[str, str]:
        assert project.stage("inputs").returncode == 0
        return {
            name: project.read(f"data/inputs/{name}.json") for name in ("table", "pool", "weights")
        }

    before = digests()
    assert digests() == before
    weights.write_bytes(b"second")
    assert {name for name, text in digests().items() if text != before[name]} == {"weights"}
    (project.tables / "tt21990000.jpg").write_bytes(b"another picture")
    assert {name for name, text in digests().items() if text != before[name]} == {"pool", "weights"}
    table = project.tables / "initial.csv"
    table.write_text(table.read_text().replace("Movie 11980000", "Another Title"))
    assert {name for name, text in digests().items() if text == before[name]} == set()


def test_one_table_serves_as_initial_catalogue_and_pool(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    rows = [
        tuple(row)
        for name in ("initial", "pool")
        for row in pd.read_csv(project.tables / f"{name}.csv").itertuples(index=False)
    ]
    write_table(project.tables / "all.csv", rows)  # type: ignore[arg-type]
    project.set(source__table="../tables/all.csv", source__pool="../tables/all.csv")
    project.set(scrape__movies=60)
    for stage in ("scrape", "rebalance"):
        assert project.stage(stage).returncode == 0
    catalogue = pd.read_csv(project.folder / "data" / "catalogue.csv")
    assert catalogue["imdb_id"].is_unique
    assert (catalogue["origin"] == "initial").sum() == 60
    assert (catalogue["origin"] == "reserve").sum() == 30


def test_generated_posters_are_marked(project: Project) -> None:
    project.set(source__kind="sample", source__table=None, source__pool=None, scrape__movies=30)
    for stage in ("inputs", "scrape", "rebalance"):
        done = project.stage(stage)
        assert done.returncode == 0, done.stderr
    catalogue = pd.read_csv(project.folder / "data" / "catalogue.csv")
    assert set(catalogue["source"]) == {"sample"}
    assert (catalogue["origin"] == "initial").sum() == 30
    assert (project.folder / ".cache" / "web" / "replica" / "ledger.sqlite").is_file()
    assert catalogue["poster_url"].str.startswith("https://images.replica.invalid/").all()
    assert json.loads(project.read("metrics/catalogue.json"))["caveats"] == ["generated posters"]
    assert "[generated posters]" in done.stdout


def test_poster_replaced_after_its_check_is_not_embedded(project: Project) -> None:
    for stage in ("inputs", "scrape", "rebalance"):
        assert project.stage(stage).returncode == 0
    replaced, other, *_ = sorted((project.folder / "data" / "posters" / "initial").iterdir())
    replaced.write_bytes(other.read_bytes())
    assert f"{replaced.name} is not the poster that the" in error_of(project, "embed")


def test_crop_of_a_tested_poster_is_excluded_from_training(
    project: Project,
) -> None:
    def run(*stages: str) -> str:
        for stage in stages:
            done = project.stage(stage)
            assert done.returncode == 0, done.stderr
        return done.stdout

    def topup_of(year: int) -> str:
        catalogue = pd.read_csv(project.folder / "data" / "catalogue.csv")
        movies = catalogue[(catalogue["year"] == year) & (catalogue["origin"] == "topup")]
        return str(movies["imdb_id"].iloc[0])

    run("inputs", "scrape", "rebalance")
    reserve = pd.read_csv(project.folder / "data" / "catalogue.csv").query("origin == 'reserve'")
    tested = {
        "natural": "tt11982000",
        "balanced": str(reserve["imdb_id"][reserve["year"] == 1995].item()),
    }
    copies = {part: topup_of(int(movie[3:7])) for part, movie in tested.items()}
    for part, movie in tested.items():
        with Image.open(project.tables / f"{movie}.jpg") as image:
            across, down = round(0.02 * image.width), round(0.02 * image.height)
            box = (across, down, image.width - across, image.height - down)
            image.crop(box).save(project.tables / f"{copies[part]}.jpg", quality=90)
    # The perceptual hash does not detect a crop: the copy is accepted.
    assert "refused: none" in run("rebalance")
    assert {part: topup_of(int(movie[3:7])) for part, movie in tested.items()} == copies

    def parts() -> dict[str, str]:
        split = pd.read_csv(project.folder / "data" / "split.csv")
        return dict(zip(split["imdb_id"], split["part"], strict=True))

    project.set(split__near_duplicate=1.0)
    assert "0 pairs of near-duplicate posters" in run("embed", "split")
    without_check = parts()
    assert {without_check[copy] for copy in copies.values()} == {"train"}
    project.set(split__near_duplicate=0.97)
    assert "2 excluded" in run("split")
    pairs = pd.read_csv(project.folder / "data" / "near_duplicates.csv")
    found = set(map(frozenset, pairs.itertuples(index=False)))
    assert {frozenset((movie, copies[part])) for part, movie in tested.items()} <= found
    assert {movie: part for movie, part in parts().items() if part != without_check[movie]} == (
        dict.fromkeys(copies.values(), "excluded")
    )
    for part, movie in tested.items():
        assert parts()[movie] == part
