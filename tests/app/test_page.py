"""What the page says of an answer, as HTML."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from posters.app import curve
from posters.app import service as desk
from posters.catalogue.entries import Entry
from posters.errors import PosterRefused
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction

YEARS = range(1950, 1960)
FLAT = dict.fromkeys(YEARS, 0.1)


def an_answer(**changes: object) -> PosterPrediction:
    probabilities = {**dict.fromkeys(YEARS, 0.02), 1955: 0.82}
    values = {
        **{"year": 1955, "low": 1954, "high": 1956, "decade": 1950, "decade_probability": 1.0},
        **{"neighbours": [], "probabilities": probabilities},
    }
    return PosterPrediction(**(values | changes))  # type: ignore[arg-type]


def points(html: str, kind: str) -> list[tuple[float, float]]:
    path = re.search(rf'<path class="{kind}" d="M([^"]*?)Z?"', html)
    assert path
    return [
        (float(x), float(y)) for x, y in (point.split(",") for point in path[1].split("L") if point)
    ]


def test_the_curve_is_as_high_as_a_year_is_likely() -> None:
    html = curve.answered(an_answer(), FLAT, None)
    after, believed = points(html, "after"), points(html, "before")
    # Ten columns of a hundred units; a year lies in the middle of its own.
    assert [x for x, _ in after] == [0, *range(50, 1000, 100), 1000]
    assert max(after, key=lambda point: 100 - point[1])[0] == 550
    height = {x: 100 - y for x, y in after}
    assert height[550] / height[150] == pytest.approx(41, rel=0.01)
    assert [100 - y for _, y in believed] == pytest.approx(
        [height[550] * 0.1 / 0.82] * 12, rel=0.01
    )


def test_the_interval_is_shaded_from_its_first_to_its_last_day() -> None:
    inside = points(curve.answered(an_answer(), FLAT, None), "inside")
    across = [x for x, _ in inside]
    assert (min(across), max(across)) == (400, 700)


def test_the_curve_is_told_in_words_and_the_true_year_where_it_is_known() -> None:
    asked = curve.answered(an_answer(), FLAT, None)
    said = "median 1955, interval 1954 to 1956, which is shaded"
    assert f'aria-label="Probability of each year: {said}"' in asked
    assert 'class="true"' not in asked
    told = curve.answered(an_answer(), FLAT, 1951)
    assert f"{said}; true year 1951" in told
    assert re.search(r'<span class="true" style="--at: 15.00%">true: 1951</span>', told)
    assert "<title>1955: 82.0%</title>" in asked


def test_every_other_decade_gives_way_on_a_phone_where_there_are_many() -> None:
    century = dict.fromkeys(range(1895, 2017), 1 / 122)
    assert curve.before(century).count('class="odd"') == 6
    assert 'class="odd"' not in curve.before(FLAT)


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (1955, "to the year, inside the interval"),
        (1956, "1 year off, inside the interval"),
        (1951, "4 years off, outside the interval"),
    ],
)
def test_the_truth_is_held_against_the_answer(year: int, said: str) -> None:
    assert said in desk.truth(entry("A Title", year), an_answer())


def test_titles_and_reasons_are_text_never_markup(tmp_path: Path) -> None:
    title = """<script>alert('"')</script>"""
    shown = desk.truth(entry(title, 1955), an_answer()) + desk.look_alikes(
        [Neighbour("tt0000001", title, 1955, str(tmp_path / "gone.jpg"), 0.5)]
    )
    shown += desk.refusal(PosterRefused("unreadable", title))
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 3
    assert "picture missing" in shown


def entry(title: str, year: int) -> Entry:
    return Entry("tt0000001", title, year, "a.jpg", "table", "", "0" * 64, 200, 300, "initial")


def test_an_answer_needs_none_of_what_takes_long_to_import() -> None:
    script = "import posters.app.service, posters.reports.figure_style, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "posters" in loaded
    assert not loaded & {"tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "dvc"}
