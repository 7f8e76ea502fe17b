"""What each choice is worth."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from posters.reports.figure_style import BLUE, FAINT, INK, ORANGE, new_figure, plain, save


def ablation_chart(
    table: pd.DataFrame, splits: int, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """How much worse (right) or better (left) each variant is than the default, with limits.

    Args:
        table: what `ablate.py` writes: a row a variant, with its differences.
        splits: over how many the errors are pooled.
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    rows = table.dropna(subset=["natural_difference"]).reset_index(drop=True)
    reference = table[table["choice"] == "reference"].iloc[0]
    title = "What each choice is worth: change of the mean absolute error"
    figure, _ = new_figure(9.6, 1.6 + 0.27 * len(rows), title, caveats, axes=False)
    places = np.arange(len(rows))[::-1]
    sides = figure.subplots(1, 2, sharey=True)
    for axes, test, colour in zip(sides, ("natural", "balanced"), (BLUE, ORANGE), strict=True):
        plain(axes)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color="#e6e9ec", lw=0.7)
        axes.axvline(0, color=INK, lw=0.9)
        middle = rows[f"{test}_difference"]
        spread = [
            (middle - rows[f"{test}_difference_low"]).clip(lower=0),
            (rows[f"{test}_difference_high"] - middle).clip(lower=0),
        ]
        axes.errorbar(middle, places, xerr=spread, fmt="o", ms=4, color=colour, ecolor=FAINT, lw=1)
        axes.set_title(
            f"{test}: {reference[test]:.1f} years with all defaults", fontsize=10, color=INK
        )
        axes.set_xlabel(f"years more (95% limits, {splits} splits)")
    labels = [f"{row.choice}: {row.name}" for row in rows.itertuples(index=False)]
    sides[0].set_yticks(places, labels)
    save(figure, path)
