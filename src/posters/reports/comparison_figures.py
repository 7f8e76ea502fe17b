"""Figures that compare runs: the sweep over t, the learning curve and the ablation study.

Each function writes the PNG `path` and shows the caveats in its upper right corner.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from posters.evaluation.metrics import PRIOR_OF
from posters.reports.figure_style import new_figure, save, style_axes
from posters.reports.palette import BLUE, FAINT, GRID, INK, ORANGE


def error_against_threshold(
    table: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """MAE against t under each prior, with the best constant, one plot per test.

    `table` is a result of `evaluation.sweep_table.tabulate`.
    """
    figure = new_figure(9.6, 4.4, "Effect of the top-up: error against t", caveats)
    errors = ["mae_high", "mae_natural_prior", "mae_uniform_prior", "best_constant_mae"]
    top = 1.05 * float(table[errors].to_numpy().max())
    plots = figure.subplots(1, len(PRIOR_OF), sharey=True)
    for axes, (test, prior), colour in zip(plots, PRIOR_OF.items(), (BLUE, ORANGE), strict=True):
        (other_prior,) = set(PRIOR_OF.values()) - {prior}
        rows = table[table["test"] == test].sort_values("t")
        t = rows["t"]
        style_axes(axes, f"{test} test, {int(rows['n'].iloc[0])} posters")
        axes.fill_between(t, rows["mae_low"], rows["mae_high"], color=colour, alpha=0.15, lw=0)
        axes.plot(t, rows["mae"], "o-", color=colour, label=f"{prior} prior (matches this test)")
        other = rows[f"mae_{other_prior}_prior"]
        axes.plot(t, other, "o-", color=FAINT, ms=4, lw=1, label=f"{other_prior} prior")
        constant = rows["best_constant_mae"]
        axes.plot(t, constant, color=FAINT, lw=1, ls=(0, (4, 3)), label="best constant")
        for point in zip(t, rows["mae"], strict=True):
            style = {"ha": "center", "fontsize": 8, "color": INK}
            axes.annotate(f"{point[1]:.1f}", point, (0, -13), textcoords="offset points", **style)
        axes.set(xlabel="t (target number of movies per year)", ylim=(0, top))
        axes.set_xticks(list(t))
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    plots[0].set_ylabel("mean absolute error (years)")
    save(figure, path)


def error_against_training_size(
    table: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """MAE on both tests against the number of training posters, with 95% limits.

    `table` is a result of `evaluation.training_sizes.learning_curve`.
    """
    figure = new_figure(9.6, 4.4, "Learning curve: error against training posters", caveats)
    axes = figure.subplots()
    style_axes(axes)
    sizes = sorted(table["trained_on"].unique())
    # Labels of nearer points would overlap: the smaller size has none.
    distance = (sizes[-1] / sizes[0]) ** 0.1
    labelled = [size for size, larger in pairwise(sizes) if larger / size > distance] + sizes[-1:]
    highest = table.groupby("trained_on")["mae"].max()
    for test, colour in zip(PRIOR_OF, (BLUE, ORANGE), strict=True):
        rows = table[table["test"] == test].set_index("trained_on")
        limits = (rows["mae_low"], rows["mae_high"])
        axes.fill_between(rows.index, *limits, color=colour, alpha=0.15, lw=0)
        axes.plot(rows.index, rows["mae"], "o-", color=colour)
        style: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "color": INK}
        for size, mae in zip(labelled, rows["mae"].loc[labelled], strict=True):
            y, side = (5, "bottom") if mae == highest[size] else (-5, "top")
            axes.annotate(f"{mae:.1f}", (size, mae), (0, y), va=side, fontsize=8, **style)
        name = f"{test} test\n{rows['n'].iloc[0]:,} posters"
        style |= {"ha": "left", "color": colour}
        axes.annotate(name, (size, mae), (14, 0), va=side, fontsize=9, **style)
    axes.set_xscale("log", base=2)
    # Rounded to three digits, as whole groups seldom give a round number.
    axes.set_xticks(labelled, [f"{float(f'{size:.3g}'):,.0f}" for size in labelled])
    axes.set(xlabel="training posters", ylabel="mean absolute error (years; band: 95% limits)")
    axes.set_ylim(0, 1.05 * table["mae_high"].max())
    save(figure, path)


def ablation_chart(table: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()) -> None:
    """Difference in MAE between each variant and the default, with 95% limits.

    `table` is that of `src/ablate.py`.
    """
    rows = table.dropna(subset=["natural_difference"]).reset_index(drop=True)
    reference = table[table["choice"] == "reference"].iloc[0]
    title = "Ablation: change in cross-validated mean absolute error"
    figure = new_figure(9.6, 1.6 + 0.27 * len(rows), title, caveats)
    y = np.arange(len(rows))[::-1]
    plots = figure.subplots(1, 2, sharey=True)
    for axes, (test, prior), colour in zip(plots, PRIOR_OF.items(), (BLUE, ORANGE), strict=True):
        style_axes(axes, f"{prior} prior: MAE {reference[test]:.1f} years with the default")
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=GRID, lw=0.7)
        axes.axvline(0, color=INK, lw=0.9)
        difference = rows[f"{test}_difference"]
        limits = [
            (difference - rows[f"{test}_difference_low"]).clip(lower=0),
            (rows[f"{test}_difference_high"] - difference).clip(lower=0),
        ]
        axes.errorbar(difference, y, xerr=limits, fmt="o", ms=4, color=colour, ecolor=FAINT, lw=1)
        axes.set_xlabel("years, positive: worse (95% limits)")
    plots[0].set_yticks(y, [f"{row.choice}: {row.name}" for row in rows.itertuples(index=False)])
    save(figure, path)
