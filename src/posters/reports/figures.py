"""The figures of a run, as `evaluate` writes them to `plots/`.

The caveats are shown in the upper right corner of each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from posters.evaluation.metrics import by_decade, chance_limits
from posters.params import RebalanceParams
from posters.reports.figure_style import new_figure, save, style_axes
from posters.reports.palette import BLUE, FAINT, GREEN, INK, ORANGE
from posters.years.dataset import Parts
from posters.years.year_model import YearPredictions


def draw_histograms(
    catalogue: pd.DataFrame,
    years: range,
    params: RebalanceParams,
    folder: Path,
    caveats: Sequence[str],
) -> None:
    """Draw `movies_distribution_1.png` and `_2.png`: movies by year before and after the top-up.

    Both have the same scale; the reserve is in neither. `years` are those of the axis.
    """
    initial, added = (
        Counter(catalogue["year"][catalogue["origin"] == origin]) for origin in ("initial", "topup")
    )
    before = [("initial catalogue", initial, BLUE)]
    after = [*before, ("added by the top-up", added, GREEN)]
    top = max(params.t, *(initial + added).values()) * 1.18
    after_title = f"Movies by year after the top-up (t = {params.t}, years before {params.before})"
    for number, title, stacked in (
        (1, "Movies by year before the top-up", before),
        (2, after_title, after),
    ):
        figure = new_figure(9.6, 4.4, title, caveats)
        axes = figure.subplots()
        style_axes(axes)
        base = np.zeros(len(years))
        for label, counts, colour in stacked:
            heights = np.array([counts[year] for year in years])
            total = f"{label} ({int(heights.sum()):,})"
            axes.bar(years, heights, bottom=base, width=1.0, color=colour, label=total, lw=0)
            base += heights
        end = params.before - 0.5
        axes.hlines(params.t, years[0] - 0.5, end, color=INK, lw=1, ls=(0, (4, 3)))
        place = (years[0], params.t)
        axes.annotate(f"t = {params.t}", place, (0, 4), textcoords="offset points", color=INK)
        axes.set(xlabel="year", ylabel="movies", xlim=(years[0] - 1, years[-1] + 1), ylim=(0, top))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, loc="upper left")
        save(figure, folder / f"movies_distribution_{number}.png")


def loss_curve(history: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()) -> None:
    """Mean absolute error by epoch, from the columns `epoch`, `mae` and `val_mae`.

    Each is the mean over all folds.
    """
    figure = new_figure(7.2, 4.2, "Training of the year model, mean over all folds", caveats)
    axes = figure.subplots()
    style_axes(axes)
    axes.plot(history["epoch"], history["mae"], color=FAINT, label="training rows (with dropout)")
    axes.plot(
        history["epoch"], history["val_mae"], color=INK, label="left-out fold (every fifth row)"
    )
    axes.set(xlabel="epoch", ylabel="mean absolute error (years)", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    save(figure, path)


def draw_errors(
    parts: Parts,
    predictions: Mapping[str, YearPredictions],
    metrics: Mapping[str, Mapping[str, Any]],
    level: float,
    folder: Path,
    caveats: Sequence[str],
) -> None:
    """Draw `predicted_true.png`, `error_by_decade.png` and `coverage_by_decade.png`.

    `predictions` (under the prior of the test) and `metrics` are by test; `level` is the nominal
    coverage of the intervals.
    """
    figure = new_figure(10.4, 5.4, "Predicted and true year", caveats)
    _scatter_plots(figure, parts, predictions, metrics)
    save(figure, folder / "predicted_true.png")
    decades = {
        test: by_decade(parts[test].years, own.year, own.low, own.high)
        for test, own in predictions.items()
    }
    rows = len(parts["train"].years)
    figure = new_figure(9.6, 6.0, "Error by decade", caveats)
    _error_by_decade(figure, decades)
    save(figure, folder / "error_by_decade.png")
    figure = new_figure(9.6, 6.0, f"Coverage of the {level:.0%} intervals by decade", caveats)
    _coverage_by_decade(figure, decades, level, rows)
    save(figure, folder / "coverage_by_decade.png")


def _scatter_plots(
    figure: Figure,
    parts: Parts,
    predictions: Mapping[str, YearPredictions],
    metrics: Mapping[str, Mapping[str, Any]],
) -> None:
    """One scatter plot per test with the diagonal of perfect predictions."""
    all_years = np.concatenate(
        [years for test, own in predictions.items() for years in (parts[test].years, own.year)]
    )
    low, high = all_years.min() - 4, all_years.max() + 4
    plots = figure.subplots(1, len(predictions))
    for axes, (test, own), colour in zip(plots, predictions.items(), (BLUE, ORANGE), strict=True):
        true = parts[test].years
        style_axes(
            axes,
            f"{test} test, {len(true)} posters: MAE {metrics[test]['mae']:.1f} years "
            f"(best constant: {metrics[test]['best_constant_mae']:.1f})",
        )
        axes.plot([low, high], [low, high], color=FAINT, lw=1)
        axes.scatter(true, own.year, s=14, color=colour, alpha=0.45, lw=0)
        axes.set(xlabel="true year", ylabel="predicted year", xlim=(low, high), ylim=(low, high))
        axes.set_aspect("equal")


def _error_by_decade(figure: Figure, decades: Mapping[str, pd.DataFrame]) -> None:
    """MAE and bias by decade, side by side for the two tests."""
    upper, lower = _decade_axes(figure, decades)
    for (test, table), colour, offset in zip(
        decades.items(), (BLUE, ORANGE), (3.0, 7.0), strict=True
    ):
        x = np.asarray(table.index) + offset
        label = f"{test} test ({int(table['n'].sum())} posters)"
        bars = upper.bar(x, table["mae"], width=3.68, color=colour, label=label)
        upper.bar_label(bars, [str(n) for n in table["n"]], padding=2, fontsize=7, color=FAINT)
        lower.bar(x, table["bias"], width=3.68, color=colour)
    lower.axhline(0, color=INK, lw=0.8)
    upper.set_ylabel("mean absolute error (years)")
    lower.set_ylabel("bias (years),\npositive: too recent")
    upper.legend(frameon=False, loc="upper right", title="above each bar: number of posters")


def _coverage_by_decade(
    figure: Figure, decades: Mapping[str, pd.DataFrame], level: float, training_rows: int
) -> None:
    """Coverage and mean width of the intervals by decade."""
    upper, lower = _decade_axes(figure, decades)
    upper.axhline(level, color=INK, lw=0.9, ls=(0, (4, 3)))
    for (test, table), colour, offset in zip(
        decades.items(), (BLUE, ORANGE), (4.1, 5.9), strict=True
    ):
        x = np.asarray(table.index) + offset
        count, coverage = table["n"].to_numpy(), table["coverage"].to_numpy()
        low, high = chance_limits(level, count, calibration_rows=training_rows)
        nominal, limits = np.full(len(count), level), [level - low, high - level]
        upper.errorbar(x, nominal, yerr=limits, fmt="none", ecolor=colour, alpha=0.35, lw=5)
        total = int(count.sum())
        label = f"{test} test: {float((coverage * count).sum() / total):.0%} of {total} posters"
        upper.plot(x, coverage, "o", color=colour, label=label, clip_on=False)
        lower.plot(x, table["width"], "o-", color=colour, lw=1.2, ms=4)
    upper.set(
        ylabel="intervals that contain\nthe true year", ylim=(0, 1.04), yticks=np.linspace(0, 1, 6)
    )
    upper.yaxis.set_major_formatter("{x:.0%}")
    lower.set(ylabel="mean width (years)", ylim=(0, None))
    title = f"vertical bars: range by chance if {level:.0%} is right; a dot below: too narrow"
    upper.legend(frameon=False, loc="lower right", title=title)


def _decade_axes(figure: Figure, tests: Mapping[str, pd.DataFrame]) -> tuple[Axes, Axes]:
    """Two plots, one above the other, over the decades of all tests."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    style_axes(upper)
    style_axes(lower)
    decades = sorted({decade for table in tests.values() for decade in table.index})
    lower.set_xticks([decade + 5 for decade in decades], [f"{decade}s" for decade in decades])
    lower.set_xlabel("decade of the true year")
    return upper, lower
