"""The curve of a year's probabilities, drawn as SVG: sharp at any size, light or dark.

Matplotlib would take longer to draw it than the network to answer, and knows no dark mode. Shapes
stretch with the page; words and numbers are HTML over them, so they keep their size on a phone.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from posters.prediction import PosterPrediction

_WIDTH, _HEIGHT = 1000.0, 100.0  # of the drawing's own units
_ROOM = 1.12  # above the highest point


def answered(answer: PosterPrediction, believed: Mapping[int, float], true: int | None) -> str:
    """The curve of an answer: its interval shaded, its median marked.

    Args:
        answer: what is shown.
        believed: the probability of each year before the poster was looked at.
        true: the year of the poster, if it is known: marked as well.
    """
    years, height = _scaled(answer.probabilities, believed)
    curve = _points(years, list(answer.probabilities.values()), height)
    span = (answer.low - 0.5, answer.high + 0.5)
    inside = np.unique([*span, *(x for x in years if span[0] < x < span[1])])
    within = _points(
        years, list(answer.probabilities.values()), height, at=np.asarray(inside, dtype=np.float64)
    )
    shapes = [
        _area("outside", curve),
        _area("inside", within),
        _line("before", _points(years, list(believed.values()), height)),
        _line("after", curve),
        _upright("median", years, answer.year),
    ]
    words = [_word("median", years, answer.year, str(answer.year))]
    said = (
        f"Probability of each year: median {answer.year}, "
        f"interval {answer.low} to {answer.high}, which is shaded"
    )
    if true is not None:
        shapes.append(_upright("true", years, true))
        words.append(_word("true", years, true, f"true: {true}"))
        said += f"; true year {true}"
    legend = ["after looking", "interval", "median", "before looking"]
    names = ["after", "inside", "median", "before"]
    if true is not None:
        legend.append("true year")
        names.append("true")
    return _figure(shapes + _hints(years, answer.probabilities), words, years, said, names, legend)


def before(believed: Mapping[int, float]) -> str:
    """The curve of what is believed before any poster is looked at."""
    years, height = _scaled(believed)
    curve = _points(years, list(believed.values()), height)
    shapes = [_area("outside", curve), _line("before", curve), *_hints(years, believed)]
    said = "Probability of each year before a poster is looked at"
    return _figure(shapes, [], years, said, ["before"], ["before looking"])


def _scaled(*curves: Mapping[int, float]) -> tuple[NDArray[np.float64], float]:
    """The years as numbers, and the height of the drawing as a probability."""
    years = np.array(list(curves[0]), dtype=np.float64)
    return years, _ROOM * max(max(curve.values()) for curve in curves)


def _across(years: NDArray[np.float64], year: float) -> float:
    """Where a year lies, as a share of the width: each is a column of its own."""
    return float((year - years[0] + 0.5) / len(years))


def _points(
    years: NDArray[np.float64],
    probabilities: list[float],
    height: float,
    at: NDArray[np.float64] | None = None,
) -> list[tuple[float, float]]:
    edges = np.array([years[0] - 0.5, *years, years[-1] + 0.5])
    places = edges if at is None else at
    heights = np.interp(places, years, probabilities)
    return [
        (_across(years, place) * _WIDTH, _HEIGHT * (1 - value / height))
        for place, value in zip(places, heights, strict=True)
    ]


def _path(points: list[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f},{y:.2f}" for x, y in points)


def _area(kind: str, points: list[tuple[float, float]]) -> str:
    first, last = points[0][0], points[-1][0]
    return (
        f'<path class="{kind}" '
        f'd="M{first:.1f},{_HEIGHT:g}L{_path(points)}L{last:.1f},{_HEIGHT:g}Z"/>'
    )


def _line(kind: str, points: list[tuple[float, float]]) -> str:
    return f'<path class="{kind}" d="M{_path(points)}"/>'


def _upright(kind: str, years: NDArray[np.float64], year: int) -> str:
    place = _across(years, year) * _WIDTH
    return f'<path class="{kind}" d="M{place:.1f},0V{_HEIGHT:g}"/>'


def _hints(years: NDArray[np.float64], probabilities: Mapping[int, float]) -> list[str]:
    """A column a year that says its probability to whoever points at it."""
    width = _WIDTH / len(years)
    return [
        f'<rect class="hint" x="{number * width:.2f}" y="0" width="{width:.2f}" '
        f'height="{_HEIGHT:g}"><title>{year}: {probability:.1%}</title></rect>'
        for number, (year, probability) in enumerate(probabilities.items())
    ]


def _word(kind: str, years: NDArray[np.float64], year: int, text: str) -> str:
    return f'<span class="{kind}" style="--at: {_across(years, year):.2%}">{text}</span>'


def _figure(
    shapes: list[str],
    words: list[str],
    years: NDArray[np.float64],
    said: str,
    names: list[str],
    legend: list[str],
) -> str:
    decades = [int(year) for year in years if year % 10 == 0]
    # Of many decades every other one gives way where there is no room.
    few = len(decades) < 7
    ticks = "".join(
        f'<span class="{"" if few or year % 20 == 0 else "odd"}" '
        f'style="--at: {_across(years, year):.2%}">{year}</span>'
        for year in decades
    )
    keys = "".join(
        f'<span><i class="{name}"></i>{text}</span>'
        for name, text in zip(names, legend, strict=True)
    )
    return (
        f'<figure class="curve"><div class="words">{"".join(words)}</div>'
        f'<svg role="img" aria-label="{said}" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        f'preserveAspectRatio="none">{"".join(shapes)}</svg>'
        f'<div class="ticks" aria-hidden="true">{ticks}</div>'
        f'<figcaption class="legend">{keys}</figcaption></figure>'
    )
