"""The 1960s and 1970s: paper cut-outs, op art, painted montages, framed pictures."""

from numpy.random import Generator
from PIL import Image, ImageDraw, ImageOps

from posters.images.fonts import (
    MODERN_BOLD,
    ROMAN_BOLD_ITALIC,
    ROMAN_ITALIC,
    SANS_BOLD,
    SERIF,
    SERIF_BOLD,
    SERIF_ITALIC,
)
from sample_posters.backgrounds import fade, gradient, halftone, rings, stripes
from sample_posters.billing import billing_block, cast_line, logos, tag
from sample_posters.colours import BLACK, WHITE, Colour, Palette, darken, legible, lighten, mix
from sample_posters.faces import eyes_strip
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.portraits import natural_tones, two_tones
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, add_thing, roughen, scene
from sample_posters.shapes import Outline, Pen, star
from sample_posters.silent import frame
from sample_posters.warps import slant, tilt


def _ragged(
    rng: Generator, left: float, top: float, right: float, bottom: float, sway: float
) -> Outline:
    """Return a rectangle whose corners are displaced by up to `sway` pixels."""
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [(x + rng.uniform(-sway, sway), y + rng.uniform(-sway, sway)) for x, y in corners]


def cut_out(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw crooked paper shapes and a silhouette, the title in crooked capitals."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.accent, colours.light, colours.ink))
    image.paste(ground, (0, 0, *image.size))
    draw = ImageDraw.Draw(image)
    first = legible(pick(rng, (colours.ink, colours.accent, colours.light)), ground)
    kind = pick(rng, ("bars", "panel", "rings", "burst"))
    if kind == "bars":
        for _ in range(int(rng.integers(3, 7))):
            x, wide = rng.uniform(10, 300), rng.uniform(16, 70)
            draw.polygon(_ragged(rng, x, -20, x + wide, rng.uniform(180, 420), 14),
                         fill=mix(first, ground, rng.uniform(0, 0.3)))
    elif kind == "panel":
        draw.polygon(_ragged(rng, 40, 40, 324, 360, 26), fill=first)
    elif kind == "rings":
        rings(image, (182, 220), mix(first, ground, 0.2), rng.uniform(10, 20), rng.uniform(0, 0.3))
        draw.rectangle((0, 374, 364, 536), fill=ground)
    else:
        Pen(image, (182, 210), 1).shape(
            star((0, 0), int(rng.integers(7, 13)), 190, rng.uniform(60, 120), 0.2), first)
    figure = legible(pick(rng, (colours.light, colours.ink, colours.accent)),
                     first if kind != "bars" else ground)
    if chance(rng, 0.5):
        add_figures(image, spec, colours, 372, rng.uniform(250, 320), int(rng.integers(1, 3)),
                    silhouette=figure, span=0.4)
    elif chance(rng, 0.5):
        add_bust(image, spec, colours, (182, 212), 310,
                 tones=two_tones(figure, legible(colours.ink, figure), colours.ink), softness=0.0)
    else:
        add_thing(image, spec, (182, 340), 260, figure, legible(ground, figure, 0.2))
    image.paste(roughen(rng, image, 1.4, 14), (0, 0))
    fill = legible(pick(rng, (colours.light, colours.ink, colours.accent)), ground, 0.4)
    face = Typeface(SANS_BOLD, 0.55, 1.1, bounce=rng.uniform(0.02, 0.09), weight=0.03,
                    upper=chance(rng, 0.6))
    headline(image, spec.title, (26, 376, 338, 476), face, Paint(fill), rng, align=pick(
        rng, (0.0, 0.5)), warp=tilt(rng.uniform(-4, 4)))
    names = legible(colours.ink, ground)
    cast_line(image, rng, (30, 488, 334, 504), 3, names)
    billing_block(image, rng, 512, names, rows=1, height=9, width=270)


def op_margin(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a bright flat picture in a white margin, small bold type below."""
    rng = spec.rng
    paper = lighten(colours.light, 0.6)
    image.paste(paper, (0, 0, *image.size))
    size = (332, int(rng.uniform(330, 400)))
    kind = pick(rng, ("spiral", "scene", "dots", "stripes", "faces"))
    field = pick(rng, (colours.ground, colours.accent, colours.second))
    panel = Image.new("RGB", size, field)
    loud = legible(pick(rng, (colours.ink, colours.light, colours.accent)), field, 0.25)
    middle = (size[0] / 2, size[1] * rng.uniform(0.3, 0.6))
    if kind == "spiral":
        rings(panel, middle, loud, rng.uniform(12, 26), rng.uniform(0.1, 0.35))
    elif kind == "stripes":
        stripes(panel, loud, rng.uniform(30, 90), rng.uniform(-0.5, 0.5))
    if kind == "scene":
        panel = scene(size, spec, colours, flat=chance(rng, 0.4))
    elif kind == "dots":
        tone = scene(size, spec, colours, people=2, tall=0.9).convert("L")
        halftone(panel, legible(colours.ink, field), int(rng.integers(7, 12)),
                 ImageOps.invert(ImageOps.autocontrast(tone)))
    elif kind == "faces":
        for x in (0.3, 0.7):
            add_bust(panel, spec, colours, (size[0] * x, size[1] * 0.52), size[1] * 0.85,
                     tones=two_tones(colours.light, colours.ink, colours.second), softness=0.0)
    else:
        add_figures(panel, spec, colours, size[1] * 1.02, size[1] * 0.8,
                    int(rng.integers(1, 4)), span=0.5,
                    silhouette=pick(rng, (None, colours.ink, colours.light)))
    image.paste(roughen(rng, panel, 1.2), (16, 16))
    ink = legible(pick(rng, (colours.ink, colours.accent)), paper, 0.4)
    low = 16 + size[1]
    face = Typeface(pick(rng, (SANS_BOLD, SANS_BOLD, SERIF_BOLD)), 0.55, 1.1,
                    upper=chance(rng, 0.4), weight=0.05)
    headline(image, spec.title, (18, low + 12, 346, 486), face, Paint(ink), align=pick(
        rng, (0.0, 0.5)), most_lines=2)
    billing_block(image, rng, 494, colours.ink, rows=2, height=9, width=310)


def eyes_and_blade(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw strips: a pair of eyes, the title on black, a scene in one bright colour."""
    rng = spec.rng
    image.paste(BLACK, (0, 0, *image.size))
    strip = Image.new("RGB", (364, 150))
    eyes_strip(strip, natural_tones(rng, colours), rng)
    hot = pick(rng, (colours.accent, colours.second))
    picture = scene((364, 190), spec, colours, people=1, tall=0.9)
    picture = ImageOps.colorize(ImageOps.autocontrast(picture.convert("L")), BLACK, hot)
    order = chance(rng, 0.6)
    image.paste(roughen(rng, strip, 1.5), (0, 44 if order else 316))
    image.paste(picture, (0, 316 if order else 16))
    if chance(rng, 0.5):
        ImageDraw.Draw(image).polygon([(0, 208), (364, 196), (364, 204), (0, 226)], fill=hot)
    fill = legible(pick(rng, (hot, colours.light, (246, 220, 40))), BLACK)
    headline(image, spec.title, (18, 216, 346, 304), Typeface(SANS_BOLD, 0.45, 1.0, weight=0.04),
             Paint(fill), align=pick(rng, (0.0, 0.5)))
    cast_line(image, rng, (20, 16, 344, 36) if order else (20, 478, 344, 496), 3,
              legible(colours.light, BLACK))
    billing_block(image, rng, 512, mix(WHITE, BLACK, 0.3), rows=1, height=9)


def action_montage(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a big portrait over explosions and small figures, the title in a light band."""
    rng = spec.rng
    paper = lighten(colours.light, 0.5)
    sky = pick(rng, (colours.second, colours.accent, paper))
    picture = gradient(image.size, (sky, mix(sky, colours.accent, 0.5), colours.accent))
    add_thing(picture, spec, (rng.uniform(200, 310), 350), 230, colours.accent, (248, 214, 90))
    add_bust(picture, spec, colours, (rng.uniform(110, 180), 190), rng.uniform(320, 380),
             softness=0.06, fade=0.2)
    if chance(rng, 0.6):
        add_bust(picture, spec, colours, (280, 130), 190, softness=0.06, fade=0.3)
    add_figures(picture, spec, colours, 405, rng.uniform(140, 190), int(rng.integers(2, 5)),
                middle=0.6, span=0.7)
    image.paste(roughen(rng, picture, 1.8), (0, 0))
    draw = ImageDraw.Draw(image)
    edge = rng.uniform(-24, 24)
    draw.polygon([(0, 392 + edge), (364, 392 - edge), (364, 536), (0, 536)], fill=paper)
    fill = legible(pick(rng, (colours.accent, (206, 30, 30), colours.ink)), paper)
    headline(image, spec.title, (16, 404, 348, 480),
             Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD)), 0.45, 1.1, weight=0.08,
                      upper=chance(rng, 0.5)),
             Paint(fill, shadow=BLACK if chance(rng, 0.4) else None, offset=(3, 3)),
             warp=slant(rng.uniform(0, 0.25)), most_lines=2)
    cast_line(image, rng, (20, 12, 190, 50), 2, legible(colours.ink, sky),
              Typeface(SANS_BOLD, 0.5, 1.0), stacked=True, align=0.0)
    billing_block(image, rng, 488, legible(colours.ink, paper), rows=2, width=316)
    if chance(rng, 0.5):
        frame(image, 0, paper, 10)


def framed_picture(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw one picture of earth colours in a thin frame, the title in serif type."""
    rng = spec.rng
    paper = pick(rng, (lighten(colours.light, 0.5), colours.light, colours.ground))
    image.paste(paper, (0, 0, *image.size))
    size = (int(rng.uniform(220, 316)), int(rng.uniform(230, 300)))
    high = chance(rng, 0.6)
    top = 56 if high else 150
    panel = scene(size, spec, colours, people=int(rng.integers(1, 3)), tall=0.75)
    if chance(rng, 0.4):
        add_bust(panel, spec, colours, (size[0] * 0.5, size[1] * 0.5), size[1] * 0.95, fade=0.3)
    left = (364 - size[0]) // 2
    ink = legible(colours.ink, paper)
    mask = Image.new("L", size, 0)
    shape = pick(rng, ("box", "round", "arch"))
    edge = ImageDraw.Draw(mask)
    edge.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1),
                           {"box": 0, "round": 34, "arch": size[0] / 2}[shape], fill=255)
    if shape == "arch":
        edge.rectangle((0, size[1] // 2, *size), fill=255)
    image.paste(roughen(rng, panel, 1.8), (left, top), mask)
    if shape == "box":
        ImageDraw.Draw(image).rectangle(
            (left - 7, top - 7, left + size[0] + 6, top + size[1] + 6), outline=ink, width=2)
    face = Typeface(pick(rng, (SERIF_ITALIC, ROMAN_BOLD_ITALIC, SERIF_BOLD, MODERN_BOLD)), 0.6, 1.1,
                    upper=chance(rng, 0.25))
    fill = legible(pick(rng, (colours.accent, colours.ink, colours.second)), paper, 0.35)
    box = (26, top + size[1] + 20, 338, 470) if high else (26, 40, 338, 136)
    headline(image, spec.title, box, face, Paint(fill), most_lines=2, rest=0.3)
    tag(image, rng, (50, 16, 314, 40), ink, Typeface(SERIF, 0.6, 1.0, upper=False))
    billing_block(image, rng, 482, ink, rows=3, height=9, width=300)


def earthy_montage(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw heads and small figures in one brown picture, the title below."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.light, colours.ink))
    picture = gradient(image.size, (ground, mix(ground, colours.accent, 0.4)))
    if chance(rng, 0.6):
        draw = ImageDraw.Draw(picture)
        band = (colours.accent, colours.second, mix(colours.accent, colours.light, 0.5))
        for index in range(3):
            draw.circle((182, 228), 176 - 26 * index, fill=band[index])
    spots = ((115, 215, 270), (250, 205, 260), (182, 150, 230))
    for x, y, size in spots[: int(rng.integers(2, 4))]:
        add_bust(picture, spec, colours, (x, y), size, softness=0.08, fade=0.35)
    add_thing(picture, spec, (rng.uniform(100, 260), 380), 170, colours.ink, colours.light)
    add_figures(picture, spec, colours, 392, rng.uniform(120, 170), int(rng.integers(1, 4)),
                span=0.6)
    fade(picture, ground, 0.7, 0.78)
    image.paste(roughen(rng, picture, 2.2), (0, 0))
    fill = legible(pick(rng, (colours.accent, colours.ink, colours.light)), ground, 0.4)
    face = Typeface(pick(rng, (SANS_BOLD, SERIF_ITALIC, MODERN_BOLD, SERIF_BOLD)), 0.5, 1.1,
                    upper=chance(rng, 0.5), weight=0.08)
    rim: Colour | None = legible(ground, fill) if chance(rng, 0.4) else None
    headline(image, spec.title, (20, 400, 344, 480), face, Paint(fill, outline=rim), most_lines=2)
    ink = legible(colours.ink, ground)
    tag(image, rng, (30, 14, 334, 46), ink, Typeface(SANS_BOLD, 0.5, 1.0, upper=False))
    billing_block(image, rng, 490, ink, rows=2, height=10, width=310)


def grainy_photograph(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a photograph of high contrast on two thirds, the rest plain with small text."""
    rng = spec.rng
    plain = pick(rng, (colours.ground, colours.ink, colours.light, colours.second))
    image.paste(plain, (0, 0, *image.size))
    top = pick(rng, (0, 170))
    picture = scene((364, 366), spec, colours, people=int(rng.integers(1, 3)), tall=0.7)
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=6)
    tinted = ImageOps.colorize(grey, darken(colours.ink, 0.4), colours.light,
                               mix(colours.second, colours.ink, 0.3))
    image.paste(tinted if chance(rng, 0.7) else picture, (0, top))
    ink = legible(pick(rng, (colours.light, colours.accent, colours.ink)), plain, 0.4)
    box = (22, 380, 342, 470) if top == 0 else (22, 52, 342, 150)
    face = Typeface(pick(rng, (SANS_BOLD, ROMAN_ITALIC, SERIF_BOLD)), 0.6, 1.1,
                    upper=chance(rng, 0.4))
    align = pick(rng, (0.0, 0.5))
    headline(image, spec.title, box, face, Paint(ink), align=align)
    if top == 0:
        billing_block(image, rng, 482, ink, rows=3, height=8)
    else:
        tag(image, rng, (22, 18, 342, 40), ink, align=align)
    logos(image, rng, 516, legible(WHITE, plain if top == 0 else colours.ink))
