"""The colours of the figures, the report and the page."""

from collections.abc import Mapping

INK, FAINT, GRID, PAPER = "#22262b", "#8b939c", "#e0e4e8", "#ffffff"
# In all charts, blue is the natural mix of years (the initial catalogue and its part, the natural
# test), orange the same number of every year (the balanced test), and green the top-up.
BLUE, ORANGE, GREEN = "#2f6f9f", "#e08a2c", "#5b9a68"
QUIET = "#59626b"

# `ink` and `quiet` text has a contrast of at least 4.5 on `page` and `paper` (WCAG 2.2, AA).
LIGHT = {
    "page": "#f3f5f7",
    "paper": PAPER,
    "ink": INK,
    "quiet": QUIET,
    "faint": FAINT,
    "line": GRID,
    "blue": BLUE,
    "orange": ORANGE,
    "green": GREEN,
    "notice": "#e6eaee",
}
DARK = {
    "page": "#0e1114",
    "paper": "#181c21",
    "ink": "#e8ebee",
    "quiet": "#a7b0ba",
    "faint": "#7d8791",
    "line": "#2d343b",
    "blue": "#6cb0e2",
    "orange": "#f0a04b",
    "green": "#7fbf8c",
    "notice": "#262d34",
}


def css_variables(colours: Mapping[str, str]) -> str:
    """Declarations such as `--blue: #2f6f9f;`, one for each colour."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
