"""The SVG charts of the report, each with a text for screen readers.

`catalogue` is the content of `metrics/catalogue.json`, `decades` of `metrics/decades.csv`, and
`risk_coverage` of `metrics/risk_coverage.csv`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from posters.evaluation.metrics import PRIOR_OF, chance_limits
from posters.reports.svg_chart import Chart, round_years
from posters.reports.words import FEW_POSTERS, percent
from posters.years.splitting import TESTS

MAX_DOTS = 1500
"""More dots would hide each other and make the report large."""

_COLOURS = dict(zip(TESTS, ("blue", "orange"), strict=True))


def movies_by_year(catalogue: Mapping[str, Any], before: int, *, topped_up: bool) -> Markup:
    """A histogram of movies by year, with added movies stacked on the initial ones.

    The years up to `before` are topped up. The y axis is the same whether `topped_up` or not.
    """
    years, t = catalogue["years"], catalogue["t"]
    first, last = years[0]["year"], years[-1]["year"]
    top = 1.12 * max(t, 1, *(row["after"] for row in years))
    column = "after" if topped_up else "before"
    largest = max(years, key=lambda row: row[column])
    label = (
        f"Histogram of {catalogue[column]['movies']:,} movies by year, {first} to {last}. "
        f"Maximum: {largest[column]} in {largest['year']}."
    )
    years_shown = (first - 0.5, last + 0.5)
    chart = Chart(label, years_shown, (0, top), x_title="year", y_title="movies")
    chart.y_ticks()
    chart.x_ticks(round_years(first, last))
    for row in years:
        left, right = row["year"] - 0.5, row["year"] + 0.5
        tooltip = f"{row['year']}: {row[column]} movies"
        if row["before"]:
            chart.bar(left, right, 0, row["before"], "blue", tooltip)
        if topped_up and row["after"] > row["before"]:
            chart.bar(left, right, row["before"], row["after"], "green", tooltip)
    if t and before > first:
        end = min(before, last + 1) - 0.5
        chart.line([(first - 0.5, t), (end, t)], "dashed")
        chart.text(first, t, f"t = {t}", anchor="start")
    return chart.svg()


def predicted_against_true(rows: pd.DataFrame, test: str, limits: tuple[float, float]) -> Markup:
    """A scatter plot of true and predicted years with the diagonal.

    `rows` has the columns `imdb_id`, `title`, `year` and `predicted`.
    """
    error = (rows["predicted"] - rows["year"]).abs()
    label = (
        f"Predicted and true year of {len(rows)} posters of the {test} test: "
        f"{percent((error <= 10).mean())} are within 10 years of the true year."
    )
    chart = Chart(
        *(label, limits, limits), x_title="true year", y_title="predicted year", height=366
    )
    chart.y_ticks(count=7)
    chart.x_ticks(round_years(*limits))
    chart.line([(limits[0], limits[0]), (limits[1], limits[1])], "dashed")
    for row in _rows(sample_by_year(rows)):
        tooltip = f"{row.title} ({row.year}), predicted {row.predicted:.0f}"
        chart.dot(row.year, row.predicted, f"{_COLOURS[test]} cloud", 2.6, tooltip)
    return chart.svg()


def sample_by_year(rows: pd.DataFrame) -> pd.DataFrame:
    """All posters, or `MAX_DOTS` of them evenly spread over the years."""
    if len(rows) <= MAX_DOTS:
        return rows
    ordered = rows.sort_values(["year", "imdb_id"])
    return ordered.iloc[np.linspace(0, len(rows) - 1, MAX_DOTS).astype(int)]


def matching_prior(decades: pd.DataFrame) -> pd.DataFrame:
    """The rows of `metrics/decades.csv` in which each test has its matching prior."""
    return decades[decades["prior"] == decades["test"].map(PRIOR_OF)]


def error_by_decade(decades: pd.DataFrame) -> Markup:
    """MAE by decade, one bar per test; `decades` is a result of `matching_prior`."""
    label = "Mean absolute error by decade, in years; the table below has the values."
    top = 1.06 * float(decades["mae"].max()) + 0.1
    chart = _decade_chart(label, decades, "MAE (years)", top)
    chart.y_ticks()
    for number, test in enumerate(TESTS):
        for row in _rows(decades[decades["test"] == test]):
            left = row.decade + 1 + 4 * number
            kind = _COLOURS[test] + (" pale" if row.n < FEW_POSTERS else "")
            tooltip = f"{row.decade}s, {test} test: {row.mae:.1f} years ({row.n} posters)"
            chart.bar(left, left + 3.7, 0, row.mae, kind, tooltip)
    return chart.svg()


def coverage_by_decade(decades: pd.DataFrame, level: float, training_rows: int) -> Markup:
    """Coverage of the intervals by decade with the range of the sampling error; see above."""
    label = f"Coverage of the {level:.0%} intervals by decade; the table below has the values."
    chart = _decade_chart(label, decades, "coverage", 1.04)
    chart.y_ticks(percent)
    chart.line([(chart.x_range[0], level), (chart.x_range[1], level)], "dashed")
    for number, test in enumerate(TESTS):
        of_test = decades[decades["test"] == test]
        count = of_test["n"].to_numpy()
        limits = chance_limits(level, count, calibration_rows=training_rows)
        for row, low, high in zip(_rows(of_test), *limits, strict=True):
            x = row.decade + 3 + 4 * number
            chart.bar(x - 1.2, x + 1.2, low, high, f"{_COLOURS[test]} range")
            tooltip = (
                f"{row.decade}s, {test} test: {percent(row.coverage)} of {row.n} intervals "
                "contain the true year"
            )
            chart.dot(x, row.coverage, _COLOURS[test], tooltip=tooltip)
    return chart.svg()


def error_by_share_answered(risk_coverage: pd.DataFrame, evaluation: Mapping[str, Any]) -> Markup:
    """The MAE of the most certain answers against their share, one curve per test.

    The dots are the answers that are not called uncertain.
    """
    chart = Chart(
        "Mean absolute error of the most certain answers, in years, against their share.",
        (0, 1),
        (0, 1.1 * float(risk_coverage["mae"].max())),
        x_title="share of posters answered, the most certain first",
        y_title="MAE (years)",
    )
    chart.y_ticks()
    chart.x_ticks(np.linspace(0, 1, 6), percent)
    for test in TESTS:
        rows = risk_coverage[risk_coverage["test"] == test]
        points = list(zip(rows["answered"], rows["mae"], strict=True))
        chart.line(points, f"{_COLOURS[test]} curve")
        of_test = evaluation[test]
        if "certain_mae" in of_test:
            answered, mae = 1 - of_test["uncertain"], of_test["certain_mae"]
            tooltip = f"{test} test: {percent(answered)} not uncertain, MAE {mae:.1f} years"
            chart.dot(answered, mae, _COLOURS[test], 5, tooltip)
    return chart.svg()


def both_priors(curves: pd.DataFrame, predicted: Mapping[str, float], true: int) -> Markup:
    """One poster's probability of each year under both priors, with medians and the true year.

    Args:
        curves: the probabilities by year, a column for each prior.
        predicted: the median by prior.
        true: the true year.
    """
    medians = ", ".join(f"{year:.0f} under the {prior} prior" for prior, year in predicted.items())
    years = [int(year) for year in curves.index]
    chart = Chart(
        f"Probability of each year of a poster of {true}; medians: {medians}.",
        (years[0] - 0.5, years[-1] + 0.5),
        (0, 1.15 * float(curves.to_numpy().max())),
        x_title="year",
        y_title="probability",
    )
    top = chart.y_range[1]
    chart.y_ticks(lambda value: f"{100 * value:g}%")
    chart.x_ticks(round_years(years[0], years[-1]))
    chart.line([(true, 0), (true, top)], "dashed")
    for (prior, median), colour in zip(predicted.items(), _COLOURS.values(), strict=True):
        chart.line(list(zip(years, curves[prior], strict=True)), f"{colour} curve")
        height = float(np.interp(median, years, curves[prior]))
        chart.dot(median, height, colour, 5, f"{prior} prior: {median:.0f}")
    return chart.svg()


def _decade_chart(label: str, rows: pd.DataFrame, y_title: str, top: float) -> Chart:
    first, last = int(rows["decade"].min()), int(rows["decade"].max()) + 10
    x_title = "decade of the true year"
    chart = Chart(label, (first, last), (0, top), x_title=x_title, y_title=y_title)
    step = 10 * max(1, -(-(last - first) // 80))
    for decade in range(first, last, step):
        chart.text(decade + 5, 0, f"{decade}s", above=-15)
    return chart


def _rows(table: pd.DataFrame) -> list[Any]:
    return list(table.itertuples())
