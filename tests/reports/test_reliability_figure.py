"""The figure of the predicted probabilities shows its tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from posters.evaluation.reliability import reliability_table
from posters.reports import reliability_figure
from posters.reports.reliability_figure import draw_reliability

COUNTS = {"natural": 80, "balanced": 300}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Tables of calibrated predictions; no probability is above 70%."""
    generator = np.random.default_rng(0)
    made = {}
    for test, count in COUNTS.items():
        stated = generator.uniform(0.1, 0.7, count)
        right = (generator.random(count) < stated).astype(float)
        posters = {"stated": stated, "right": right, "before": generator.random(count)}
        made[test] = reliability_table(pd.DataFrame(posters))
    return made


def test_plots_have_the_values_of_the_tables(
    tables: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(reliability_figure, "save", lambda figure, path: drawn.append(figure))
    draw_reliability(tables, tmp_path / "reliability.png")
    plots = drawn[0].axes
    for (test, table), left, right in zip(tables.items(), plots[::2], plots[1::2], strict=True):
        filled = table[table["n"] > 0]
        assert len(filled) == 6
        assert left.get_title().startswith(f"{test} test, {COUNTS[test]} posters")
        np.testing.assert_array_equal(left.lines[1].get_xydata(), filled[["stated", "right"]])
        assert [int(text.get_text()) for text in left.texts] == list(filled["n"])
        heights = [bar.get_height() for bar in right.containers[0]]
        np.testing.assert_array_equal(heights, table["share"])
