"""`make learning-curve` on the project of the walk."""

import sys

import pandas as pd
import pytest
from PIL import Image
from pipeline_walk import Walk

TESTS = ("natural", "balanced")
LEARNING_CURVE = (sys.executable, "src/learning_curve.py")

pytestmark = pytest.mark.slow


def test_learning_curve_ends_with_the_errors_of_the_pipeline(walk: Walk) -> None:
    everything = int((walk.lowered.split["part"] == "train").sum())
    done = walk.project.run(*LEARNING_CURVE, "--sizes", "60", "5000", "30")
    table = pd.read_csv(walk.project.folder / "metrics" / "learning_curve.csv")
    # Each movie is a group of its own.
    assert list(zip(table["trained_on"], table["test"], strict=True)) == [
        (size, test) for size in (30, 60, everything) for test in TESTS
    ]
    assert table["mae"].between(table["mae_low"], table["mae_high"]).all()
    for test, rows in table.groupby("test"):
        metrics, last = walk.lowered.metrics[test], rows.iloc[-1]
        assert last["validation_mae"] == metrics["validation_mae"]
        # The pipeline predicts with OpenVINO.
        for name in ("n", "mae", "mae_low", "mae_high", "coverage"):
            assert last[name] == pytest.approx(metrics[name], abs=0.01), name
        assert rows["mae"].nunique() == 3
    assert done.stdout.count("training posters: balanced: MAE") == 3
    with Image.open(walk.project.folder / "plots" / "learning_curve.png") as image:
        assert image.format == "PNG"
    # Each size is kept by itself, so only the new one is trained.
    kept = walk.project.folder / ".cache" / "learning_curve"
    before = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    walk.project.run(*LEARNING_CURVE, "--sizes", "30", "45")
    after = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    assert len(before) == 3
    assert len(after) == 4
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("sizes", "error"),
    [
        ([], "training posters, and no size below that to compare with: name smaller sizes"),
        (["--sizes", "2", "60"], "of 5 folds have posters if 2 are trained on: name larger sizes"),
    ],
)
def test_learning_curve_needs_sizes_that_can_be_compared(
    walk: Walk, sizes: list[str], error: str
) -> None:
    shown = walk.project.error(*LEARNING_CURVE, *sizes)
    assert "learning_curve: error: " in shown
    assert error in shown
