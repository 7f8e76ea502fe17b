"""The figure of the predicted probabilities: are they as often right as they state?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from posters.evaluation.metrics import chance_limits
from posters.evaluation.reliability import reliability_metrics
from posters.reports.figure_style import new_figure, save, style_axes
from posters.reports.palette import BLUE, FAINT, INK, ORANGE

_PERFECT: dict[str, Any] = {
    "label": "perfectly calibrated",
    "color": INK,
    "lw": 0.9,
    "ls": (0, (4, 3)),
    "zorder": 4,
}


def draw_reliability(
    tables: Mapping[str, pd.DataFrame], path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """Draw two plots for each test from results of `evaluation.reliability`, and write a PNG.

    Left: a reliability diagram of the most probable decades (DeGroot, Fienberg, 1983, "The
    comparison and evaluation of forecasters"). Right: a histogram of the probabilities of all years
    before the true one, which is even if the distributions are right (see `stated_and_found`).
    Vertical bars and grey band: two standard errors.
    """
    figure = new_figure(9.6, 7.4, "Calibration of the predicted probabilities", caveats)
    plots = figure.subplots(len(tables), 2, sharex="col", sharey="col")
    for (left, right), (test, table), colour in zip(
        plots, tables.items(), (BLUE, ORANGE), strict=True
    ):
        found, posters = reliability_metrics(table), int(table["n"].sum())
        error, distance = found["calibration_error"], found["pit_distance"]
        style_axes(left, f"{test} test, {posters} posters: calibration error {error:.1%}")
        _reliability_diagram(left, table[table["n"] > 0], colour)
        style_axes(right, f"{test} test: largest cumulative difference {distance:.1%}")
        _histogram(right, table["share"], posters, colour)
    plots[-1][0].set_xlabel("predicted probability of the most probable decade")
    plots[-1][1].set_xlabel("predicted probability of all years before the true year")
    for axes in plots.flat:
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter("{x:.0%}")
        axes.yaxis.set_major_formatter("{x:.0%}")
    save(figure, path)


def _reliability_diagram(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    stated, right, count = (table[name].to_numpy() for name in ("stated", "right", "n"))
    axes.plot([0, 1], [0, 1], **_PERFECT)
    low, high = chance_limits(stated, count)
    axes.vlines(stated, low, high, color=colour, alpha=0.35, lw=5, label="range by chance")
    axes.plot(stated, right, "o", color=colour, zorder=5, label="posters, their number above")
    for x, number in zip(table.index + 0.05, count, strict=True):
        axes.text(x, 1.05, f"{number}", ha="center", va="center", fontsize=8, color=FAINT)
    axes.set(ylim=(0, 1.1), yticks=np.linspace(0, 1, 6), ylabel="share of posters in that decade")
    # Above the diagonal, below the numbers: bars of few posters are long near its upper end.
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 0.92))


def _histogram(axes: Axes, share: pd.Series, posters: int, colour: str) -> None:
    even = 1 / len(share)
    low, high = chance_limits(even, np.array([posters]))
    axes.bar(share.index + even / 2, share, width=0.92 * even, color=colour, lw=0)
    axes.axhline(even, **_PERFECT)
    axes.axhspan(low[0], high[0], color=INK, alpha=0.12, lw=0, zorder=3, label="range by chance")
    axes.set_ylabel("share of posters in each tenth")
    axes.margins(y=0.2)
    axes.yaxis.set_major_locator(MultipleLocator(0.05))
    axes.legend(frameon=False, fontsize=8, loc="upper right", ncols=2)
