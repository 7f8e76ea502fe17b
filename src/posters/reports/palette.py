"""The page's colours: the figures' own by day, and lighter ones on dark paper by night."""

from posters.reports.figure_style import BLUE, FAINT, INK, ORANGE, PAPER

# Ink and quiet text keep a contrast of 4.5 on paper and page (WCAG 2.2, AA), whatever else does not
# is shown by a number too.
DAY = {
    "page": "#f3f5f7",
    "paper": PAPER,
    "ink": INK,
    "quiet": "#59626b",
    "faint": FAINT,
    "line": "#e0e4e8",
    "blue": BLUE,
    "orange": ORANGE,
    "notice": "#fdf2e4",
}
NIGHT = {
    "page": "#0e1114",
    "paper": "#181c21",
    "ink": "#e8ebee",
    "quiet": "#a7b0ba",
    "faint": "#7d8791",
    "line": "#2d343b",
    "blue": "#6cb0e2",
    "orange": "#f0a04b",
    "notice": "#33240f",
}
