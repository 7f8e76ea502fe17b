"""The stages as processes: their outputs, and their messages for bad input."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from projects import Project, write_table

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path, make_small_project: Callable[[Path], Project]) -> Project:
    return make_small_project(tmp_path)


def test_damaged_table_stops_the_stage_before_it_writes(project: Project) -> None:
    table = project.tables / "initial.csv"
    content = table.read_text()
    table.write_text(content.replace("year", "yaer", 1))
    for stage in ("inputs", "scrape"):
        assert "initial.csv lacks the column year" in project.stage_error(stage)
    table.write_text(content.replace(",1982,", ",198?,", 1))
    assert "line 4: year '198?' is not a year" in project.stage_error("scrape")
    assert project.outputs() == {}


def test_invalid_parameter_stops_every_stage_before_it_writes(project: Project) -> None:
    project.set(rebalance__t=-1, rebalance__tt=30)
    for stage in ("inputs", "scrape", "rebalance", "embed", "split", "train", "evaluate"):
        error = project.stage_error(stage)
        assert "rebalance.t: Input should be greater than or equal to 0" in error
        assert "rebalance.tt: is not a known parameter" in error
    assert project.outputs() == {}


def test_missing_weights_file_stops_the_first_stage(project: Project) -> None:
    project.set(embed__weights="../weights/gone.h5")
    assert "embed.weights names no file: ../weights/gone.h5" in project.stage_error("inputs")


@pytest.mark.parametrize("stage", ["rebalance", "embed", "split", "train", "evaluate"])
def test_missing_input_of_a_stage_is_reported(project: Project, stage: str) -> None:
    assert "is missing: run `dvc repro`" in project.stage_error(stage)


def test_bad_posters_are_refused_and_counted(project: Project) -> None:
    bad = {"tt11980000": "missing", "tt11981000": "unreadable", "tt12000001": "not portrait"}
    (project.tables / "tt11980000.jpg").unlink()
    (project.tables / "tt11981000.jpg").write_text("<html>not found</html>")
    with Image.open(project.tables / "tt12000001.jpg") as image:
        image.rotate(90, expand=True).save(project.tables / "tt12000001.jpg")
    # All candidates of 1990 are unreadable.
    for number in range(6):
        (project.tables / f"tt21990{number:03d}.jpg").write_bytes(b"")
    project.stages("inputs", "scrape", "rebalance")
    refused = project.table("initial_refused")
    assert dict(zip(refused["imdb_id"], refused["reason"], strict=True)) == bad
    catalogue = project.table("catalogue")
    assert not set(bad) & set(catalogue["imdb_id"])
    counts = json.loads(project.read("metrics/catalogue.json"))
    assert counts["refused"] == {
        "scrape": {"missing": 1, "not portrait": 1, "unreadable": 1},
        "rebalance": {"unreadable": 6},
    }
    assert counts["before"]["movies"] == 77
    assert counts["short"] == {"years": 1, "movies": 2}
    short = [year for year in counts["years"] if year["short"]]
    assert short == [
        {"year": 1990, "before": 1, "after": 1, "reserve": 0, "short": 2, "reserve_short": 1}
    ]


def test_unused_movies_of_the_table_are_reported(project: Project) -> None:
    project.set(scrape__last_year=2008)
    assert project.stages("scrape").splitlines() == [
        "scrape: left out of the listings: 12 outside the years",
        "scrape: 74 movies (1180 short of scrape.movies); refused: none",
    ]
    project.set(scrape__movies=20)
    found = project.stages("scrape")
    assert "20 movies (as many as scrape.movies asks for; the table holds more)" in found


def test_run_that_finds_nothing_names_the_reasons(project: Project) -> None:
    project.set(scrape__first_year=1900, scrape__last_year=1960)
    found = re.search(
        "no movie of 1900 to 1960 with a usable poster was found in source.kind table; left out "
        "of the listings: ([0-9]+) outside the years; refused: none. Set the years",
        project.stage_error("scrape"),
    )
    assert found
    tables = [pd.read_csv(project.tables / f"{name}.csv") for name in ("initial", "pool")]
    assert int(found[1]) == sum(map(len, tables))


def test_table_of_only_bad_posters_stops_with_the_reasons(project: Project) -> None:
    for poster in project.tables.glob("tt1*.jpg"):
        poster.write_bytes(b"")
    error = project.stage_error("scrape")
    assert "80 of 80 posters can't be used, more than scrape.max_failed (0.5) allows" in error
    assert "most often (80 times): unreadable" in error
    assert project.outputs() == {}


def test_input_digests_change_with_table_posters_and_weights(project: Project) -> None:
    weights = project.tables / "mine.h5"
    weights.write_bytes(b"first")
    project.set(embed__weights="../tables/mine.h5")

    def digests() -> dict[str, str]:
        project.stages("inputs")
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


def test_one_table_serves_as_initial_catalogue_and_pool(project: Project) -> None:
    rows = [
        tuple(row)
        for name in ("initial", "pool")
        for row in pd.read_csv(project.tables / f"{name}.csv").itertuples(index=False)
    ]
    write_table(project.tables / "all.csv", rows)  # type: ignore[arg-type]
    project.set(source__table="../tables/all.csv", source__pool="../tables/all.csv")
    project.set(scrape__movies=60)
    project.stages("scrape", "rebalance")
    catalogue = project.table("catalogue")
    assert catalogue["imdb_id"].is_unique
    assert (catalogue["origin"] == "initial").sum() == 60
    assert (catalogue["origin"] == "reserve").sum() == 30


def test_generated_posters_are_marked(project: Project) -> None:
    project.set(source__kind="sample", source__table=None, source__pool=None, scrape__movies=30)
    printed = project.stages("inputs", "scrape", "rebalance")
    catalogue = project.table("catalogue")
    assert set(catalogue["source"]) == {"sample"}
    assert (catalogue["origin"] == "initial").sum() == 30
    assert (project.folder / ".cache" / "web" / "replica" / "ledger.sqlite").is_file()
    assert catalogue["poster_url"].str.startswith("https://images.replica.invalid/").all()
    assert json.loads(project.read("metrics/catalogue.json"))["caveats"] == ["generated posters"]
    assert "[generated posters]" in printed


def test_poster_replaced_after_its_check_is_not_embedded(project: Project) -> None:
    project.stages("inputs", "scrape", "rebalance")
    replaced, other, *_ = sorted((project.folder / "data" / "posters" / "initial").iterdir())
    replaced.write_bytes(other.read_bytes())
    assert f"{replaced.name} is not the poster that the" in project.stage_error("embed")


def test_crop_of_a_tested_poster_is_excluded_from_training(project: Project) -> None:
    def movie_of(year: int, origin: str) -> str:
        movies = project.table("catalogue").query("year == @year and origin == @origin")
        return str(movies["imdb_id"].iloc[0])

    def copies_of(tested: dict[str, str]) -> dict[str, str]:
        return {part: movie_of(int(movie[3:7]), "topup") for part, movie in tested.items()}

    def parts() -> dict[str, str]:
        split = project.table("split")
        return dict(zip(split["imdb_id"], split["part"], strict=True))

    project.stages("inputs", "scrape", "rebalance")
    tested = {"natural": "tt11982000", "balanced": movie_of(1995, "reserve")}
    copies = copies_of(tested)
    for part, movie in tested.items():
        with Image.open(project.tables / f"{movie}.jpg") as image:
            across, down = round(0.02 * image.width), round(0.02 * image.height)
            box = (across, down, image.width - across, image.height - down)
            image.crop(box).save(project.tables / f"{copies[part]}.jpg", quality=90)
    # The perceptual hash does not detect a crop: the copy is accepted.
    assert "refused: none" in project.stages("rebalance")
    assert copies_of(tested) == copies

    project.set(split__near_duplicate=1.0)
    assert "0 pairs of near-duplicate posters" in project.stages("embed", "split")
    without_check = parts()
    assert {without_check[copy] for copy in copies.values()} == {"train"}
    project.set(split__near_duplicate=0.97)
    assert "2 excluded" in project.stages("split")
    found = set(map(frozenset, project.table("near_duplicates").itertuples(index=False)))
    assert {frozenset((movie, copies[part])) for part, movie in tested.items()} <= found
    assert {movie: part for movie, part in parts().items() if part != without_check[movie]} == (
        dict.fromkeys(copies.values(), "excluded")
    )
    for part, movie in tested.items():
        assert parts()[movie] == part
