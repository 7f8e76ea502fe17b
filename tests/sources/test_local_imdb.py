"""The local server that stands in for IMDb gives the same catalogue over HTTP."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import requests
from PIL import Image, ImageOps
from projects import Project, write_table
from sites import params_with

from posters.errors import TableError
from posters.sources.imdb_datasets import BASICS, RATINGS
from posters.sources.local_imdb import DATASETS, HOSTS, IMAGES, SUGGESTIONS, LocalImdb, serve
from posters.sources.table import TableCatalogue, Tables

MakeProject = Callable[[Path], Project]
SAME = ["imdb_id", "title", "year", "file", "sha256", "width", "height", "origin"]


def catalogue(project: Project, **source: object) -> pd.DataFrame:
    """The catalogue that scrape and rebalance make from a source."""
    project.set(**{f"source__{key}": value for key, value in source.items()})
    project.stages("inputs", "scrape", "rebalance")
    path = project.folder / "data" / "catalogue.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.mark.slow
def test_local_server_gives_the_same_catalogue_as_the_tables(
    tmp_path: Path, make_small_project: MakeProject
) -> None:
    project = make_small_project(tmp_path)
    from_table = catalogue(project, kind="table")
    (project.tables / "tt11980000.jpg").rename(project.tables / "missing.jpg")
    with_gap = catalogue(project, kind="table")
    over_http = catalogue(project, kind="imdb", replica=True)
    assert set(over_http["source"]) == {"replica"}
    assert over_http[SAME].equals(with_gap[SAME])
    assert "tt11980000" in set(from_table["imdb_id"])
    assert "tt11980000" not in set(over_http["imdb_id"])


def test_posters_on_the_web_are_refused(tmp_path: Path) -> None:
    table = write_table(
        tmp_path / "movies.csv", [("tt0000001", "A Film", 1950, "https://posters.example/1.jpg")]
    )
    with pytest.raises(TableError, match=r"posters\.example"):
        TableCatalogue(Tables(params_with(source={"table": str(table), "pool": str(table)})))


def test_answers_have_the_real_shape(tmp_path: Path, draw: Callable[[str, int], Path]) -> None:
    poster = draw("A Film", 1950)
    rows = [
        ("tt0000002", 'The "Quoted', 1950, str(poster)),
        ("tt0000001", "Tab\tand  spaces", 1950, str(poster)),
        ("tt0000003", "Gone", 1951, "gone.jpg"),
    ]
    table = write_table(tmp_path / "movies.csv", rows)
    source = {"table": str(table), "pool": str(table), "allow_outside": True}
    tables = Tables(params_with(source=source))
    local_imdb = LocalImdb(TableCatalogue(tables), "test")
    datasets = local_imdb.endpoints.datasets.partition(DATASETS)[2]
    suggestions = local_imdb.endpoints.suggestions.partition(SUGGESTIONS)[2]
    with serve(local_imdb) as routes:

        def get(host: str, path: str) -> requests.Response:
            return requests.get(routes[host] + path, headers={"Host": host}, timeout=10)

        basics, ratings = (
            gzip.decompress(get(DATASETS, datasets + name).content).decode()
            for name in (BASICS, RATINGS)
        )
        answer = get(SUGGESTIONS, f"{suggestions}tt0000002.json").json()
        picture = get(IMAGES, answer["d"][1]["i"]["imageUrl"].partition(IMAGES)[2])
        without = get(SUGGESTIONS, f"{suggestions}tt0000003.json").json()
        for host, path in ((SUGGESTIONS, "/tt9.json"), (IMAGES, "/x-y.jpg"), (DATASETS, "/a")):
            assert get(host, path).status_code == 404
    with pytest.raises(requests.ConnectionError):
        get(IMAGES, "/robots.txt")
    titles = [*csv.reader(basics.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert {len(row) for row in titles} == {9}
    assert {row[1] for row in titles[1:]} == {"movie", "short", "tvEpisode"}
    by_id = {row[0]: row[2] for row in titles}
    assert by_id["tt0000002"] == 'The "Quoted'
    assert by_id["tt0000001"] == "Tab and spaces"
    assert len(ratings.splitlines()) == 4
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.content == poster.read_bytes()
    assert "i" not in without["d"][1]
    assert all(host.endswith(".invalid") for host in HOSTS)
    assert all(server.startswith("http://127.0.0.1:") for server in routes.values())


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
    assert "dvc repro --force scrape" in project.stage_error("rebalance")
