"""A contact sheet: posters in rows, a few words above each; drawn without matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from posters.errors import DataError, PosterRefused
from posters.images.fonts import SANS, SANS_BOLD, load_font
from posters.images.pictures import to_rgb
from posters.reports.figure_style import INK, ORANGE, PAPER, save_picture

_FRAME = "#e6e9ec"
_ASPECT = 1.5  # height of the place for a poster, by its width


@dataclass(frozen=True)
class Cell:
    """One poster of a sheet.

    Attributes:
        file: the picture.
        lines: what stands above it; what is too long for its width is shortened.
        query: whether it is the one that was asked about.
    """

    file: Path
    lines: Sequence[str]
    query: bool = False


def draw_sheet(
    rows: Sequence[Sequence[Cell]],
    title: str,
    path: Path,
    *,
    caveats: Sequence[str] = (),
    columns: int = 1,
    width: int = 150,
    colours: int = 0,
) -> None:
    """Write rows of posters as one PNG; its bytes depend on the posters and the words alone.

    Args:
        rows: the posters, all of each row side by side.
        title: above all of them.
        path: of the PNG.
        caveats: what must be said of it.
        columns: how many rows stand beside one another.
        width: of a poster, in pixels.
        colours: see `save_picture`.

    Raises:
        DataError: a poster can't be read.
    """
    gap = width // 14
    size = max(11, width // 13)
    plain, bold = load_font(SANS, size), load_font(SANS_BOLD, size)
    line_height = round(size * 1.4)
    caption = line_height * max((len(cell.lines) for row in rows for cell in row), default=0)
    place = (width, round(width * _ASPECT))
    across = max(map(len, rows), default=1)
    row_width = across * (width + gap) + gap
    row_height = caption + place[1] + 3 * gap
    sheet_width = columns * (row_width + gap) + gap

    heading = load_font(SANS_BOLD, round(size * 1.5))
    said = [
        (part, font, colour)
        for text, font, colour in ((title, heading, INK), (" · ".join(caveats), plain, ORANGE))
        for part in _wrapped(text, font, sheet_width - 4 * gap)
    ]
    top = 2 * gap + sum(round(font.size * 1.4) for _, font, _ in said)
    sheet = Image.new("RGB", (sheet_width, top + -(-len(rows) // columns) * row_height), PAPER)
    draw = ImageDraw.Draw(sheet)
    down = gap
    for part, font, colour in said:
        draw.text((2 * gap, down), part, colour, font)
        down += round(font.size * 1.4)

    for number, row in enumerate(rows):
        line, column = divmod(number, columns)
        left, down = 2 * gap + column * (row_width + gap), top + line * row_height
        for cell in row:
            font = bold if cell.query else plain
            for offset, text in enumerate(cell.lines):
                draw.text(
                    (left, down + offset * line_height),
                    _shortened(text, font, width),
                    ORANGE if cell.query else INK,
                    font,
                )
            picture = _thumbnail(cell.file, place)
            corner = (left + (place[0] - picture.width) // 2, down + caption + gap // 2)
            sheet.paste(picture, corner)
            edge = (corner[0] + picture.width - 1, corner[1] + picture.height - 1)
            draw.rectangle(
                (corner, edge),
                outline=ORANGE if cell.query else _FRAME,
                width=2 if cell.query else 1,
            )
            # The one that was asked about stands a little apart.
            left += width + (2 * gap if cell.query else gap)
    save_picture(sheet, path, colours=colours)


def _thumbnail(file: Path, place: tuple[int, int]) -> Image.Image:
    """A poster as large as its place allows, nothing of it cut off."""
    try:
        picture = to_rgb(file)
    except PosterRefused as refused:
        raise DataError(
            f"{file} can't be read for the sheet ({refused.detail}); if it is of data/, "
            "run `dvc checkout`, else look whether it is still there"
        ) from refused
    scale = min(place[0] / picture.width, place[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The text, or as many of its first letters as fit."""
    # A title of a million letters would take long to measure.
    text = " ".join(text[:500].split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines that fit, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
