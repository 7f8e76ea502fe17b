"""The error against the threshold t."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from posters.reports.figure_style import BLUE, FAINT, INK, ORANGE, new_figure, plain, save


def error_against_threshold(
    table: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """One side a test: its error under each prior, by t, and what the best constant gives.

    Args:
        table: what `sweep.py` writes: a row for each t and test.
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    title = "Does topping up help? Error against t"
    figure, _ = new_figure(9.6, 4.4, title, caveats, axes=False)
    sides = figure.subplots(1, 2, sharey=True)
    errors = ["mae_high", "mae_natural_prior", "mae_uniform_prior", "best_constant_mae"]
    top = 1.05 * float(table[errors].to_numpy().max())
    for axes, (test, own, other) in zip(
        sides,
        (("natural", "natural", "uniform"), ("balanced", "uniform", "natural")),
        strict=True,
    ):
        plain(axes)
        rows = table[table["test"] == test].sort_values("t")
        middle = rows["mae"]
        axes.fill_between(
            rows["t"], rows["mae_low"], rows["mae_high"], color=BLUE, alpha=0.15, lw=0
        )
        axes.plot(rows["t"], middle, "o-", color=BLUE, label=f"{own} prior (its own)")
        axes.plot(
            rows["t"],
            rows[f"mae_{other}_prior"],
            "o--",
            color=ORANGE,
            ms=4,
            lw=1,
            label=f"{other} prior",
        )
        constant = rows["best_constant_mae"]
        axes.plot(rows["t"], constant, color=FAINT, lw=1, ls=(0, (4, 3)), label="best constant")
        for t, mae in zip(rows["t"], middle, strict=True):
            axes.annotate(
                f"{mae:.1f}",
                (t, mae),
                (0, -13),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=INK,
            )
        count = int(rows["n"].iloc[0])
        axes.set_title(f"{test} test, {count} posters", fontsize=10, color=INK)
        axes.set(xlabel="t: movies a year aimed at before 2000", ylim=(0, top))
        axes.set_xticks(list(rows["t"]))
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    sides[0].set_ylabel("mean absolute error (years)")
    save(figure, path)
