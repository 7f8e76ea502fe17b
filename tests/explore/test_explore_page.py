"""The explore page: its data are those of the run, it is safe, small, and the same each time."""

import base64
import json
import re
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Project, Walk
from numpy.typing import NDArray
from parts import embeddings_of

from posters.explore.explore_page import explore_catalogue
from posters.explore.shown_predictions import PREDICTIONS, ShownPredictions
from posters.neighbours.index import nearest_rows
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.priors import Priors

WRITE_PAGE = """
from types import SimpleNamespace

import numpy as np

from posters import paths
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.metrics import predict_tests
from posters.explore.explore_page import explore_run
from posters.years.dataset import read_parts
from posters.years.year_model import YearModel

parts, model = read_parts(), YearModel.open()
embeddings = read_embeddings(paths.EMBEDDINGS)
positions = SimpleNamespace(result=lambda: np.zeros((len(embeddings.movies), 2), np.uint16))
print(explore_run(parts, embeddings, predict_tests(model, parts), model, positions))
"""
FLAT = np.full(10, 0.1)
SHOWN = ShownPredictions(
    np.zeros(50, np.uint8), {}, {}, Priors(np.arange(1950, 1960), FLAT, FLAT), 0.8
)
"""No poster is in a test."""
EVIL = """</script><script>alert("x")</script><!-- 'quoted' & <b>"""


def data_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page)
    return dict(json.loads(text))


def numbers(packed: str, kind: str = "u2") -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(packed), f"<{kind}")


def predictions_of(data: dict[str, Any]) -> dict[str, Any]:
    """The ids of the posters of each test, and the predictions for them."""
    return {
        name: ([data["ids"][row] for row in numbers(test["rows"])], test["byPrior"])
        for name, test in data["tests"].items()
    }


@pytest.fixture(scope="module")
def catalogue() -> ReducedCatalogue:
    """50 films without pictures."""
    matrix = np.random.default_rng(3).normal(1, 1, (50, 24)).astype(np.float32)
    embeddings = embeddings_of(matrix, [f"tt{number:07d}" for number in range(50)])
    return ReducedCatalogue.of(embeddings, components=8, step=0.01)


def test_data_are_those_of_the_catalogue(catalogue: ReducedCatalogue) -> None:
    page = explore_catalogue(catalogue, [], SHOWN)
    assert page == explore_catalogue(catalogue, [], SHOWN)
    data = data_of(page)
    names = [f"tt{number:07d}" for number in data["ids"]]
    movies = {movie.imdb_id: movie for movie in catalogue.movies}
    assert sorted(names) == sorted(movies)
    assert data["titles"] == [movies[imdb_id].title for imdb_id in names]
    assert numbers(data["years"]).tolist() == [movies[imdb_id].year for imdb_id in names]
    rows = [[movie.imdb_id for movie in catalogue.movies].index(imdb_id) for imdb_id in names]
    features = catalogue.retrieval_features
    found, products = nearest_rows(features, features[rows], 9)
    nearest = numbers(data["nearest"]).reshape(50, 8)
    for row, near, expected in zip(rows, nearest, found, strict=True):
        assert [rows[place] for place in near] == [other for other in expected if other != row]
    similarities = numbers(data["similarities"], "u1").reshape(50, 8)
    assert np.abs(similarities[0] / 100 - products[0][1:].clip(0)).max() <= 0.0051


def test_titles_end_no_script_and_nothing_is_loaded(catalogue: ReducedCatalogue) -> None:
    movies = [movie._replace(title=EVIL) for movie in catalogue.movies]
    page = explore_catalogue(replace(catalogue, movies=movies), [], SHOWN)
    assert set(data_of(page)["titles"]) == {EVIL}
    assert "</script><script>alert" not in page
    assert "<!--" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"@import|\bfetch\(|XMLHttpRequest|<link [^>]*href=\"(?!data:)", page)
    assert "innerHTML" not in page


@pytest.mark.slow
def test_page_of_a_run_shows_its_predictions(walk: Walk) -> None:
    page = walk.project.read("plots/explore.html")
    data = data_of(page)
    folder = walk.project.folder / "data"
    predicted = pd.read_csv(folder / "predictions.csv").set_index("imdb_id")
    split = pd.read_csv(folder / "split.csv").set_index("imdb_id")
    ids = [f"tt{number:07d}" for number in data["ids"]]
    parts = [data["partNames"][part] for part in numbers(data["parts"], "u1")]
    assert parts == list(split.loc[ids, "part"])
    for test, prior in data["priorOf"].items():
        rows = numbers(data["tests"][test]["rows"])
        found = data["tests"][test]["byPrior"][prior]
        expected = predicted.loc[[ids[row] for row in rows]]
        assert set(expected["test"]) == {test}
        assert np.abs(numbers(found["year"]) - expected["predicted"]).max() <= 0.551
        assert numbers(found["low"]).tolist() == list(expected["low"])
        curves = numbers(found["curve"], "u1").reshape(len(rows), -1)
        totals = (curves / 255 * numbers(found["peak"], "f4")[:, None]).sum(axis=1)
        assert totals == pytest.approx(1, abs=0.05)
    assert "<b>Random MobileNetV2 weights" not in page  # the caveat is data, not markup
    assert "Random MobileNetV2 weights" in data["caveats"]
    assert len(page) < 15e6


@pytest.mark.slow
def test_refused_duplicates_are_beside_what_they_duplicate(walk: Walk) -> None:
    refused, original = "data/catalogue_refused.csv", walk.lowered.catalogue.iloc[0]
    detail = f"the same picture as the poster of {original['imdb_id']}"
    more = f"{walk.project.read(refused)}tt7654321,1999,topup,duplicate,{detail}\n"
    with walk.project.changed(refused, more):
        done = walk.project.run("env", "PYTHONPATH=src", sys.executable, "-c", WRITE_PAGE)
    data = data_of(done.stdout)
    place, movie, similarity, reason = data["duplicates"][-1]
    assert data["titles"][place] == original["title"]
    assert (movie["imdb_id"], movie["year"], similarity) == ("tt7654321", 1999, None)
    assert reason == f"Refused: {detail}."


@pytest.mark.slow
def test_command_writes_a_page_without_a_run(exported: Project, walk: Walk) -> None:
    done = exported.run(sys.executable, "src/explore.py")
    assert done.stdout.startswith("explore: plots/explore_pretrained.html, ")
    data = data_of(exported.read("plots/explore_pretrained.html"))
    assert len(data["ids"]) == len(data["titles"]) > 50
    own = data_of(walk.project.read("plots/explore.html"))
    assert predictions_of(own) == predictions_of(data)
    file = f"pretrained/model/{PREDICTIONS}"
    with exported.changed(file, (exported.folder / file).read_bytes()[:-100]):
        damaged = exported.error(sys.executable, "src/explore.py")
    assert "pretrained/model is damaged (predictions.npz: " in damaged
