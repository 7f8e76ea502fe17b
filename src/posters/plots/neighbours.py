"""Posters beside the ones that look like them."""

from collections.abc import Sequence
from pathlib import Path

from posters.images import read_image, to_rgb
from posters.neighbours import Neighbour
from posters.plots.style import INK, ORANGE, new_figure, save


def neighbours_sheet(
    rows: Sequence[tuple[Neighbour, Sequence[Neighbour]]],
    folder: Path,
    path: Path,
    *,
    caveats: Sequence[str] = (),
) -> None:
    """Query posters, each with its nearest ones to the right.

    Args:
        rows: a query (its similarity is not shown) and its neighbours, the nearest first.
        folder: what the movies' `file` is relative to.
        path: of the PNG.
        caveats: what must be said of the similarities.
    """
    across = max(1, max((len(found) for _, found in rows), default=0)) + 1
    columns = 2 if len(rows) > 1 else 1
    lines = -(-len(rows) // columns)
    figure, _ = new_figure(
        1.55 * across * columns + 0.5,
        2.62 * lines + 0.9,
        "Posters and their nearest neighbours by cosine similarity",
        caveats,
        axes=False,
    )
    widths = ([1.0] * across + [0.18]) * columns
    grid = figure.subplots(lines, len(widths), squeeze=False, width_ratios=[*widths[:-1], 0.01])
    for axes in grid.flat:
        axes.axis("off")
    for number, (query, found) in enumerate(rows):
        line, column = divmod(number, columns)
        for place, movie in enumerate([query, *found]):
            axes = grid[line][column * (across + 1) + place]
            axes.imshow(to_rgb(read_image(folder / movie.file)), aspect="equal")
            said = "query" if place == 0 else f"similarity {movie.similarity:.4f}"
            axes.set_title(
                f"{_shorten(movie.title)}\n{movie.year} · {said}",
                fontsize=7,
                color=ORANGE if place == 0 else INK,
                fontweight="bold" if place == 0 else "normal",
            )
    save(figure, path, dots_per_inch=105, colours=256)


def _shorten(title: str, length: int = 22) -> str:
    # A dollar sign would begin a formula.
    title = title if len(title) <= length else title[: length - 1].rstrip() + "…"
    return title.replace("$", r"\$")
