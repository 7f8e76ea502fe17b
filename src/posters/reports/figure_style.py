"""What all figures share: the frame and the way they are saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from posters.files import replacing
from posters.reports.palette import FAINT, GRID, INK, PAPER, QUIET

_DPI = 130


def new_figure(width: float, height: float, title: str, caveats: Sequence[str]) -> Figure:
    """An empty figure of `width` x `height` inches with its title and the caveats."""
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor=PAPER, layout="constrained")
    figure.suptitle(title, x=0.012, ha="left", fontsize=13, fontweight="bold", color=INK)
    if caveats:
        figure.text(
            0.995, 0.985, " · ".join(caveats), ha="right", va="top", fontsize=9, color=QUIET
        )
    return figure


def style_axes(axes: Axes, title: str = "") -> None:
    """Remove the box, draw a faint grid behind the data and set a title."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    axes.set_title(title, fontsize=10, color=INK)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; its bytes depend on the figure alone."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    with replacing(path) as temporary:
        image.convert("RGB").save(temporary, format="PNG")
