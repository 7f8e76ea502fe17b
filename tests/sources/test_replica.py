"""The local server that stands in for IMDb: over HTTP the same catalogue comes out."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import requests
from conftest import Project, write_table
from PIL import Image, ImageOps

from posters.errors import TableError
from posters.sources.imdb import BASICS, RATINGS
from posters.sources.replica import DATASETS, HOSTS, IMAGES, SUGGESTIONS, Replica
from posters.sources.table import Tables, TableShelf

MakeProject = Callable[[Path], Project]


def catalogue(project: Project, **source: object) -> pd.DataFrame:
    """What scrape and rebalance make of a source."""
    project.set(**{f"source__{key}": value for key, value in source.items()})
    for stage in ("inputs", "scrape", "rebalance"):
        done = project.stage(stage)
        assert done.returncode == 0, done.stderr
    path = project.folder / "data" / "catalogue.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def without_origin(frame: pd.DataFrame) -> pd.DataFrame:
    """Where a poster came from is all that may differ."""
    return frame.drop(columns=["source", "poster_url"])


def test_the_replica_gives_the_same_catalogue_as_the_tables(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    from_table = catalogue(project, kind="table")
    (project.tables / "tt11980000.jpg").rename(project.tables / "gone.jpg")
    with_gap = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert set(over_http["source"]) == {"replica"}
    assert without_origin(over_http).equals(without_origin(with_gap))
    assert "tt11980000" in set(from_table["imdb_id"])
    assert "tt11980000" not in set(over_http["imdb_id"])


def test_one_table_named_twice_gives_the_same_catalogue_too(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    project.set(source__table="../tables/pool.csv", scrape__movies=60)
    from_table = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert (from_table["origin"] == "initial").sum() == 60
    assert without_origin(over_http).equals(without_origin(from_table))


def test_posters_on_the_web_can_not_be_served(tmp_path: Path) -> None:
    table = write_table(
        tmp_path / "movies.csv", [("tt0000001", "A Film", 1950, "https://posters.example/1.jpg")]
    )
    with pytest.raises(TableError, match=r"posters\.example"):
        TableShelf(Tables(table, table, seed=1))


def test_real_posters_over_http_give_the_same_catalogue(
    tmp_path: Path, shared: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    tables = {name: f"{shared}/posters/{name}.csv" for name in ("initial", "pool")}
    project.set(scrape__movies=60, scrape__first_year=1950, scrape__last_year=1959)
    project.set(rebalance__t=12, rebalance__reserve=2)
    project.set(source__table=tables["initial"], source__pool=tables["pool"])
    from_table = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert len(from_table) > 120
    assert without_origin(over_http).equals(without_origin(from_table))


@pytest.fixture
def served(tmp_path: Path, draw: Callable[[str, int], Path]) -> TableShelf:
    poster = draw("A Film", 1950)
    rows = [
        ("tt0000002", 'The "Quoted', 1950, str(poster)),
        ("tt0000001", "Tab\tand  spaces", 1950, str(poster)),
        ("tt0000003", "Gone", 1951, "gone.jpg"),
    ]
    table = write_table(tmp_path / "movies.csv", rows)
    return TableShelf(Tables(table, table, seed=1))


def get(replica: Replica, host: str, path: str) -> requests.Response:
    return requests.get(replica.routes[host] + path, headers={"Host": host}, timeout=10)


def test_its_data_sets_have_the_real_ones_shape(served: TableShelf) -> None:
    with Replica(served, "test") as replica:
        folder = replica.edition.datasets.partition(DATASETS)[2]
        basics, ratings = (
            gzip.decompress(get(replica, DATASETS, folder + name).content).decode()
            for name in (BASICS, RATINGS)
        )
    rows = [*csv.reader(basics.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert rows[0][:2] == ["tconst", "titleType"]
    assert {len(row) for row in rows} == {9}
    titles = {row[0]: row[2] for row in rows}
    assert titles["tt0000002"] == 'The "Quoted'
    assert titles["tt0000001"] == "Tab and  spaces"
    assert {row[1] for row in rows[1:]} == {"movie", "short", "tvEpisode"}
    assert len(ratings.splitlines()) == 4


def test_it_suggests_a_film_among_others_and_serves_its_picture(served: TableShelf) -> None:
    with Replica(served, "test") as replica:
        folder = replica.edition.suggestions.partition(SUGGESTIONS)[2]
        answer = get(replica, SUGGESTIONS, f"{folder}tt0000002.json").json()
        items = {item["id"]: item for item in answer["d"]}
        assert len(items) == 2
        address = items["tt0000002"]["i"]["imageUrl"]
        picture = get(replica, IMAGES, address.partition(IMAGES)[2])
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert picture.content == served.picture("tt0000002")
        without = get(replica, SUGGESTIONS, f"{folder}tt0000003.json").json()
        assert "i" not in without["d"][1]
        for host, path in ((SUGGESTIONS, "/tt9.json"), (IMAGES, "/x-y.jpg"), (DATASETS, "/a")):
            assert get(replica, host, path).status_code == 404


def test_what_is_served_decides_the_addresses_and_nothing_leaves_the_machine(
    served: TableShelf, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    table = write_table(
        tmp_path / "other.csv", [("tt0000009", "Other", 1950, str(draw("A Film", 1950)))]
    )
    other = TableShelf(Tables(table, table, seed=1))
    with (
        Replica(served, "test") as one,
        Replica(served, "test") as same,
        Replica(other, "x") as two,
    ):
        assert one.edition == same.edition
        assert one.edition.datasets != two.edition.datasets
        assert all(server.startswith("http://127.0.0.1:") for server in one.routes.values())
    assert all(host.endswith(".invalid") for host in HOSTS)


def test_a_replica_is_gone_when_its_block_ends(served: TableShelf) -> None:
    with Replica(served, "test") as replica:
        assert get(replica, IMAGES, "/robots.txt").ok
    with pytest.raises(requests.ConnectionError):
        get(replica, IMAGES, "/robots.txt")


def test_the_run_names_the_data_sets_it_used(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    catalogue(project, kind="imdb", replica=True)
    described = json.loads(project.read("data/source.json"))["datasets"]
    assert set(described) == {BASICS, RATINGS}
    metrics = json.loads(project.read("metrics/catalogue.json"))["source"]
    assert metrics["datasets"] == described
    assert metrics["name"] == "replica"
    # With other data sets than the initial catalogue's the top-up would mix two days.
    described[BASICS]["sha256"] = "0" * 64
    (project.folder / "data" / "source.json").write_text(json.dumps({"datasets": described}))
    done = project.stage("rebalance")
    assert done.returncode == 1
    assert "dvc repro --force scrape" in done.stderr


def test_a_poster_that_changed_is_fetched_anew_though_the_tables_are_the_same(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    before = catalogue(project, kind="imdb", replica=True).set_index("imdb_id")
    changed, kept = before.index[:2]
    with Image.open(project.tables / f"{changed}.jpg") as poster:
        ImageOps.invert(poster.convert("RGB")).save(project.tables / f"{changed}.jpg")
    after = catalogue(project, kind="imdb", replica=True).set_index("imdb_id")
    assert after.loc[changed, "poster_url"] != before.loc[changed, "poster_url"]
    assert after.loc[changed, "sha256"] != before.loc[changed, "sha256"]
    assert after.loc[kept].equals(before.loc[kept])
