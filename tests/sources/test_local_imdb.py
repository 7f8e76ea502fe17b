"""The local server that stands in for IMDb gives the same catalogue over HTTP."""

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
from posters.sources.imdb_datasets import BASICS, RATINGS
from posters.sources.local_imdb import DATASETS, HOSTS, IMAGES, SUGGESTIONS, LocalImdb, serve
from posters.sources.table import TableCatalogue, Tables

MakeProject = Callable[[Path], Project]


def catalogue(project: Project, **source: object) -> pd.DataFrame:
    """The catalogue that scrape and rebalance make from a source."""
    project.set(**{f"source__{key}": value for key, value in source.items()})
    for stage in ("inputs", "scrape", "rebalance"):
        done = project.stage(stage)
        assert done.returncode == 0, done.stderr
    path = project.folder / "data" / "catalogue.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def without_origin(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that must be equal."""
    return frame.drop(columns=["source", "poster_url"])


@pytest.mark.slow
def test_local_server_gives_the_same_catalogue_as_two_tables(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    from_table = catalogue(project, kind="table")
    (project.tables / "tt11980000.jpg").rename(project.tables / "missing.jpg")
    with_gap = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert set(over_http["source"]) == {"replica"}
    assert without_origin(over_http).equals(without_origin(with_gap))
    assert "tt11980000" in set(from_table["imdb_id"])
    assert "tt11980000" not in set(over_http["imdb_id"])


@pytest.mark.slow
def test_local_server_gives_the_same_catalogue_as_one_table(
    tmp_path: Path, shared: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    project.set(scrape__movies=60, scrape__first_year=1950, scrape__last_year=1959)
    project.set(rebalance__t=12, rebalance__reserve=2)
    table = f"{shared}/posters/pool.csv"
    project.set(source__table=table, source__pool=table)
    from_table = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert (from_table["origin"] == "initial").sum() == 60
    assert len(from_table) > 120
    assert without_origin(over_http).equals(without_origin(from_table))


def test_posters_on_the_web_are_refused(tmp_path: Path) -> None:
    table = write_table(
        tmp_path / "movies.csv", [("tt0000001", "A Film", 1950, "https://posters.example/1.jpg")]
    )
    with pytest.raises(TableError, match=r"posters\.example"):
        TableCatalogue(Tables(table, table, seed=1))


@pytest.fixture
def served(tmp_path: Path, draw: Callable[[str, int], Path]) -> TableCatalogue:
    poster = draw("A Film", 1950)
    rows = [
        ("tt0000002", 'The "Quoted', 1950, str(poster)),
        ("tt0000001", "Tab\tand  spaces", 1950, str(poster)),
        ("tt0000003", "Gone", 1951, "gone.jpg"),
    ]
    table = write_table(tmp_path / "movies.csv", rows)
    return TableCatalogue(Tables(table, table, seed=1))


def get(routes: dict[str, str], host: str, path: str) -> requests.Response:
    return requests.get(routes[host] + path, headers={"Host": host}, timeout=10)


def test_data_sets_have_the_real_shape(served: TableCatalogue) -> None:
    local_imdb = LocalImdb(served, "test")
    with serve(local_imdb) as routes:
        folder = local_imdb.endpoints.datasets.partition(DATASETS)[2]
        basics, ratings = (
            gzip.decompress(get(routes, DATASETS, folder + name).content).decode()
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


def test_suggestions_and_pictures_are_served_until_the_block_ends(served: TableCatalogue) -> None:
    local_imdb = LocalImdb(served, "test")
    with serve(local_imdb) as routes:
        folder = local_imdb.endpoints.suggestions.partition(SUGGESTIONS)[2]
        answer = get(routes, SUGGESTIONS, f"{folder}tt0000002.json").json()
        items = {item["id"]: item for item in answer["d"]}
        assert len(items) == 2
        address = items["tt0000002"]["i"]["imageUrl"]
        picture = get(routes, IMAGES, address.partition(IMAGES)[2])
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert picture.content == served.picture("tt0000002")
        without = get(routes, SUGGESTIONS, f"{folder}tt0000003.json").json()
        assert "i" not in without["d"][1]
        for host, path in ((SUGGESTIONS, "/tt9.json"), (IMAGES, "/x-y.jpg"), (DATASETS, "/a")):
            assert get(routes, host, path).status_code == 404
        assert all(server.startswith("http://127.0.0.1:") for server in routes.values())
    with pytest.raises(requests.ConnectionError):
        get(routes, IMAGES, "/robots.txt")
    assert all(host.endswith(".invalid") for host in HOSTS)


def test_addresses_change_with_the_answers(
    served: TableCatalogue, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    table = write_table(
        tmp_path / "other.csv", [("tt0000009", "Other", 1950, str(draw("A Film", 1950)))]
    )
    other = TableCatalogue(Tables(table, table, seed=1))
    endpoints = LocalImdb(served, "test").endpoints
    assert LocalImdb(served, "test").endpoints == endpoints
    assert LocalImdb(other, "test").endpoints.datasets != endpoints.datasets


@pytest.mark.slow
def test_run_records_its_data_sets_and_downloads_changed_posters(
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

    described = json.loads(project.read("data/source.json"))["datasets"]
    assert set(described) == {BASICS, RATINGS}
    metrics = json.loads(project.read("metrics/catalogue.json"))["source"]
    assert metrics["datasets"] == described
    assert metrics["name"] == "replica"
    # A top-up from other data sets than the initial catalogue's would mix two days.
    described[BASICS]["sha256"] = "0" * 64
    (project.folder / "data" / "source.json").write_text(json.dumps({"datasets": described}))
    done = project.stage("rebalance")
    assert done.returncode == 1
    assert "dvc repro --force scrape" in done.stderr
