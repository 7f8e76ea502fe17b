"""The curves of the predicted probability of each year, as SVG, for the page."""

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from posters.neighbours.index import Neighbour
from posters.reports.svg_chart import Chart, round_years
from posters.years.year_answer import YearAnswer

# Heights in the chart, as multiples of the y axis.
_INTERVAL_BARS = {"natural": 1.16, "uniform": 1.07}
_BAR_HEIGHT = 0.035
_TICK_HEIGHT = 0.07


def year_curves(
    priors: Mapping[str, Mapping[int, float]],
    answers: Mapping[str, YearAnswer] | None = None,
    neighbours: Sequence[Neighbour] = (),
    true_year: int | None = None,
) -> Markup:
    """The probability of each year, before and after a prediction.

    Above the curves is each prediction's interval as a bar, with its median as a dot; the years of
    the neighbours are ticks on the x axis.

    Args:
        priors: probability by year, for consecutive years, by the name of the prior.
        answers: under these priors.
        neighbours: of the poster.
        true_year: of the poster, if it is known.
    """
    answers = answers or {}
    curves = {prior: found.probabilities for prior, found in answers.items()}
    label = "Probability of each year"
    for prior, found in answers.items():
        label += f"; {prior} prior: median {found.year}, interval {found.low} to {found.high}"
    if neighbours:
        of_neighbours = ", ".join(str(movie.year) for movie in neighbours)
        label += f"; years of the nearest posters: {of_neighbours}"
    if true_year is not None:
        label += f"; true year {true_year}"
    years = list(next(iter(priors.values())))
    # A little more than the maximum of the curves.
    top = 1.05 * max(max(curve.values()) for curve in [*priors.values(), *curves.values()])
    chart = Chart(label, (years[0] - 0.5, years[-1] + 0.5), (0, top), width=480, top=58)
    chart.y_ticks(lambda value: f"{100 * value:g}%", count=4)
    chart.x_ticks(round_years(years[0], years[-1]))
    for prior, probabilities in priors.items():
        chart.line(_outline(chart, probabilities), f"prior {prior}")
    for prior, found in answers.items():
        outline = _outline(chart, found.probabilities)
        chart.area(_inside(outline, found.low - 0.5, found.high + 0.5), f"inside {prior}")
        chart.line(outline, f"posterior {prior}")
    if true_year is not None:
        chart.line([(true_year, 0), (true_year, 1.22 * top)], "true-year")
        share = (true_year - chart.x_range[0]) / (chart.x_range[1] - chart.x_range[0])
        anchor = "start" if share < 0.15 else "end" if share > 0.85 else "middle"
        chart.text(true_year, 1.22 * top, f"true year {true_year}", anchor=anchor)
    # Last, so that their tooltips are on top.
    for year in years:
        tooltip = "\n".join(
            f"{year}: {probabilities[year]:.1%}, {prior} prior"
            for prior, probabilities in (curves or priors).items()
        )
        chart.bar(year - 0.5, year + 0.5, 0, top, "tooltip", tooltip)
    for movie in neighbours:
        tooltip = f"{movie.year}: {movie.title}"
        chart.bar(movie.year - 0.4, movie.year + 0.4, 0, _TICK_HEIGHT * top, "neighbour", tooltip)
    for prior, found in answers.items():
        middle = _INTERVAL_BARS[prior] * top
        tooltip = f"{prior} prior: {found.year} ({found.low} to {found.high})"
        low, high = middle - _BAR_HEIGHT * top / 2, middle + _BAR_HEIGHT * top / 2
        chart.bar(found.low - 0.5, found.high + 0.5, low, high, f"interval {prior}", tooltip)
        chart.dot(found.year, middle, f"median {prior}", 5, tooltip)
    return chart.svg()


def _outline(chart: Chart, probabilities: Mapping[int, float]) -> list[tuple[float, float]]:
    """The points of a curve, extended to the ends of the x axis."""
    points = [(float(year), value) for year, value in probabilities.items()]
    first, last = chart.x_range
    return [(first, points[0][1]), *points, (last, points[-1][1])]


def _inside(
    outline: Sequence[tuple[float, float]], low: float, high: float
) -> list[tuple[float, float]]:
    """The area under a curve between two points in time."""
    x, y = zip(*outline, strict=True)
    left, right = (float(np.interp(end, x, y)) for end in (low, high))
    within = [point for point in outline if low < point[0] < high]
    return [(low, 0), (low, left), *within, (high, right), (high, 0)]
