"""Small print: names of the cast, tag lines, billing blocks, and the studio's name."""

from numpy.random import Generator
from PIL import Image, ImageDraw

from posters.images.fonts import ROMAN, SANS, SANS_BOLD, SERIF, SERIF_BOLD
from sample_posters.colours import Colour, legible, mean_colour
from sample_posters.lettering import Paint, Typeface, headline, line_mask
from sample_posters.random_draws import chance, pick
from sample_posters.shapes import Box
from sample_posters.wording import credits_text, name, studio, tag_line

SMALL_SANS = Typeface(SANS_BOLD, 0.5, 1.0)
SMALL_SERIF = Typeface(SERIF, 0.5, 1.0, upper=False)


def billing_block(
    image: Image.Image, rng: Generator, top: int, colour: Colour,
    *, rows: int = 3, width: int = 290, height: int = 11,
) -> None:
    """Draw centred rows of small condensed credits."""
    text = credits_text(rng, 1 + 2 * rows)
    words = text.split()
    per_row = -(-len(words) // rows)
    y = top
    ground = mean_colour(image, (37, top, 327, min(top + 30, image.height)))
    colour = legible(colour, ground, 0.25)
    face = Typeface(SANS)
    for row in range(rows):
        line = " ".join(words[row * per_row : (row + 1) * per_row])
        mask = line_mask(line.upper(), face, 16)
        wide = width if row < rows - 1 else round(width * rng.uniform(0.5, 1.0))
        mask = mask.resize((wide, height), Image.Resampling.LANCZOS)
        image.paste(colour, (round((image.width - wide) / 2), y), mask)
        y += height + 4


def cast_line(
    image: Image.Image, rng: Generator, box: Box, count: int, colour: Colour,
    face: Typeface = SMALL_SANS, *, align: float = 0.5, stacked: bool = False,
) -> None:
    """Draw names of the cast in a box, side by side or one below the other."""
    left, top, right, bottom = box
    for place in range(count):
        if stacked:
            tall = (bottom - top) / count
            part = (left, round(top + place * tall), right, round(top + (place + 0.74) * tall))
        else:
            wide = (right - left) / count
            part = (round(left + (place + 0.05) * wide), top,
                    round(left + (place + 0.95) * wide), bottom)
        headline(image, name(rng), part, face, Paint(colour), most_lines=1 if stacked else 2,
                 align=align)


def cast_block(image: Image.Image, rng: Generator, top: int, first: Colour, second: Colour) -> None:
    """Draw the names at the foot of a studio-era poster: two or three stars, then smaller rows."""
    face = Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD)), 0.45, 0.8)
    room = image.height - 14 - top
    cast_line(image, rng, (16, top, 348, top + round(room * 0.46)), int(rng.integers(2, 4)), first,
              face)
    names = " · ".join(name(rng) for _ in range(4))
    headline(image, names, (24, top + round(room * 0.56), 340, top + round(room * 0.74)), face,
             Paint(second), most_lines=1)
    line = pick(rng, ("Directed by {}", "Screen play by {}", "Produced by {}"))
    text = line.format(name(rng)) + " · " + studio(rng)
    headline(image, text, (40, top + round(room * 0.82), 324, top + room), SMALL_SERIF,
             Paint(second), most_lines=1)


def tag(
    image: Image.Image, rng: Generator, box: Box, colour: Colour,
    face: Typeface = SMALL_SERIF, *, align: float = 0.5, most_lines: int = 2,
) -> None:
    """Draw a tag line in a box."""
    headline(image, tag_line(rng), box, face, Paint(colour), align=align, most_lines=most_lines)


def presents(
    image: Image.Image, rng: Generator, top: int, colour: Colour, height: int = 12
) -> None:
    """Draw the studio's name."""
    text = pick(rng, ("{} presents", "{}", "A {} release")).format(studio(rng))
    face = Typeface(pick(rng, (ROMAN, SANS, SERIF)), 0.6, 1.0, 0.25, upper=chance(rng, 0.6))
    headline(image, text, (50, top, 314, top + height), face, Paint(colour), most_lines=1)


def logos(image: Image.Image, rng: Generator, row: int, colour: Colour) -> None:
    """Draw the small marks at the foot: a rating box and studio logos."""
    draw = ImageDraw.Draw(image)
    x = round(rng.uniform(24, 60))
    draw.rectangle((x, row, x + 34, row + 14), outline=colour, width=1)
    draw.line((x + 12, row, x + 12, row + 14), fill=colour)
    for right in (46, 74, 96)[: int(rng.integers(1, 4))]:
        draw.ellipse((364 - right, row, 350 - right + 14, row + 14), outline=colour, width=2)
