"""How good the predicted years are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.evaluation.metrics import chance_limits
from posters.reports.figure_style import BLUE, FAINT, INK, ORANGE, new_figure, plain, save


def predicted_against_true(
    tests: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]],
    maes: Mapping[str, tuple[float, float]],
    path: Path,
    *,
    caveats: Sequence[str] = (),
) -> None:
    """A cloud a test: the true year across, the predicted one up, the diagonal where they agree.

    Args:
        tests: true and predicted years, each of shape (n,), by the test's name.
        maes: the test's MAE and that of the best constant guess, by the test's name.
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    figure, _ = new_figure(10.4, 5.4, "Predicted against true year", caveats, axes=False)
    everything = np.concatenate([np.concatenate(pair) for pair in tests.values()])
    low, high = everything.min() - 4, everything.max() + 4
    for axes, (name, (true, predicted)) in zip(
        figure.subplots(1, len(tests), squeeze=False)[0], tests.items(), strict=True
    ):
        plain(axes)
        axes.plot([low, high], [low, high], color=FAINT, lw=1)
        axes.scatter(true, predicted, s=14, color=BLUE, alpha=0.45, lw=0)
        mae, constant = maes[name]
        axes.set_title(
            f"{name}: n = {len(true)}, MAE {mae:.1f} years (best constant {constant:.1f})",
            fontsize=10,
            color=INK,
        )
        axes.set(xlabel="true year", ylabel="predicted year", xlim=(low, high), ylim=(low, high))
        axes.set_aspect("equal")
    save(figure, path)


def error_by_decade(
    tests: Mapping[str, pd.DataFrame], path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """MAE and bias by decade, a bar a test.

    Args:
        tests: what `evaluation.by_decade` gives, by the test's name.
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    figure, _ = new_figure(9.6, 6.0, "Error by decade", caveats, axes=False)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    decades = sorted({decade for table in tests.values() for decade in table.index})
    width = 8.0 / len(tests)
    for number, ((name, table), colour) in enumerate(
        zip(tests.items(), (BLUE, ORANGE), strict=False)
    ):
        places = np.asarray(table.index) + 1 + width * (number + 0.5)
        label = f"{name} ({int(table['n'].sum())} posters)"
        upper.bar(places, table["mae"], width=width * 0.92, color=colour, label=label)
        lower.bar(places, table["bias"], width=width * 0.92, color=colour)
        for place, count, mae in zip(places, table["n"], table["mae"], strict=True):
            upper.annotate(
                str(count),
                (place, mae),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7,
                color=FAINT,
            )
    for axes in (upper, lower):
        plain(axes)
    lower.axhline(0, color=INK, lw=0.8)
    upper.set_ylabel("mean absolute error (years)")
    lower.set_ylabel("bias (years)\n+ guessed too new")
    lower.set_xticks([decade + 5 for decade in decades], [f"{decade}s" for decade in decades])
    upper.legend(frameon=False, loc="upper right", title="number of posters on each bar")
    save(figure, path)


def coverage_by_decade(
    tests: Mapping[str, pd.DataFrame], level: float, path: Path, *, caveats: Sequence[str] = ()
) -> None:
    """Share of intervals that hold their year, and how wide they are, by decade, a line a test.

    Args:
        tests: what `evaluation.by_decade` gives, by the test's name.
        level: the share that is aimed at.
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    figure, _ = new_figure(9.6, 6.0, f"Do {level:.0%} intervals hold?", caveats, axes=False)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    upper.axhline(level, color=INK, lw=0.9, ls=(0, (4, 3)))
    for (name, table), colour in zip(tests.items(), (BLUE, ORANGE), strict=False):
        places = np.asarray(table.index) + (4.1 if colour == BLUE else 5.9)
        count = table["n"].to_numpy()
        share = table["coverage"].to_numpy()
        low, high = chance_limits(level, count)
        whole = float((share * count).sum() / count.sum())
        upper.errorbar(
            places,
            np.full(len(count), level),
            yerr=[level - low, high - level],
            fmt="none",
            ecolor=colour,
            alpha=0.35,
            lw=5,
        )
        upper.plot(
            places,
            share,
            "o",
            color=colour,
            label=f"{name}: {whole:.0%} of {int(count.sum())}",
        )
        lower.plot(places, table["width"], "o-", color=colour, lw=1.2, ms=4)
    for axes in (upper, lower):
        plain(axes)
    upper.set(ylabel="share that hold\n(bars: what chance allows)", ylim=(0, 1.04))
    lower.set(ylabel="mean width (years)", ylim=(0, None))
    decades = sorted({decade for table in tests.values() for decade in table.index})
    lower.set_xticks([decade + 5 for decade in decades], [f"{decade}s" for decade in decades])
    upper.legend(frameon=False, loc="lower right")
    save(figure, path)
