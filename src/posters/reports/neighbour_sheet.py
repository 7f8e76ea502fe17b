"""Posters beside the ones that look like them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posters.neighbours.index import Neighbour
from posters.reports.contact_sheet import Cell, draw_sheet

MAX_ANSWERS, MAX_NEIGHBOURS = 50, 10
"""Of a sheet of answers: more rows than these, and no program would like to open it."""


@dataclass(frozen=True)
class Answered:
    """A poster that was asked about.

    Attributes:
        file: the poster.
        year: guessed.
        low, high: first and last year of the interval.
        neighbours: the nearest first.
    """

    file: Path
    year: int
    low: int
    high: int
    neighbours: Sequence[Neighbour]


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

    Raises:
        DataError: a poster can't be read.
    """
    draw_sheet(
        [
            [
                Cell(folder / query.file, [query.title, f"{query.year} · query"], query=True),
                *_cells(found, folder),
            ]
            for query, found in rows
        ],
        "Posters and their nearest neighbours by cosine similarity",
        path,
        caveats=caveats,
        columns=2 if len(rows) > 1 else 1,
        colours=256,
    )


def answers_sheet(
    rows: Sequence[Answered],
    folder: Path,
    path: Path,
    *,
    level: float,
    caveats: Sequence[str] = (),
) -> None:
    """Posters that were asked about, each with its guessed year and its nearest ones.

    Args:
        rows: `MAX_ANSWERS` at most; of the neighbours the first `MAX_NEIGHBOURS` are drawn.
        folder: what the movies' `file` is relative to.
        path: of the PNG.
        level: share of posters whose interval holds their year.
        caveats: what must be said of the answers.

    Raises:
        DataError: a poster can't be read.
    """
    draw_sheet(
        [
            [
                Cell(
                    row.file,
                    [row.file.name, f"{row.year} ({row.low}–{row.high})"],
                    query=True,
                ),
                *_cells(row.neighbours[:MAX_NEIGHBOURS], folder),
            ]
            for row in rows
        ],
        f"Guessed year ({level:.0%} interval), and the posters that look most alike",
        path,
        caveats=[f"trained on {', '.join(caveats)}"] if caveats else [],
        width=200,
    )


def _cells(found: Sequence[Neighbour], folder: Path) -> list[Cell]:
    return [
        Cell(
            folder / movie.file, [movie.title, f"{movie.year} · similarity {movie.similarity:.4f}"]
        )
        for movie in found
    ]
