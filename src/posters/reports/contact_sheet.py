"""Contact sheets: in each row a query poster and its nearest posters, drawn with Pillow."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from posters.embedding.embeddings import EmbeddedMovie
from posters.errors import DataError, PosterRefused
from posters.files import replacing
from posters.images.fonts import SANS, SANS_BOLD, load_font
from posters.images.pictures import to_rgb
from posters.neighbours.index import Neighbour
from posters.prediction import PosterPrediction
from posters.reports.palette import GRID, INK, LIGHT, PAPER, QUIET

MAX_ROWS, MAX_NEIGHBOURS = 50, 10
"""Limits of a sheet of predictions, as image viewers can't open very large pictures."""


_Cell = tuple[Path | Image.Image, Sequence[str]]
"""A poster and the lines of text above it; the first one of a row is the query."""


def neighbours_sheet(
    rows: Sequence[tuple[EmbeddedMovie, Sequence[Neighbour]]],
    folder: Path,
    path: Path,
    *,
    caveats: Sequence[str] = (),
) -> None:
    """Draw posters of the catalogue, each with its nearest posters to the right, as PNG.

    Args:
        rows: a query and its neighbours, the nearest first.
        folder: the movies' `file` is relative to it.
        path: of the PNG.
        caveats: shown below the title.

    Raises:
        DataError: a poster can't be read.
    """
    cells = [
        _row(_picture(query, folder), [query.title, f"{query.year} · query"], neighbours, folder)
        for query, neighbours in rows
    ]
    title = "Posters and their nearest posters by cosine similarity"
    sheet = _draw(cells, title, caveats, columns=2 if len(rows) > 1 else 1, width=150)
    # 256 colours need an eighth of the bytes, which matters as this sheet is committed.
    _save(sheet.quantize(256, method=Image.Quantize.MEDIANCUT), path)


def predictions_sheet(
    predictions: Sequence[tuple[Path, PosterPrediction]],
    folder: Path,
    path: Path,
    *,
    prior: str,
    level: float,
    caveats: Sequence[str] = (),
) -> None:
    """Draw posters with their answers and their nearest posters; see `neighbours_sheet`.

    There are at most `MAX_ROWS` posters, and the first `MAX_NEIGHBOURS` neighbours of each are
    drawn; those without a picture become cards with title and year. `level` is the nominal
    coverage of the intervals.
    """
    cells = []
    for file, prediction in predictions:
        answer = prediction.answers[prior]
        lines = [file.name, f"{answer.headline} ({answer.low}–{answer.high})"]
        cells.append(_row(file, lines, prediction.neighbours[:MAX_NEIGHBOURS], folder))
    title = f"Predicted year ({level:.0%} interval) and nearest posters"
    trained_on = [f"trained on {', '.join(caveats)}"] if caveats else []
    _save(_draw(cells, title, trained_on, columns=1, width=200), path)


def _row(
    query: Path | Image.Image, lines: Sequence[str], neighbours: Sequence[Neighbour], folder: Path
) -> list[_Cell]:
    cells: list[_Cell] = [(query, lines)]
    for near in neighbours:
        details = f"{near.year} · similarity {near.similarity:.4f}"
        cells.append((_picture(near, folder), [near.title, details]))
    return cells


def _picture(movie: EmbeddedMovie | Neighbour, folder: Path) -> Path | Image.Image:
    """The poster of a movie, or a card where there is no picture."""
    return folder / movie.file if movie.file else _card(movie.title, movie.year)


def _card(title: str, year: int) -> Image.Image:
    """Title and year, typeset in the shape of a poster."""
    width, height = 400, 600
    card = Image.new("RGB", (width, height), LIGHT["page"])
    draw = ImageDraw.Draw(card)
    # The largest letters with which the longest word and five lines fit.
    for size in (64, 52, 42, 34, 28, 22):
        font = load_font(SANS_BOLD, size)
        columns = int((width - 60) / (0.6 * size))
        lines = textwrap.wrap(title, columns, break_long_words=False)
        if len(lines) <= 5 and max(map(font.getlength, lines)) <= width - 60:
            break
    text = "\n".join(_shortened(line, font, width - 60) for line in lines[:8])
    middle = (width / 2, height * 0.45)
    draw.multiline_text(middle, text, INK, font, "mm", spacing=size * 0.3, align="center")
    draw.text((width / 2, height - 60), str(year), LIGHT["quiet"], load_font(SANS, 40), "mm")
    return card


def _draw(
    rows: Sequence[Sequence[_Cell]],
    title: str,
    caveats: Sequence[str],
    *,
    columns: int,
    width: int,
) -> Image.Image:
    """Draw rows of posters, `columns` rows side by side, each poster `width` pixels wide."""
    gap = width // 14
    size = max(11, width // 13)
    regular, bold = load_font(SANS, size), load_font(SANS_BOLD, size)
    title_font = load_font(SANS_BOLD, round(size * 1.5))
    line_height = round(size * 1.4)
    text_height = line_height * max(len(lines) for row in rows for _, lines in row)
    box = (width, round(width * 1.5))
    row_width = max(map(len, rows)) * (width + gap) + gap
    row_height = text_height + box[1] + 3 * gap
    sheet_width = columns * (row_width + gap) + gap

    heading = [
        (line, font, colour)
        for text, font, colour in (
            (title, title_font, INK),
            (" · ".join(caveats), regular, QUIET),
        )
        # A letter is about 0.7 times as wide as high.
        for line in textwrap.wrap(text, int((sheet_width - 4 * gap) / (0.7 * font.size)))
    ]
    top = 2 * gap + sum(round(font.size * 1.4) for _, font, _ in heading)
    sheet = Image.new("RGB", (sheet_width, top + -(-len(rows) // columns) * row_height), PAPER)
    draw = ImageDraw.Draw(sheet)
    y = gap
    for line, font, colour in heading:
        draw.text((2 * gap, y), line, colour, font)
        y += round(font.size * 1.4)

    for number, row in enumerate(rows):
        x = 2 * gap + number % columns * (row_width + gap)
        y = top + number // columns * row_height
        for column, (poster, lines) in enumerate(row):
            is_query = column == 0
            font = bold if is_query else regular
            for line_number, text in enumerate(lines):
                place = (x, y + line_number * line_height)
                draw.text(place, _shortened(text, font, width), INK, font)
            picture = ImageOps.contain(_read(poster), box, Image.Resampling.LANCZOS)
            left, upper = x + (width - picture.width) // 2, y + text_height + gap // 2
            sheet.paste(picture, (left, upper))
            draw.rectangle(
                (left, upper, left + picture.width - 1, upper + picture.height - 1),
                outline=INK if is_query else GRID,
                width=2 if is_query else 1,
            )
            x += width + (2 * gap if is_query else gap)
    return sheet


def _save(picture: Image.Image, path: Path) -> None:
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG", optimize=True)


def _read(file: Path | Image.Image) -> Image.Image:
    if isinstance(file, Image.Image):
        return file
    try:
        return to_rgb(file)
    except PosterRefused as refused:
        raise DataError(
            f"{file} can't be read for the sheet ({refused.detail}): run `dvc checkout` if the "
            "file is in data/, otherwise check that it still exists"
        ) from refused


def _shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut to fit into `width` pixels."""
    text = " ".join(text[:500].split())  # measuring a very long title would take long
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"
