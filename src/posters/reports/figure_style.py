"""What all figures share: colours, frame, and the way they are saved."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from posters.files import replacing

if TYPE_CHECKING:
    # It takes half a second to import, and what is drawn without it needs the colours alone.
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, PAPER = "#22262b", "#8b939c", "#ffffff"
BLUE, ORANGE, GREEN = "#2f6f9f", "#e08a2c", "#5b9a68"
DPI = 130


def new_figure(
    width: float, height: float, title: str, caveats: Sequence[str], *, axes: bool = True
) -> "tuple[Figure, Axes]":
    """A figure of `width` x `height` inches with its title, its caveats, and one axes or none."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    figure.suptitle(title, x=0.012, ha="left", fontsize=13, fontweight="bold", color=INK)
    if caveats:
        figure.text(
            0.995, 0.985, " · ".join(caveats), ha="right", va="top", fontsize=9, color=ORANGE
        )
    drawn = figure.subplots() if axes else None
    if drawn:
        plain(drawn)
    return figure, drawn  # type: ignore[return-value]


def plain(axes: "Axes") -> None:
    """Bring axes to the house style: no box, a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(axis="y", color="#e6e9ec", lw=0.7)
    axes.set_axisbelow(True)


def save(figure: "Figure", path: Path, *, dots_per_inch: int = DPI) -> None:
    """Write a figure as PNG; its bytes depend on the figure alone."""
    with io.BytesIO() as drawn:
        figure.savefig(drawn, format="png", dpi=dots_per_inch)
        with Image.open(drawn) as image:
            flat = image.convert("RGB")
    save_picture(flat, path)


def save_picture(picture: Image.Image, path: Path, *, colours: int = 0) -> None:
    """Write a picture as PNG, whole or not at all.

    Args:
        picture: in RGB.
        path: of the PNG.
        colours: how many it is brought down to, where it shows posters: an eighth of the bytes,
            which matters in a repository; 0 keeps all.
    """
    if colours:
        picture = picture.quantize(colours, method=Image.Quantize.MEDIANCUT)
    with replacing(path) as beside:
        picture.save(beside, format="PNG", optimize=True)
