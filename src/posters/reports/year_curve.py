"""The curve of the predicted probability of each year, as SVG, for the page."""

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from posters.reports.svg_chart import Chart, round_years


def prior_curve(prior: Mapping[int, float]) -> Markup:
    """The prior: probability by year, for consecutive years."""
    chart = _probability_chart("Prior probability of each year", [prior])
    chart.line(_outline(chart, prior), "prior")
    return _with_tooltips(chart, prior)


def prediction_curve(
    probabilities: Mapping[int, float],
    prior: Mapping[int, float],
    *,
    median: int,
    interval: tuple[int, int],
    true_year: int | None = None,
) -> Markup:
    """The predicted probability of each year, and the prior.

    The prediction interval (first and last year) is shaded; the median and the true year, if it is
    known, are marked.
    """
    low, high = interval
    label = f"Probability of each year: median {median}, interval {low} to {high}"
    marks = [(median, f"median {median}", "median", 4)]
    if true_year is not None:
        label += f"; true year {true_year}"
        marks.append((true_year, f"true year {true_year}", "true-year", 19))
    chart = _probability_chart(label, [probabilities, prior])
    first, last = chart.x_range
    outline = _outline(chart, probabilities)
    x, y = zip(*outline, strict=True)
    ends = [(end, float(np.interp(end, x, y))) for end in (low - 0.5, high + 0.5)]
    inside = [point for point in outline if ends[0][0] < point[0] < ends[1][0]]
    chart.area([(first, 0), *outline, (last, 0)], "outside")
    chart.area([(ends[0][0], 0), ends[0], *inside, ends[1], (ends[1][0], 0)], "inside")
    chart.line(_outline(chart, prior), "prior")
    chart.line(outline, "blue curve")
    for year, text, kind, above in marks:
        chart.line([(year, 0), (year, chart.y_range[1])], kind)
        share = (year - first) / (last - first)
        anchor = "start" if share < 0.15 else "end" if share > 0.85 else "middle"
        chart.text(year, chart.y_range[1], text, above=above, anchor=anchor)
    return _with_tooltips(chart, probabilities)


def _probability_chart(label: str, curves: list[Mapping[int, float]]) -> Chart:
    """Axes of years and of probabilities up to a little more than the maximum of the curves."""
    years = list(curves[0])
    top = 1.1 * max(max(curve.values()) for curve in curves)
    chart = Chart(label, (years[0] - 0.5, years[-1] + 0.5), (0, top), width=480, top=36)
    chart.y_ticks(lambda value: f"{100 * value:g}%", count=4)
    chart.x_ticks(round_years(years[0], years[-1]))
    return chart


def _outline(chart: Chart, probabilities: Mapping[int, float]) -> list[tuple[float, float]]:
    """The points of a curve, extended to the ends of the x axis."""
    points = [(float(year), value) for year, value in probabilities.items()]
    first, last = chart.x_range
    return [(first, points[0][1]), *points, (last, points[-1][1])]


def _with_tooltips(chart: Chart, probabilities: Mapping[int, float]) -> Markup:
    """The chart with an invisible bar per year that shows its probability as a tooltip."""
    for year, value in probabilities.items():
        tooltip = f"{year}: {value:.1%}"
        chart.bar(year - 0.5, year + 0.5, 0, chart.y_range[1], "tooltip", tooltip)
    return chart.svg()
