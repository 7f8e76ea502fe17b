"""The parts of the page as HTML, and the curves on it."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="needs `make app`")

# isort: split
from posters.app import fragments
from posters.app.fragments import PosterRow
from posters.app.service import PosterRequest, PredictedPoster
from posters.app.year_curve import year_curves
from posters.errors import DataError, PosterRefused, PostersError
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction
from posters.years.year_answer import YearAnswer

YEARS = range(1950, 1960)
UNIFORM = dict.fromkeys(YEARS, 0.1)
PEAK = {**dict.fromkeys(YEARS, 0.02), 1955: 0.82}
PRIORS = {"natural": UNIFORM, "uniform": UNIFORM}
NEIGHBOUR = Neighbour("tt0000001", "A Title", 1953, "gone.jpg", 0.5)
PREDICTOR = SimpleNamespace(level=0.8, address=lambda movie: None)
SERVICE = SimpleNamespace(priors=PRIORS, predictor=PREDICTOR)
ANSWERS = {
    "natural": YearAnswer(1955, 1954, 1956, 1950, 1.0, 1950, 0.2, PEAK),
    "uniform": YearAnswer(1954, 1950, 1959, 1950, 1.0, 1950, 1.0, UNIFORM),
}


def poster(
    title: str = "A Title", year: int | None = None, neighbour: Neighbour = NEIGHBOUR
) -> PredictedPoster:
    request = PosterRequest(Path("a.jpg"), title, year, "balanced")
    prediction = PosterPrediction(ANSWERS, [neighbour], ["this picture is tiny"])
    return PredictedPoster(request, "data:,", "data:,", prediction)


def curves(true_year: int | None = None) -> str:
    return year_curves(PRIORS, ANSWERS, [NEIGHBOUR], true_year)


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    """The points of a line or area in SVG units."""
    found = re.search(rf'class="{kind}" points="([^"]*)"', svg)
    return [(float(x), float(y)) for x, y in (point.split(",") for point in found[1].split())]


def bar(svg: str, kind: str) -> tuple[float, float]:
    """The left and right end of a bar in SVG units."""
    found = re.search(rf'class="{kind}" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    return float(found[1]), float(found[1]) + float(found[2])


def test_curves_are_proportional_to_the_probability_and_intervals_and_neighbours_are_bars() -> None:
    svg = curves()
    kinds = ("posterior natural", "prior natural", "inside natural")
    posterior, prior, inside = (points(svg, kind) for kind in kinds)
    bottom = inside[0][1]
    heights = [bottom - y for _, y in posterior]
    assert len(heights) == len(YEARS) + 2  # extended to both ends of the axis
    assert heights[6] / heights[1] == pytest.approx(41, rel=0.05)
    for _, y in prior:
        assert (bottom - y) / heights[6] == pytest.approx(0.1 / 0.82, rel=0.02)
    first = posterior[0][0]
    width = (posterior[-1][0] - first) / len(YEARS)
    shown = (min(x for x, _ in inside), max(x for x, _ in inside))
    for ends in (shown, bar(svg, "interval natural")):
        assert ends == pytest.approx((first + 4 * width, first + 7 * width), abs=0.2)
    assert bar(svg, "interval uniform") == pytest.approx((first, first + 10 * width), abs=0.2)
    assert sum(bar(svg, "neighbour")) / 2 == pytest.approx(first + 3.5 * width, abs=0.2)


def test_curves_have_a_label_tooltips_and_the_true_year() -> None:
    label = (
        "Probability of each year; natural prior: median 1955, interval 1954 to 1956; uniform "
        "prior: median 1954, interval 1950 to 1959; years of the nearest posters: 1953"
    )
    assert f'aria-label="{label}"' in curves()
    assert "true-year" not in curves()
    assert "<title>1955: 82.0%, natural prior\n1955: 10.0%, uniform prior</title>" in curves()
    assert "<title>1953: A Title</title>" in curves()
    assert f'aria-label="{label}; true year 1951"' in curves(1951)
    assert ">true year 1951</text>" in curves(1951)
    assert "<title>1955: 10.0%, natural prior" in year_curves(PRIORS)


def test_both_predictions_are_compared_with_the_true_year() -> None:
    html = fragments.answer_html(SERVICE, poster(year=1953), 1)
    of_natural, of_uniform = html.split('<section class="uniform">')
    assert "Error 2 years; the interval does not contain it" in of_natural
    assert "Error 1 year; the interval contains it" in of_uniform
    assert "Error" not in fragments.answer_html(SERVICE, poster(), 1)


def test_titles_and_reasons_are_escaped() -> None:
    title = """<script>alert('"')</script>"""
    shown = poster(title, 1955, Neighbour("tt0000001", title, 1955, "gone.jpg", 0.5))
    html = fragments.answer_html(SERVICE, shown, 1) + fragments.nearest_html(SERVICE, shown, 1)
    html += fragments.problem_html(PosterRefused("unreadable", title))
    html += fragments.problem_html(DataError(title))
    html += fragments.several_html(PREDICTOR, [PosterRow(title, problem=PostersError(title))], 2)
    assert "<script" not in html
    # The curve's tooltip, the poster, the nearest one, two messages, name and problem of a row.
    assert html.count("&lt;script&gt;") == 7
    assert "picture missing" in html


def test_warnings_are_shown_once_and_an_uncertain_answer_is_no_year() -> None:
    html = fragments.answer_html(SERVICE, poster(), 1)
    assert re.findall(r'class="note">(.*)</p>', html) == [
        "Warning: this picture is tiny.",
        "Warning: uniform prior: this poster says little: the year is 100% as uncertain as "
        "without it.",
    ]
    assert re.findall(r'class="year">(.*)</strong>', html) == ["1955", "can&#39;t tell"]
    assert "<p>best guess 1954</p>" in html
