"""A chart as inline SVG.

CSS classes set its colours (`templates/chart.css`), so it suits light and dark pages.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

_LEFT, _RIGHT, _BOTTOM = 38, 16, 24
_TITLE = 16


class Chart:
    """Axes and the shapes drawn in them; all coordinates are data values.

    `label` is a text for screen readers, `x` and `y` are the values at the ends of the axes.
    `x_title` and `y_title` are the quantities of the axes, with units. `width`, `height` and `top`,
    the room above the axes, are in SVG units.
    """

    def __init__(
        self,
        label: str,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        x_title: str = "",
        y_title: str = "",
        width: int = 360,
        height: int = 220,
        top: int = 24,
    ) -> None:
        self.x_range, self.y_range = x, y
        self._label = label
        self._width, self._height, self._top = width, height, top
        self._bottom = height - _BOTTOM - (_TITLE if x_title else 0)
        self._parts: list[Markup] = []
        if x_title:
            self._text((_LEFT + width - _RIGHT) / 2, height - 5, x_title, "middle")
        if y_title:
            self._text(0, 11, y_title, "start")

    def x_ticks(
        self, values: Iterable[float], text: Callable[[float], str] = "{:g}".format
    ) -> None:
        """Values below the x axis."""
        for value in values:
            self.text(value, self.y_range[0], text(value), above=-15)

    def y_ticks(self, text: Callable[[float], str] = "{:g}".format, count: int = 5) -> None:
        """Round values on the y axis with a grid line each."""
        for value in round_values(*self.y_range, count):
            self.line([(self.x_range[0], value), (self.x_range[1], value)], "grid")
            self._text(_LEFT - 6, self._y(value) + 4, text(value), "end")

    def bar(
        self, left: float, right: float, bottom: float, top: float, kind: str, tooltip: str = ""
    ) -> None:
        """A rectangle; `kind` is its CSS class."""
        x, y = self._x(left), self._y(top)
        self._add(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>',
            *(kind, x, y, self._x(right) - x, max(self._y(bottom) - y, 0)),
            _title(tooltip),
        )

    def dot(self, x: float, y: float, kind: str, radius: float = 3.5, tooltip: str = "") -> None:
        """A filled circle; `radius` in SVG units."""
        self._add(
            '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}">{}</circle>',
            *(kind, self._x(x), self._y(y), radius, _title(tooltip)),
        )

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        self._add('<polyline class="{}" points="{}"/>', kind, self._points(points))

    def area(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A filled polygon."""
        self._add('<polygon class="{}" points="{}"/>', kind, self._points(points))

    def text(
        self, x: float, y: float, text: str, *, above: float = 5, anchor: str = "middle"
    ) -> None:
        """A text, `above` SVG units above a point."""
        self._text(self._x(x), self._y(y) - above, text, anchor)

    def svg(self) -> Markup:
        """The chart as an SVG element."""
        return Markup(
            '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>'
        ).format(self._label, self._width, self._height, Markup("").join(self._parts))

    def _x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + (value - low) / (high - low) * (self._width - _RIGHT - _LEFT)

    def _y(self, value: float) -> float:
        low, high = self.y_range
        return self._bottom + (value - low) / (high - low) * (self._top - self._bottom)

    def _points(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)

    def _text(self, x: float, y: float, text: str, anchor: str) -> None:
        self._add('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>', x, y, anchor, text)

    def _add(self, pattern: str, *values: object) -> None:
        self._parts.append(Markup(pattern).format(*values))


def round_values(low: float, high: float, count: int, *, min_step: float = 0) -> list[float]:
    """At most about `count` round values between two, `min_step` or more apart."""
    width = (high - low) / count
    power = 10.0 ** math.floor(math.log10(width))
    step = max(min_step, next(step for n in (1, 2, 5, 10) if (step := n * power) >= width))
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def round_years(first: float, last: float) -> list[float]:
    """A few round years between two, for the labels of an axis."""
    return round_values(first, last, 7, min_step=1)


def _title(tooltip: str) -> Markup:
    return Markup("<title>{}</title>").format(tooltip) if tooltip else Markup("")
