"""Lettering: text set to fill a box as a mask, then drawn with outline, shadow and fill."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from posters.images.fonts import cap_ratio, fallback, load_font
from sample_posters.colours import Colour, legible, lightness, mean_colour
from sample_posters.shapes import Box
from sample_posters.warps import Warp

LONGEST_WORD = 16
MEASURING_SIZE = 100


@dataclass(frozen=True)
class Typeface:
    """A font and how it may be stretched; lengths are in multiples of its capitals' height."""

    font: str
    narrowest: float = 0.55
    widest: float = 1.1
    tracking: float = 0.0
    upper: bool = True
    weight: float = 0.0
    bounce: float = 0.0


@dataclass(frozen=True)
class Paint:
    """How lettering is coloured: fill, outline `edge` pixels wide, shadow (solid or not), glow."""

    fill: Colour | Image.Image
    outline: Colour | None = None
    edge: float = 2.5
    shadow: Colour | None = None
    offset: tuple[int, int] = (4, 4)
    solid: bool = False
    glow: Colour | None = None


def split_words(text: str) -> list[str]:
    """Return the words of a text; very long ones are hyphenated."""
    words: list[str] = []
    for word in text.split():
        while len(word) > LONGEST_WORD:
            part = -(-len(word) // -(-len(word) // LONGEST_WORD))
            words.append(word[:part] + "-")
            word = word[part:]
        words.append(word)
    return words


def break_lines(words: list[str], count: int) -> list[str]:
    """Return the words in `count` lines of about equal length (fewer if words run out)."""
    ends = np.cumsum([len(word) + 1 for word in words])
    targets = ends[-1] * np.arange(1, count) / count
    stops = sorted({int(np.argmin(np.abs(ends - target))) + 1 for target in targets})
    bounds = [0, *(stop for stop in stops if stop < len(words)), len(words)]
    return [" ".join(words[a:b]) for a, b in pairwise(bounds)]


def line_width(text: str, face: Typeface) -> float:
    """Return the width of a line as a multiple of the height of its capitals."""
    length = load_font(face.font, MEASURING_SIZE).getlength(text) / MEASURING_SIZE
    # a title of only combining marks has no width
    return max(0.1, length / cap_ratio(face.font) + face.tracking * (len(text) - 1))


def line_mask(text: str, face: Typeface, cap: float, rng: Generator | None = None) -> Image.Image:
    """Return one line as a mask cropped to its ink; `rng` is needed only for a bounce."""
    size = max(4, round(cap / cap_ratio(face.font)))
    font = load_font(face.font, size)
    stroke = face.weight * cap / 2
    margin = size
    width = round(line_width(text, face) * cap) + 2 * margin
    mask = Image.new("L", (width, 3 * size), 0)
    draw = ImageDraw.Draw(mask)
    if not face.tracking and not (face.bounce and rng is not None):
        draw.text((margin, margin), text, fill=255, font=font, stroke_width=stroke)
    else:
        x = float(margin)
        for letter in text:
            y = margin + (rng.normal(0, face.bounce * cap) if rng is not None else 0.0)
            draw.text((x, y), letter, fill=255, font=font, stroke_width=stroke)
            x += font.getlength(letter) + face.tracking * cap
    box = mask.getbbox()
    return mask.crop(box) if box else Image.new("L", (2, 2), 0)


def _layout(
    lines: list[str], face: Typeface, box: tuple[int, int], leading: float
) -> tuple[float, float]:
    """Return the height of the capitals and the horizontal scale that fill the box best."""
    widest = max(line_width(line, face) for line in lines)
    cap = box[1] / (len(lines) + (len(lines) - 1) * leading)
    scale = box[0] / (widest * cap)
    if scale < face.narrowest:
        cap = box[0] / (widest * face.narrowest)
        scale = face.narrowest
    return cap, min(scale, face.widest)


def set_text(
    text: str,
    box: tuple[int, int],
    face: Typeface,
    rng: Generator | None,
    most_lines: int,
    justify: bool,
    align: float,
    leading: float,
) -> Image.Image:
    """Return the text set as large as a box (width, height) allows, as a mask: see `headline`."""
    text = text.upper() if face.upper else text
    face = replace(face, font=fallback(face.font, text))
    words = split_words(text)
    choices = []
    for count in range(1, min(most_lines, len(words)) + 1):
        lines = break_lines(words, count)
        cap, scale = _layout(lines, face, box, leading)
        choices.append((cap * cap * scale, cap, scale, lines))
    _, cap, scale, lines = max(choices)
    masks = [line_mask(line, face, cap, rng) for line in lines]
    sizes = []
    for mask in masks:
        width = max(2, round(mask.width * scale))
        height = mask.height
        if justify and len(masks) > 1:
            height = round(height * min(1.8, max(0.6, (box[0] / width) ** 0.7)))
            width = box[0] if box[0] / width < 3.2 else width
        sizes.append((min(width, box[0]), height))
    gap = round(cap * leading)
    total = sum(height for _, height in sizes) + gap * (len(sizes) - 1)
    full_width = max(width for width, _ in sizes)
    sheet = Image.new("L", (full_width, total), 0)
    y = 0
    for mask, size in zip(masks, sizes, strict=True):
        sheet.paste(mask.resize(size), (round((full_width - size[0]) * align), y))
        y += size[1] + gap
    return shrink(sheet, box)


def shrink(mask: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Return the mask, made smaller if it is larger than the box."""
    share = min(1.0, box[0] / mask.width, box[1] / mask.height)
    if share == 1.0:
        return mask
    return mask.resize((max(1, int(mask.width * share)), max(1, int(mask.height * share))))


def spread(mask: Image.Image, pixels: float) -> Image.Image:
    """Return the mask grown by about `pixels` on every side, on a larger sheet."""
    margin = int(pixels) + 2
    sheet = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    sheet.paste(mask, (margin, margin))
    # a low threshold on the blurred mask moves its edge outwards
    return sheet.filter(ImageFilter.GaussianBlur(pixels * 0.6)).point(
        lambda value: min(255, value * 9)
    )


def paint_text(image: Image.Image, mask: Image.Image, place: tuple[int, int], paint: Paint) -> None:
    """Paint a mask of lettering on the image with its top left corner at `place`."""
    x, y = place
    rim = spread(mask, paint.edge) if paint.outline is not None else mask
    margin = (rim.width - mask.width) // 2
    if paint.glow is not None:
        halo = spread(mask, 6).filter(ImageFilter.GaussianBlur(5))
        inset = (halo.width - mask.width) // 2
        image.paste(paint.glow, (x - inset, y - inset), halo)
    if paint.shadow is not None:
        reach = max(abs(paint.offset[0]), abs(paint.offset[1]))
        for step in range(1 if paint.solid else reach, reach + 1, 2):
            shift_x = round(paint.offset[0] * step / reach)
            shift_y = round(paint.offset[1] * step / reach)
            image.paste(paint.shadow, (x - margin + shift_x, y - margin + shift_y), rim)
    if paint.outline is not None:
        image.paste(paint.outline, (x - margin, y - margin), rim)
    if isinstance(paint.fill, Image.Image):
        image.paste(paint.fill.resize(mask.size), (x, y), mask)
    else:
        image.paste(paint.fill, (x, y), mask)


def headline(
    image: Image.Image,
    text: str,
    box: Box,
    face: Typeface,
    paint: Paint,
    rng: Generator | None = None,
    *,
    warp: Warp | None = None,
    most_lines: int = 3,
    justify: bool = False,
    align: float = 0.5,
    leading: float = 0.3,
    rest: float = 0.5,
) -> None:
    """Set, warp and paint a text inside a box (left, top, right, bottom) of the image.

    The text is set with as many lines, of `most_lines`, as give the largest letters. `justify`
    makes every line as wide as the box; otherwise `align` places the lines, 0 left to 1 right.
    `rest` places lettering lower than its box within it: 0 at the top, 1 at the foot.
    """
    left, top, right, bottom = box
    size = (right - left, bottom - top)
    mask = set_text(text, size, face, rng, most_lines, justify, align, leading)
    if warp is not None:
        mask = shrink(warp(mask), size)
    x = left + round((size[0] - mask.width) * align)
    y = top + round((size[1] - mask.height) * rest)
    if isinstance(paint.fill, tuple) and paint.outline is None:
        # keep the text legible on the picture below it
        under = mean_colour(image, (x, y, x + mask.width, y + mask.height))
        fill = legible(paint.fill, under, 0.3)
        shadow = paint.shadow
        if shadow is not None and abs(lightness(shadow) - lightness(fill)) < 0.22:
            shadow = None
        paint = replace(paint, fill=fill, shadow=shadow)
    paint_text(image, mask, (x, y), paint)
