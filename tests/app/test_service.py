"""The HTML of the page's predictions."""

import re

import pytest

from posters.app import service
from posters.catalogue.entries import Entry
from posters.errors import PosterRefused
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction
from posters.reports.year_curve import prediction_curve, prior_curve
from posters.years.year_answer import YearAnswer

YEARS = range(1950, 1960)
UNIFORM = dict.fromkeys(YEARS, 0.1)
PEAK = {**dict.fromkeys(YEARS, 0.02), 1955: 0.82}


def curve(true_year: int | None = None) -> str:
    return prediction_curve(PEAK, UNIFORM, median=1955, interval=(1954, 1956), true_year=true_year)


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    """The points of a line or area in SVG units."""
    found = re.search(rf'class="{kind}" points="([^"]*)"', svg)
    assert found
    return [(float(x), float(y)) for x, y in (point.split(",") for point in found[1].split())]


def entry(title: str, year: int) -> Entry:
    return Entry("tt0000001", title, year, "a.jpg", "table", "", "0" * 64, 200, 300, "initial")


def answer_of(entry: Entry | None, *neighbours: Neighbour) -> str:
    prediction = PosterPrediction(
        {"natural": YearAnswer(1955, 1954, 1956, 1950, 1.0, 1950, 0.2, PEAK)}, list(neighbours), []
    )
    return service.answer_html(UNIFORM, prediction, lambda movie: None, level=0.8, entry=entry)


def test_curve_is_proportional_to_the_probability_and_the_interval_is_shaded() -> None:
    kinds = ("blue curve", "prior", "outside", "inside")
    posterior, prior, outside, inside = (points(curve(), kind) for kind in kinds)
    bottom = outside[0][1]
    heights = [bottom - y for _, y in posterior]
    assert len(heights) == len(YEARS) + 2  # extended to both ends of the axis
    assert heights[6] / heights[1] == pytest.approx(41, rel=0.05)
    for _, y in prior:
        assert (bottom - y) / heights[6] == pytest.approx(0.1 / 0.82, rel=0.02)
    first, last = min(x for x, _ in outside), max(x for x, _ in outside)
    width = (last - first) / len(YEARS)
    assert min(x for x, _ in inside) == pytest.approx(first + 4 * width, abs=0.2)
    assert max(x for x, _ in inside) == pytest.approx(first + 7 * width, abs=0.2)


def test_curve_has_a_label_tooltips_and_the_true_year() -> None:
    label = "Probability of each year: median 1955, interval 1954 to 1956"
    assert f'aria-label="{label}"' in curve()
    assert "true-year" not in curve()
    assert "<title>1955: 82.0%</title>" in curve()
    assert f'aria-label="{label}; true year 1951"' in curve(1951)
    assert ">true year 1951</text>" in curve(1951)
    assert "<title>1955: 10.0%</title>" in prior_curve(UNIFORM)


@pytest.mark.parametrize(
    ("year", "text"),
    [
        (1955, "error 0 years; the interval contains it"),
        (1956, "error 1 year; the interval contains it"),
        (1951, "error 4 years; the interval does not contain it"),
    ],
)
def test_prediction_is_compared_with_the_true_year(year: int, text: str) -> None:
    html = answer_of(entry("A Title", year))
    assert text in " ".join(html.split()).replace("</strong>", "")
    assert "error" not in answer_of(None)


def test_titles_and_reasons_are_escaped() -> None:
    title = """<script>alert('"')</script>"""
    neighbour = Neighbour("tt0000001", title, 1955, "gone.jpg", 0.5)
    html = answer_of(entry(title, 1955), neighbour)
    html += service.refusal_html(PosterRefused("unreadable", title))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3
    assert "picture missing" in html
