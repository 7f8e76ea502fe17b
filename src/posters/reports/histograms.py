"""Movies by year."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from posters.reports.figure_style import BLUE, GREEN, INK, ORANGE, new_figure, save


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
    """A histogram of movies by year, the parts of a year stacked.

    Args:
        counts: movies by year, for each part by its label, the lowest first.
        years: the years on the axis.
        path: of the PNG.
        title: what is shown.
        threshold: drawn as a line over the years below `before`.
        before: the first year that is not topped up.
        top: upper end of the axis, so that two histograms can be compared.
        caveats: what must be said of the numbers.
    """
    figure, axes = new_figure(9.6, 4.4, title, caveats)
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
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 1.0))
    save(figure, path)
