"""A chart as inline SVG: it takes its colours from the page, by day and by night.

Drawn for a width of 360, so that its lettering is readable on a phone; it grows with its column.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 16, 24, 24


@dataclass(frozen=True)
class Range:
    """Where the values of an axis lie on the paper.

    Attributes:
        low, high: the values at its ends.
        start, end: where those stand.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


class Chart:
    """Axes, and what is drawn between them.

    Args:
        says: the text that stands for the picture where it can't be seen.
        x, y: the values at the ends of the axes.
        height: of the paper, which is `WIDTH` wide.

    Attributes:
        x, y: where values stand.
    """

    def __init__(
        self, says: str, x: tuple[float, float], y: tuple[float, float], height: int = 220
    ) -> None:
        self.x = Range(*x, _LEFT, WIDTH - _RIGHT)
        self.y = Range(*y, height - _BOTTOM, _TOP)
        self._says = says
        self._height = height
        self._parts: list[Markup] = []

    def ticks_across(
        self, values: Iterable[float], label: Callable[[float], str] = "{:g}".format
    ) -> None:
        """Labels below the axis."""
        for value in values:
            self._text(self.x(value), self.y.start + 15, label(value), "middle")

    def ticks_up(self, label: Callable[[float], str] = "{:g}".format, count: int = 5) -> None:
        """Round values with a faint line each, and the axis itself."""
        values = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(
            self.y.low, self.y.high
        )
        for value in values:
            if self.y.low <= value <= self.y.high:
                self.line([(self.x.low, value), (self.x.high, value)], "grid")
                self._text(self.x.start - 6, self.y(value) + 4, label(value), "end")

    def unit(self, text: str) -> None:
        """What the values that go up are."""
        self._text(0, 11, text, "start")

    def bar(
        self, left: float, right: float, bottom: float, top: float, kind: str, says: str = ""
    ) -> None:
        """A bar between two values across and two up; `says` is shown to whoever points at it."""
        start, end, low, high = self.x(left), self.x(right), self.y(bottom), self.y(top)
        title = Markup("<title>{}</title>").format(says) if says else ""
        self._add(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>',
            *(kind, start, high, end - start, max(low - high, 0)),
            title,
        )

    def dot(self, x: float, y: float, kind: str, radius: float = 3.5, says: str = "") -> None:
        """A dot at a value across and one up."""
        title = Markup("<title>{}</title>").format(says) if says else ""
        self._add(
            '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}">{}</circle>',
            *(kind, self.x(x), self.y(y), radius, title),
        )

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through values across and up."""
        self._add('<polyline class="{}" points="{}"/>', kind, self._points(points))

    def area(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """What lies within a closed line."""
        self._add('<polygon class="{}" points="{}"/>', kind, self._points(points))

    def label(
        self, x: float, y: float, text: str, *, above: float = 5, anchor: str = "middle"
    ) -> None:
        """A text above a value across and one up, or below it where `above` is negative."""
        self._text(self.x(x), self.y(y) - above, text, anchor)

    def drawn(self) -> Markup:
        """The chart as an element of a page."""
        return Markup(
            '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>'
        ).format(self._says, WIDTH, self._height, Markup("").join(self._parts))

    def _points(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)

    def _text(self, x: float, y: float, text: str, anchor: str) -> None:
        self._add('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>', *(x, y, anchor, text))

    def _add(self, pattern: str, *values: object) -> None:
        self._parts.append(Markup(pattern).format(*values))
