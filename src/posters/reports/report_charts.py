"""The report's charts, each with the words that stand for it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from posters.evaluation.metrics import PRIOR_OF, chance_limits
from posters.reports.charts import Chart
from posters.years.splitting import TESTS

FEW = 5
"""A mean of fewer posters is drawn pale."""
MAX_DOTS = 1500
"""More dots than these would hide each other, and fill the page."""

_KINDS = dict(zip(TESTS, ("blue", "orange"), strict=True))


def movies_by_year(catalogue: Mapping[str, Any], before: int, *, topped_up: bool) -> Markup:
    """A histogram of movies by year, the ones that were added on top of those that came.

    Args:
        catalogue: the content of `metrics/catalogue.json`.
        before: the first year that is not topped up.
        topped_up: whether the added ones are shown; the scale is the same either way.
    """
    years, t = catalogue["years"], catalogue["t"]
    first, last = years[0]["year"], years[-1]["year"]
    top = 1.12 * max(t, 1, *(each["after"] for each in years))
    shown = "after" if topped_up else "before"
    most = max(years, key=lambda each: each[shown])
    says = (
        f"Histogram of {catalogue[shown]['movies']:,} movies by year, {first} to {last}: "
        f"at most {most[shown]} ({most['year']})."
    )
    thin = [each[shown] for each in years if each["year"] < before]
    if thin:
        says += f" Years before {before} have {min(thin)} to {max(thin)} each, aimed at {t}."
    chart = Chart(says, (first - 0.5, last + 0.5), (0, top))
    chart.unit("movies")
    chart.ticks_up()
    chart.ticks_across(_years(first, last))
    for each in years:
        left, right = each["year"] - 0.5, each["year"] + 0.5
        said = f"{each['year']}: {each[shown]} movies"
        if each["before"]:
            chart.bar(left, right, 0, each["before"], "blue", said)
        if topped_up and each["after"] > each["before"]:
            chart.bar(left, right, each["before"], each["after"], "orange", said)
    if t and before > first:
        end = min(before, last + 1) - 0.5
        chart.line([(first - 0.5, t), (end, t)], "aim")
        chart.label(first, t, f"t = {t}", anchor="start")
    return chart.drawn()


def predicted_against_true(rows: pd.DataFrame, test: str, ends: tuple[float, float]) -> Markup:
    """A dot a poster: its year across, the guess up, and the line on which they are the same.

    Args:
        rows: columns `year`, `predicted`, of the posters of one test.
        test: its name.
        ends: of both axes.
    """
    error = (rows["predicted"] - rows["year"]).abs()
    says = (
        f"Guessed against true year of {len(rows)} posters of the {test} test: "
        f"{(error <= 10).mean():.0%} lie within 10 years of the diagonal."
    )
    chart = Chart(says, ends, ends, height=350)
    chart.unit("guessed")
    chart.ticks_up(count=7)
    chart.ticks_across(_years(*ends, most=7))
    chart.line([(ends[0], ends[0]), (ends[1], ends[1])], "aim")
    for row in _rows(dots(rows)):
        said = f"{row.title} ({row.year}), guessed {row.predicted:.0f}"
        chart.dot(row.year, row.predicted, f"{_KINDS[test]} cloud", 2.6, said)
    return chart.drawn()


def dots(rows: pd.DataFrame) -> pd.DataFrame:
    """The posters that are drawn: all, or `MAX_DOTS` of them evenly spread over the years."""
    if len(rows) <= MAX_DOTS:
        return rows
    ordered = rows.sort_values(["year", "imdb_id"])
    return ordered.iloc[np.linspace(0, len(rows) - 1, MAX_DOTS).astype(int)]


def error_by_decade(decades: pd.DataFrame) -> Markup:
    """Mean absolute error by decade, a bar a test, each under its own prior.

    Args:
        decades: the content of `metrics/decades.csv`.
    """
    own = _own(decades)
    first, last = int(own["decade"].min()), int(own["decade"].max()) + 10
    says = "Mean absolute error by decade, in years. " + _said(own, "mae", "{:.1f}".format)
    chart = Chart(says, (first, last), (0, 1.06 * float(own["mae"].max()) + 0.1))
    chart.unit("years off")
    chart.ticks_up()
    _decade_ticks(chart, first, last)
    for number, test in enumerate(TESTS):
        for row in _rows(own[own["test"] == test]):
            left = row.decade + 1 + 4 * number
            kind = _KINDS[test] + (" pale" if row.n < FEW else "")
            said = f"{row.decade}s, {test}: {row.mae:.1f} years ({row.n} posters)"
            chart.bar(left, left + 3.7, 0, row.mae, kind, said)
    return chart.drawn()


def coverage_by_decade(decades: pd.DataFrame, level: float) -> Markup:
    """Share of intervals that hold their year, by decade, with what chance allows around the aim.

    Args:
        decades: the content of `metrics/decades.csv`.
        level: the share that is aimed at.
    """
    own = _own(decades)
    first, last = int(own["decade"].min()), int(own["decade"].max()) + 10
    says = (
        f"Share of {level:.0%} intervals that hold their year, by decade. "
        f"{_said(own, 'coverage', '{:.0%}'.format)}"
    )
    chart = Chart(says, (first, last), (0, 1.04))
    chart.unit("hold")
    chart.ticks_up("{:.0%}".format)
    _decade_ticks(chart, first, last)
    chart.line([(first, level), (last, level)], "aim")
    for number, test in enumerate(TESTS):
        rows = own[own["test"] == test]
        limits = chance_limits(level, rows["n"].to_numpy())
        for row, low, high in zip(_rows(rows), *limits, strict=True):
            place = row.decade + 3 + 4 * number
            chart.bar(place - 1.2, place + 1.2, low, high, f"{_KINDS[test]} chance")
            said = f"{row.decade}s, {test}: {row.coverage:.0%} hold ({row.n} posters)"
            chart.dot(place, row.coverage, _KINDS[test], says=said)
    return chart.drawn()


def error_by_threshold(sweep: pd.DataFrame, test: str) -> Markup:
    """The error of one test against t under its own prior, under the other, and of a constant.

    Args:
        sweep: see `posters.evaluation.sweep_table`.
        test: its name.
    """
    rows = _rows(sweep[sweep["test"] == test].sort_values("t"))
    (other,) = set(PRIOR_OF.values()) - {PRIOR_OF[test]}
    columns = ["mae_high", "mae_natural_prior", "mae_uniform_prior", "best_constant_mae"]
    said = ", ".join(f"{row.mae:.1f} at t = {row.t}" for row in rows)
    last = max(rows[-1].t, 1)
    chart = Chart(
        f"Mean absolute error of the {test} test in years: {said}.",
        (-0.04 * last, 1.04 * last),
        (0, 1.05 * float(sweep[columns].to_numpy().max())),
    )
    chart.unit("years off")
    chart.ticks_up()
    chart.ticks_across([row.t for row in rows])
    low, high = ([(row.t, getattr(row, name)) for row in rows] for name in ("mae_low", "mae_high"))
    chart.area([*low, *reversed(high)], f"{_KINDS[test]} band")
    for column, kind in (
        ("best_constant_mae", "aim"),
        (f"mae_{other}_prior", "other"),
        ("mae", f"{_KINDS[test]} curve"),
    ):
        chart.line([(row.t, getattr(row, column)) for row in rows], kind)
    for row in rows:
        chart.dot(row.t, row.mae, _KINDS[test])
        chart.label(row.t, row.mae, f"{row.mae:.1f}", above=-17)
    return chart.drawn()


def ends_of(tested: pd.DataFrame) -> tuple[float, float]:
    """The first and the last year that is true or guessed, with a little room."""
    years = tested[["year", "predicted"]].to_numpy(dtype=float)
    return float(years.min()) - 4, float(years.max()) + 4


def _own(decades: pd.DataFrame) -> pd.DataFrame:
    """The rows of each test under its own prior."""
    return decades[decades["prior"] == decades["test"].map(PRIOR_OF)]


def _rows(table: pd.DataFrame) -> list[Any]:
    """The rows of a table, a column an attribute."""
    return list(table.itertuples())


def _said(own: pd.DataFrame, column: str, say: Callable[[float], str]) -> str:
    """A column in words, decade by decade."""
    said = []
    for test in TESTS:
        rows = _rows(own[own["test"] == test])
        each = ", ".join(f"{row.decade}s {say(getattr(row, column))}" for row in rows)
        said.append(f"{test.capitalize()}: {each}.")
    return " ".join(said)


def _years(first: float, last: float, most: int = 7) -> list[float]:
    """Round years between two, few enough for their labels to stand side by side."""
    ticks = MaxNLocator(nbins=most, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)
    return [float(year) for year in ticks if first <= year <= last]


def _decade_ticks(chart: Chart, first: int, last: int) -> None:
    step = 10 * max(1, -(-(last - first) // 80))
    for decade in range(first, last, step):
        chart.label(decade + 5, 0, f"{decade}s", above=-15)
