"""The model card: the committed one is up to date, and all its numbers come from the metrics."""

import json
import sys
from typing import Any

import pandas as pd
import pytest
from conftest import ROOT, Walk

from posters.embedding.imagenet_weights import VGG16_SHA256
from posters.reports.model_card import model_card

Metrics = tuple[dict[str, Any], pd.DataFrame, dict[str, Any]]


@pytest.fixture
def metrics() -> Metrics:
    """The committed metrics."""
    folder = ROOT / "metrics"
    return (
        json.loads((folder / "evaluation.json").read_text(encoding="utf-8")),
        pd.read_csv(folder / "decades.csv"),
        json.loads((folder / "catalogue.json").read_text(encoding="utf-8")),
    )


def test_committed_card_is_up_to_date(metrics: Metrics) -> None:
    committed = (ROOT / "docs" / "model_card.md").read_text(encoding="utf-8")
    assert committed == model_card(*metrics), "run `make card` and commit docs/model_card.md"


def test_caveats_are_shown_before_the_results(metrics: Metrics) -> None:
    run = metrics[0]["run"]
    run["caveats"] = ["generated posters", "random VGG16 weights"]
    before_results = model_card(*metrics).partition("## Results")[0]
    assert "> **Generated posters.**" in before_results
    assert "> **Random VGG16 weights.**" in before_results
    run["caveats"] = []
    assert "\n> " not in model_card(*metrics)


def test_terms_of_vgg16s_weights_are_stated(metrics: Metrics) -> None:
    backbone = metrics[0]["run"]["backbone"]
    backbone["weights_digest"] = "0" * 64
    assert "CC BY 4.0" not in model_card(*metrics)
    backbone["weights_digest"] = VGG16_SHA256
    assert "\n- **Network weights**: VGG16 by K. Simonyan" in model_card(*metrics)


def test_numbers_come_from_the_metrics(metrics: Metrics) -> None:
    evaluation, decades, catalogue = metrics
    before = model_card(*metrics)
    evaluation["natural"]["mae"] = 87.6
    evaluation["balanced"]["coverage"] = 0.123
    evaluation["balanced"]["calibration_error"] = 0.0543
    evaluation["natural"]["validation_mae"] = 67.8
    evaluation["run"]["calibration"]["temperature"] = 4.321
    evaluation["run"]["interval"] = 0.99
    catalogue["added"] = 98765
    balanced = decades["test"] == "balanced"
    decades.loc[balanced & (decades["prior"] == "uniform"), "mae"] = 76.54
    decades.loc[balanced & (decades["prior"] == "natural"), "mae"] = 65.43
    after = model_card(*metrics)
    shown = ("**87.6**", "| 12% |", "| 5.4% |", "67.8 years under", "temperature 4.32", "about 99%")
    for number in (*shown, "98,765", "| 76.5 |"):
        assert number not in before
        assert number in after
    assert "65.4" not in after, "a prior that does not match the test"


@pytest.mark.slow
def test_card_command_writes_the_card_of_the_run(walk: Walk) -> None:
    card = walk.project.folder / "docs" / "model_card.md"
    walk.project.run(sys.executable, "src/card.py")
    text = card.read_text(encoding="utf-8")
    card.unlink()
    card.parent.rmdir()
    assert "> **Random MobileNetV2 weights.**" in text
    assert "Generated posters" not in text
    mae = json.loads(walk.project.read("metrics/evaluation.json"))["natural"]["mae"]
    assert f"**{mae:.1f}**" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"), [(None, "run `make repro` first"), ("{}", "metrics/ is damaged")]
)
def test_card_command_without_metrics_says_what_to_do(
    walk: Walk, content: str | None, message: str
) -> None:
    with walk.project.changed("metrics/evaluation.json", content):
        assert message in walk.project.error(sys.executable, "src/card.py")
    assert not (walk.project.folder / "docs").exists()
