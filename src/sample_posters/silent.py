"""The silent era: playbills, title cards with a photograph, lithographs."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from posters.images.fonts import (
    MODERN,
    MODERN_BOLD,
    MONO_BOLD,
    ROMAN,
    ROMAN_BOLD,
    ROMAN_BOLD_ITALIC,
    SANS,
    SANS_BOLD,
    SERIF,
    SERIF_BOLD,
    SERIF_ITALIC,
)
from sample_posters.backgrounds import clouds, glow, gradient, rays, soft_mask
from sample_posters.billing import cast_line, tag
from sample_posters.colours import BLACK, WHITE, Colour, Palette, darken, legible, mix
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, roughen, scene
from sample_posters.shapes import Box
from sample_posters.warps import arch, envelope, slant
from sample_posters.wording import name, studio


def frame(image: Image.Image, inset: int, colour: Colour, width: int, corner: int = 0) -> None:
    """Draw a rectangular border, its corners stepped inwards by `corner` pixels."""
    draw = ImageDraw.Draw(image)
    right, bottom = image.width - 1 - inset, image.height - 1 - inset
    if not corner:
        draw.rectangle((inset, inset, right, bottom), outline=colour, width=width)
        return
    near, far, low = inset + corner, right - corner, bottom - corner
    points = [(near, inset), (far, inset), (far, near), (right, near), (right, low), (far, low),
              (far, bottom), (near, bottom), (near, low), (inset, low), (inset, near),
              (near, near), (near, inset)]
    draw.line(points, fill=colour, width=width)


def ornament(image: Image.Image, row: int, colour: Colour, reach: int = 70) -> None:
    """Draw a horizontal line with a diamond in its middle."""
    draw = ImageDraw.Draw(image)
    x = image.width // 2
    draw.line((x - reach, row, x + reach, row), fill=colour, width=2)
    draw.polygon([(x - 12, row), (x, row - 6), (x + 12, row), (x, row + 6)], fill=colour)
    for side in (-1, 1):
        draw.circle((x + side * reach, row), 4, fill=colour)


def still(spec: PosterSpec, size: tuple[int, int]) -> Image.Image:
    """Return an old photograph of a staged scene, in grey or with one tint."""
    rng = spec.rng
    tone = Palette((190, 188, 182), (150, 150, 148), (212, 210, 204), (26, 25, 26), (236, 234, 228))
    picture = scene(size, spec, tone.varied(rng), people=int(rng.integers(1, 5)),
                    tall=rng.uniform(0.5, 0.78))
    clouds(rng, picture, (30, 30, 30), rng.uniform(0.2, 0.6), 90)
    place = (size[0] * rng.uniform(0.3, 0.7), size[1] * 0.6)
    glow(picture, place, size[0] * 0.5, (240, 240, 236), rng.uniform(0.1, 0.4))
    picture = roughen(rng, picture, 1.5).filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.6)))
    picture = ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=2)
    if chance(rng, 0.25):
        tint = pick(rng, ((196, 120, 60), (110, 130, 170), (170, 150, 90), (150, 90, 80)))
        return ImageOps.colorize(picture, BLACK, WHITE, tint)
    return picture.convert("RGB")


def title_card(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a black card with the title in white and a vignetted photograph."""
    rng = spec.rng
    image.paste((int(rng.integers(4, 26)),) * 3, (0, 0, *image.size))
    white = mix(WHITE, colours.light, 0.4)
    face = Typeface(pick(rng, (ROMAN, ROMAN_BOLD, MODERN, SERIF, SANS)), 0.7, 1.0,
                    upper=chance(rng, 0.35))
    high = chance(rng, 0.75)
    title_box = (26, 30, 338, 150) if high else (26, 400, 338, 506)
    headline(image, spec.title, title_box, face, Paint(white), most_lines=4, leading=0.5)
    top = 178 if high else 24
    shape = pick(rng, ("oval", "circle", "box", "bleed"))
    size = {"oval": (310, 236), "circle": (300, 300), "box": (312, 250), "bleed": (364, 340)}[shape]
    picture = still(spec, size)
    mask = (soft_mask(size, rng.uniform(1, 9), oval=False) if shape in ("box", "bleed")
            else soft_mask(size, rng.uniform(0.5, 6)))
    place = ((364 - size[0]) // 2, top + (8 if shape != "bleed" else 18))
    image.paste(picture, place, mask)
    if spec.dated:
        headline(image, str(spec.year), (150, 478, 214, 496), Typeface(MONO_BOLD, 0.6, 1.0),
                 Paint(white))
    elif high and shape != "bleed":
        small = Typeface(ROMAN, 0.7, 1.0, upper=False)
        headline(image, pick(rng, (name(rng), studio(rng))), (90, 486, 274, 502), small,
                 Paint(white), most_lines=1)
    if chance(rng, 0.3):
        frame(image, 14, mix(white, BLACK, 0.3), 2, pick(rng, (0, 16)))


def full_still(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Fill the poster with an old photograph with the title over it."""
    rng = spec.rng
    picture = still(spec, image.size)
    image.paste(picture, (0, 0))
    shade = Image.linear_gradient("L").resize(image.size).point(lambda value: value * 0.75)
    image.paste(BLACK, (0, 0), shade)
    face = Typeface(pick(rng, (SANS_BOLD, SANS, ROMAN_BOLD)), 0.6, 1.0, upper=chance(rng, 0.7))
    headline(image, spec.title, (22, 400, 320, 510), face, Paint(WHITE), align=0.0, rest=1.0)


def playbill(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a letterpress bill: lines in several typefaces, each as wide as the paper."""
    rng = spec.rng
    paper, ink, red = colours.light, colours.ink, colours.accent
    image.paste(paper, (0, 0, *image.size))
    frame(image, 10, ink, 5)
    frame(image, 19, ink, 2, pick(rng, (0, 12)))
    wood = (SERIF_BOLD, SANS_BOLD, MODERN_BOLD, ROMAN_BOLD)

    def row(text: str, top: int, low: int, colour: Colour, lines: int = 1) -> None:
        face = Typeface(pick(rng, wood), 0.4, 1.7, weight=rng.uniform(0, 0.06))
        headline(image, text, (32, top, 332, low), face, Paint(colour), most_lines=lines,
                 justify=True)

    row(studio(rng), 32, 52, ink)
    row(pick(rng, ("presents the marvellous", "the great moving picture", "tonight and every night",
                   "the wonder of the age")), 60, 74, ink)
    row(spec.title, 84, 190, red if chance(rng, 0.6) else ink, 3)
    ornament(image, 203, ink)
    size = (int(rng.uniform(220, 300)), 190)
    engraving = still(spec, size).convert("L")
    lines = (np.arange(size[1]) % 4 < 2)[:, None] * 70
    cut = np.asarray(engraving, dtype=float) + lines - 35 > 118
    stamp = Image.fromarray(np.where(cut, 0, 255).astype(np.uint8))
    if chance(rng, 0.5):
        stamp.paste(0, (0, 0), ImageOps.invert(soft_mask(size, 0)))
    image.paste(ink, ((364 - size[0]) // 2, 214), stamp)
    ornament(image, 416, ink, 110)
    row(f"{name(rng)} and {name(rng)}", 428, 450, ink)
    row(pick(rng, ("in 4 thrilling reels", "in five acts", "with full orchestra",
                   "a drama of real life")), 458, 482, red)
    row("admission 10 cents" if chance(rng, 0.5) else "children half price", 490, 506, ink)


def lithograph(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a coloured lithograph: a framed scene between two bands of lettering."""
    rng = spec.rng
    image.paste(colours.ground, (0, 0, *image.size))
    border = pick(rng, (colours.light, colours.second, colours.ink))
    picture = scene((336, 400), spec, colours, people=int(rng.integers(1, 4)),
                    tall=rng.uniform(0.6, 0.92))
    top = pick(rng, (20, 70, 112))
    image.paste(roughen(rng, picture, 1.8), (14, top))
    title_top = 424 if top < 40 else (474 if top == 70 else 22)
    box = (24, title_top, 340, 520 if top < 112 else 106)
    ground = colours.ground
    face = Typeface(pick(rng, (SERIF_BOLD, MODERN_BOLD, ROMAN_BOLD_ITALIC, SANS_BOLD)), 0.5, 1.2,
                    upper=chance(rng, 0.6), weight=0.05)
    fill = legible(colours.accent if chance(rng, 0.7) else colours.ink, ground)
    headline(image, spec.title, box, face,
             Paint(fill, outline=legible(colours.light, fill) if chance(rng, 0.4) else None),
             most_lines=2, warp=arch(0.25) if chance(rng, 0.3) else None)
    if top == 70:
        cast_line(image, rng, (30, 26, 334, 56), 2, legible(colours.ink, ground))
    elif top == 20:
        image.paste(border, (0, 0, 364, 20))
    frame(image, 0, border, 13)
    frame(image, 13, legible(colours.ink, border), 2)


def oval_portrait(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw an actor in an ornamented oval under an arched title."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.second, darken(colours.second, 0.5)))
    image.paste(ground, (0, 0, *image.size))
    ink = legible(colours.ink, ground)
    box: Box = (52, 128, 312, 438)
    size = (box[2] - box[0], box[3] - box[1])
    inner = gradient(size, (colours.light, colours.accent))
    inner = pick(rng, (inner, gradient(size, (colours.second, colours.light))))
    if chance(rng, 0.6):
        add_bust(inner, spec, colours, (size[0] / 2, size[1] * 0.56), 290, softness=0.1)
    else:
        add_figures(inner, spec, colours, size[1] * 1.04, size[1] * 0.9, int(rng.integers(1, 3)))
    draw = ImageDraw.Draw(image)
    for grow, colour in ((14, colours.accent), (10, colours.light), (5, ink)):
        draw.ellipse((box[0] - grow, box[1] - grow, box[2] + grow, box[3] + grow), fill=colour)
    image.paste(roughen(rng, inner, 2.0), box[:2], soft_mask(size, 0))
    face = Typeface(pick(rng, (SERIF_BOLD, ROMAN_BOLD, MODERN, SERIF_ITALIC)), 0.5, 1.2,
                    upper=chance(rng, 0.6), weight=0.03)
    fill = legible(pick(rng, (colours.accent, colours.light)), ground)
    headline(image, spec.title, (34, 32, 330, 110), face, Paint(fill, shadow=None), most_lines=2,
             warp=arch(0.5) if chance(rng, 0.6) else None, rest=0.2)
    cast_line(image, rng, (50, 456, 314, 482), 1, ink, Typeface(SERIF_BOLD, 0.5, 1.0))
    tag(image, rng, (60, 490, 304, 510), ink)
    frame(image, 8, ink, 2, 14)
    frame(image, 14, fill, 2, 14)


def painted_star(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw an actor in full figure on a flat bright ground, the title above or below."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.accent, colours.second, colours.light))
    picture = Image.new("RGB", image.size, ground)
    if chance(rng, 0.35):
        rays(picture, (182, 300), mix(ground, colours.light, 0.4), 14, float(rng.random()))
    if chance(rng, 0.5):
        draw = ImageDraw.Draw(picture)
        radius = rng.uniform(100, 150)
        shade = mix(ground, pick(rng, (colours.light, colours.second)), 0.7)
        draw.circle((182, 280), radius, fill=shade)
    else:
        clouds(rng, picture, darken(ground, 0.4), 0.5)
    high = chance(rng, 0.5)
    if chance(rng, 0.55):
        foot = 502 if high else 408
        add_figures(picture, spec, colours, foot, rng.uniform(295, 335), int(rng.integers(1, 3)),
                    span=0.45)
    else:
        add_bust(picture, spec, colours, (182, 330 if high else 240), rng.uniform(330, 420),
                 softness=0.07, degrees=rng.uniform(-10, 10), fade=0.15)
    image.paste(roughen(rng, picture, 2.0), (0, 0))
    face = Typeface(pick(rng, (SERIF_BOLD, SANS_BOLD, ROMAN_BOLD_ITALIC, MODERN_BOLD)), 0.5, 1.2,
                    weight=0.06, upper=chance(rng, 0.6))
    fill = legible(pick(rng, (colours.ink, colours.accent, colours.light)), ground)
    warp = pick(rng, (slant(0.2), envelope((0.5, 0.2, 0.0), (1.5, 1.2, 1.0)), arch(0.3)))
    box = (22, 40, 342, 160) if high else (22, 404, 342, 500)
    headline(image, spec.title, box, face,
             Paint(fill, outline=legible(ground, fill) if chance(rng, 0.5) else None, edge=2,
                   shadow=darken(ground, 0.6) if chance(rng, 0.4) else None),
             warp=warp, most_lines=2)
    small = legible(colours.ink, ground)
    cast_line(image, rng, (60, 16, 304, 36), 1, small, Typeface(SERIF_BOLD, 0.5, 1.0))
    tag(image, rng, (70, 508, 294, 524), small)
    if chance(rng, 0.5):
        frame(image, 0, colours.light, 9)
