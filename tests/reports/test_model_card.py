"""The model card: the committed one is what the committed metrics say, and it hides nothing."""

import csv
import json
import subprocess
import sys
from typing import Any

import pytest
from conftest import ROOT, Walk

from posters.reports.model_card import model_card

Metrics = tuple[dict[str, Any], list[dict[str, str]], dict[str, Any]]


@pytest.fixture
def metrics() -> Metrics:
    """The committed ones."""
    folder = ROOT / "metrics"
    with (folder / "decades.csv").open(encoding="utf-8", newline="") as file:
        decades = list(csv.DictReader(file))
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    return evaluation, decades, json.loads((folder / "catalogue.json").read_text(encoding="utf-8"))


def test_the_committed_card_is_what_the_command_writes(metrics: Metrics) -> None:
    committed = (ROOT / "docs" / "model_card.md").read_text(encoding="utf-8")
    assert committed == model_card(*metrics), "stale: run `make card`, then commit it"


def test_random_weights_and_generated_posters_stand_before_any_figure(metrics: Metrics) -> None:
    evaluation, decades, catalogue = metrics
    evaluation["run"]["caveats"] = ["generated posters", "random VGG16 weights"]
    card = model_card(evaluation, decades, catalogue)
    assert 0 < card.index("> **Generated posters.**") < card.index("## Figures")
    assert 0 < card.index("> **Random VGG16 weights.**") < card.index("## Figures")
    evaluation["run"]["caveats"] = []
    assert "\n> " not in model_card(evaluation, decades, catalogue)


def test_every_figure_comes_from_the_metrics(metrics: Metrics) -> None:
    evaluation, decades, catalogue = metrics
    before = model_card(evaluation, decades, catalogue)
    evaluation["natural"]["mae"] = 87.6
    evaluation["balanced"]["coverage"] = 0.123
    catalogue["added"] = 98765
    own = next(row for row in decades if (row["test"], row["prior"]) == ("balanced", "uniform"))
    own["mae"] = "76.54"
    other = next(row for row in decades if (row["test"], row["prior"]) == ("balanced", "natural"))
    other["mae"] = "65.43"
    after = model_card(evaluation, decades, catalogue)
    for said in ("**87.6**", "| 12% |", "98,765", "| 76.5 |"):
        assert said not in before
        assert said in after
    assert "65.4" not in after, "another prior than the test's own"
    order = ["What it is", "Intended uses", "Out of scope", "Data and their terms", "Figures"]
    places = [after.index(f"\n## {name}\n") for name in (*order, "Limits", "How to start")]
    assert places == sorted(places)


def test_the_command_writes_the_card_of_any_run(walk: Walk) -> None:
    card = walk.project.folder / "docs" / "model_card.md"
    walk.project.run(sys.executable, "src/card.py")
    text = card.read_text(encoding="utf-8")
    card.unlink()
    card.parent.rmdir()
    assert "MobileNetV2" in text
    assert "> **Random MobileNetV2 weights.**" in text
    assert "Generated posters" not in text
    mae = json.loads(walk.project.read("metrics/evaluation.json"))["natural"]["mae"]
    assert f"**{mae:.1f}**" in text


def test_without_metrics_the_command_says_what_to_do(walk: Walk) -> None:
    evaluation = walk.project.folder / "metrics" / "evaluation.json"
    content = evaluation.read_text(encoding="utf-8")
    for damaged, said in ((None, "run `make repro` first"), ("{}", "metrics/ is damaged")):
        evaluation.unlink()
        try:
            if damaged:
                evaluation.write_text(damaged, encoding="utf-8")
            done: subprocess.CompletedProcess[str] = walk.project.run(
                sys.executable, "src/card.py", check=False
            )
        finally:
            evaluation.unlink(missing_ok=True)
            evaluation.write_text(content, encoding="utf-8")
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not (walk.project.folder / "docs").exists()
