"""The figures of a run: movies by year, training, errors and coverage.

Each function writes the PNG `path` and shows the caveats in its upper right corner.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from posters.evaluation.metrics import chance_limits
from posters.reports.figure_style import new_figure, save, style_axes
from posters.reports.palette import BLUE, FAINT, GREEN, INK, ORANGE


def movies_by_year(
    counts: Mapping[str, Mapping[int, int]],
    years: range,
    path: Path,
    *,
    title: str,
    threshold: int | None = None,
    before: int | None = None,
    top: float | None = None,
    caveats: Sequence[str] = (),
) -> None:
    """A stacked histogram of movies by year.

    Args:
        counts: for each label, the number of movies by year; the first label is drawn lowest.
        years: the years on the axis.
        path: of the PNG.
        title: of the figure.
        threshold: drawn as a line over the years below `before`.
        before: the first year that is not topped up.
        top: upper end of the y axis, so that two histograms can be compared.
        caveats: shown in the figure.
    """
    figure = new_figure(9.6, 4.4, title, caveats)
    axes = figure.subplots()
    style_axes(axes)
    base = np.zeros(len(years))
    for (label, by_year), colour in zip(counts.items(), (BLUE, ORANGE, GREEN), strict=False):
        heights = np.array([by_year.get(year, 0) for year in years])
        total = f"{label} ({int(heights.sum()):,})"
        axes.bar(years, heights, bottom=base, width=1.0, color=colour, label=total, lw=0)
        base += heights
    if threshold is not None and before is not None:
        axes.hlines(threshold, years[0] - 0.5, before - 0.5, color=INK, lw=1, ls=(0, (4, 3)))
        axes.annotate(
            f"t = {threshold}", (years[0], threshold), (0, 4), textcoords="offset points", color=INK
        )
    axes.set(xlabel="year", ylabel="movies", xlim=(years[0] - 1, years[-1] + 1), ylim=(0, top))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, loc="upper left")
    save(figure, path)


def loss_curve(history: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()) -> None:
    """Mean absolute error by epoch, from the columns `epoch`, `mae` and `val_mae`."""
    figure = new_figure(7.2, 4.2, "Training of the year model", caveats)
    axes = figure.subplots()
    style_axes(axes)
    axes.plot(history["epoch"], history["mae"], color=BLUE, label="training (with dropout)")
    axes.plot(history["epoch"], history["val_mae"], color=ORANGE, label="validation")
    axes.set(xlabel="epoch", ylabel="mean absolute error (years)", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    save(figure, path)


def predicted_against_true(
    tests: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]],
    maes: Mapping[str, tuple[float, float]],
    path: Path,
    *,
    caveats: Sequence[str] = (),
) -> None:
    """One scatter plot per test with the diagonal of perfect predictions.

    `tests` holds true and predicted years, each of shape (n,), and `maes` the MAE of the model and
    of the best constant, by test.
    """
    figure = new_figure(10.4, 5.4, "Predicted and true year", caveats)
    all_years = np.concatenate([np.concatenate(pair) for pair in tests.values()])
    low, high = all_years.min() - 4, all_years.max() + 4
    for axes, (test, (true, predicted)) in zip(
        figure.subplots(1, len(tests), squeeze=False)[0], tests.items(), strict=True
    ):
        mae, constant = maes[test]
        style_axes(
            axes,
            f"{test} test, {len(true)} posters: MAE {mae:.1f} years "
            f"(best constant: {constant:.1f})",
        )
        axes.plot([low, high], [low, high], color=FAINT, lw=1)
        axes.scatter(true, predicted, s=14, color=BLUE, alpha=0.45, lw=0)
        axes.set(xlabel="true year", ylabel="predicted year", xlim=(low, high), ylim=(low, high))
        axes.set_aspect("equal")
    save(figure, path)


def error_by_decade(
    tests: Mapping[str, pd.DataFrame], path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """MAE and bias by decade; `tests` holds a result of `metrics.by_decade` by test."""
    figure = new_figure(9.6, 6.0, "Error by decade", caveats)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    style_axes(upper)
    style_axes(lower)
    width = 8.0 / len(tests)
    for number, ((test, table), colour) in enumerate(
        zip(tests.items(), (BLUE, ORANGE), strict=True)
    ):
        x = np.asarray(table.index) + 1 + width * (number + 0.5)
        label = f"{test} test ({int(table['n'].sum())} posters)"
        bars = upper.bar(x, table["mae"], width=width * 0.92, color=colour, label=label)
        upper.bar_label(bars, [str(n) for n in table["n"]], padding=2, fontsize=7, color=FAINT)
        lower.bar(x, table["bias"], width=width * 0.92, color=colour)
    lower.axhline(0, color=INK, lw=0.8)
    upper.set_ylabel("mean absolute error (years)")
    lower.set_ylabel("bias (years),\npositive: too recent")
    _decade_ticks(lower, tests)
    upper.legend(frameon=False, loc="upper right", title="above each bar: number of posters")
    save(figure, path)


def coverage_by_decade(
    tests: Mapping[str, pd.DataFrame], level: float, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """Coverage and mean width of the intervals by decade; `level` is the nominal coverage.

    `tests` holds a result of `metrics.by_decade` by test.
    """
    figure = new_figure(9.6, 6.0, f"Coverage of the {level:.0%} intervals by decade", caveats)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    style_axes(upper)
    style_axes(lower)
    upper.axhline(level, color=INK, lw=0.9, ls=(0, (4, 3)))
    for (test, table), colour, offset in zip(
        tests.items(), (BLUE, ORANGE), (4.1, 5.9), strict=True
    ):
        x = np.asarray(table.index) + offset
        count = table["n"].to_numpy()
        coverage = table["coverage"].to_numpy()
        low, high = chance_limits(level, count)
        upper.errorbar(
            x,
            np.full(len(count), level),
            yerr=[level - low, high - level],
            fmt="none",
            ecolor=colour,
            alpha=0.35,
            lw=5,
        )
        total = int(count.sum())
        label = f"{test} test: {float((coverage * count).sum() / total):.0%} of {total} posters"
        upper.plot(x, coverage, "o", color=colour, label=label, clip_on=False)
        lower.plot(x, table["width"], "o-", color=colour, lw=1.2, ms=4)
    upper.set(
        ylabel="intervals that contain\nthe true year", ylim=(0, 1.04), yticks=np.linspace(0, 1, 6)
    )
    upper.yaxis.set_major_formatter("{x:.0%}")
    lower.set(ylabel="mean width (years)", ylim=(0, None))
    _decade_ticks(lower, tests)
    title = "vertical bars: two standard errors around the nominal level"
    upper.legend(frameon=False, loc="lower right", title=title)
    save(figure, path)


def _decade_ticks(axes: Axes, tests: Mapping[str, pd.DataFrame]) -> None:
    decades = sorted({decade for table in tests.values() for decade in table.index})
    axes.set_xticks([decade + 5 for decade in decades], [f"{decade}s" for decade in decades])
