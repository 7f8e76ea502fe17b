"""The report and the model card of a finished pipeline run."""

import json
import re
import sys

import pytest
from conftest import Walk

pytestmark = pytest.mark.slow


def test_report_of_the_run_is_restored_from_the_cache(walk: Walk) -> None:
    page = walk.project.read("plots/report.html")
    mae = walk.lowered.metrics["balanced"]["mae"]
    for text in (f"<b>{mae:.1f}</b> years MAE", "t = 3 ", "96 × 96", "your own table"):
        assert text in page
    assert "failed to load" not in walk.project.run("dvc", "plots", "show").stderr
    (walk.project.folder / "plots" / "report.html").unlink()
    done = walk.project.run("dvc", "repro")
    assert "evaluate" not in re.findall(r"^Running stage '(\w+)'", done.stdout, re.MULTILINE)
    assert walk.project.read("plots/report.html") == page


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


@pytest.mark.parametrize(
    ("content", "message"), [(None, "run `make repro` first"), ("{}", "metrics/ is damaged")]
)
def test_card_command_without_metrics_says_what_to_do(
    walk: Walk, content: str | None, message: str
) -> None:
    with walk.project.changed("metrics/evaluation.json", content):
        assert message in walk.project.error(sys.executable, "src/card.py")
    assert not (walk.project.folder / "docs").exists()
