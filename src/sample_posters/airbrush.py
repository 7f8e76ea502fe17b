"""The 1980s and 1990s: airbrushed gradients, neon and chrome; big faces on dark grounds."""

from numpy.random import Generator
from PIL import Image, ImageDraw, ImageOps

from posters.images.fonts import (
    ROMAN,
    ROMAN_BOLD,
    SANS_BOLD,
    SANS_OBLIQUE,
    SERIF,
    SERIF_BOLD,
    SERIF_ITALIC,
)
from sample_posters.backgrounds import clouds, fade, floor_grid, glow, gradient, rays, stars
from sample_posters.billing import billing_block, cast_line, logos, tag
from sample_posters.colours import (
    BLACK,
    WHITE,
    Colour,
    Palette,
    darken,
    legible,
    lighten,
    lightness,
    mix,
)
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.portraits import two_tones
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, add_thing, scene
from sample_posters.warps import chain, recede, slant, tilt, wedge


def chrome(rng: Generator) -> Image.Image:
    """Return a gradient like a reflected horizon, as fill of metallic letters."""
    sky, ground = pick(rng, (
        ((60, 110, 190), (120, 60, 40)), ((120, 130, 150), (40, 44, 60)),
        ((200, 60, 120), (60, 20, 90)), ((190, 120, 30), (90, 30, 10)),
    ))
    return gradient((8, 100), (sky, lighten(sky, 0.5), WHITE, WHITE, ground,
                               lighten(ground, 0.3), lighten(ground, 0.75), WHITE))


def neon_grid(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw an evening sky, a striped sun, a glowing grid, and people in front."""
    rng = spec.rng
    night = darken(colours.ink, 0.4)
    image.paste(gradient(image.size, (night, mix(night, colours.second, 0.7), colours.accent)),
                (0, 0))
    stars(rng, image, colours.light, 60)
    horizon = int(rng.uniform(320, 360))
    if chance(rng, 0.7):
        radius = rng.uniform(85, 130)
        x = rng.uniform(140, 224)
        glow(image, (x, horizon - 70), radius * 2, colours.accent, 0.7)
        sun = gradient((round(2 * radius), round(2 * radius)), ((252, 226, 110), colours.accent))
        disc = Image.new("L", sun.size, 0)
        draw = ImageDraw.Draw(disc)
        draw.ellipse((0, 0, *sun.size), fill=255)
        for cut in range(6):
            row = sun.height * (0.5 + 0.09 * cut)
            draw.rectangle((0, row, sun.width, row + 1.5 + cut * 1.6), fill=0)
        image.paste(sun, (round(x - radius), round(horizon - 60 - radius)), disc)
    ImageDraw.Draw(image).rectangle((0, horizon, 364, 536), fill=night)
    if chance(rng, 0.65):
        floor_grid(image, horizon, mix(colours.second, colours.light, 0.3))
    else:
        glow(image, (182, horizon), 260, colours.second, 0.5)
    add_thing(image, spec, (rng.uniform(90, 270), horizon + 24), rng.uniform(120, 180),
              darken(colours.second, 0.5), colours.light)
    flat = pick(rng, (darken(night, 0.6), None))
    add_figures(image, spec, colours, horizon + 70, rng.uniform(200, 270),
                int(rng.integers(1, 3)), silhouette=flat, span=0.4)
    fade(image, darken(night, 0.5), 0.74, 0.92)
    face = Typeface(pick(rng, (SANS_OBLIQUE, SANS_BOLD, SERIF_BOLD)), 0.5, 1.2, weight=0.06)
    fill = chrome(rng) if chance(rng, 0.7) else colours.light
    headline(image, spec.title, (18, 400, 346, 482), face,
             Paint(fill, outline=darken(colours.second, 0.6), edge=2, glow=colours.accent),
             warp=pick(rng, (slant(0.15), chain(slant(0.2), tilt(5)), recede(0.15), wedge(0.3))),
             most_lines=2)
    tag(image, rng, (30, 14, 334, 40), lighten(colours.light, 0.4),
        Typeface(SERIF_ITALIC, 0.5, 1.0, upper=False))
    billing_block(image, rng, 494, mix(colours.light, night, 0.2), rows=2, height=10)


def airbrush_action(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw armed people in front of fire and machines, heads in smoke, a slanted title."""
    rng = spec.rng
    night = darken(colours.ink, rng.uniform(0.1, 0.6))
    glow_row = rng.uniform(230, 330)
    image.paste(gradient(image.size, (night, mix(night, colours.second, 0.6), colours.accent,
                                      darken(colours.accent, 0.6), night)), (0, 0))
    clouds(rng, image, darken(night, 0.3), 0.7, 70)
    glow(image, (182, glow_row), 230, mix(colours.accent, (255, 220, 120), 0.5), 0.9)
    heads = int(rng.integers(0, 3))
    for x, y, size in ((95, 150, 230), (275, 140, 220))[:heads]:
        add_bust(image, spec, colours, (x, y), size, softness=0.12, fade=0.4)
    for _ in range(int(rng.integers(1, 3))):
        add_thing(image, spec, (rng.uniform(40, 324), rng.uniform(330, 390)),
                  rng.uniform(110, 180), darken(colours.second, 0.3), (255, 214, 110),
                  stock=pick(rng, ("any", "things", "airborne")))
    tall = rng.uniform(240, 310) if not heads else rng.uniform(160, 195)
    add_figures(image, spec, colours, 412, tall, int(rng.integers(1, 4)), span=0.5)
    fade(image, darken(night, 0.6), 0.7, 0.8)
    fills: tuple[Colour | Image.Image, ...] = (
        chrome(rng), (222, 34, 28), colours.accent, colours.light)
    fill = pick(rng, fills)
    face = Typeface(pick(rng, (SANS_OBLIQUE, SANS_BOLD, SERIF_BOLD)), 0.5, 1.15, weight=0.12)
    rim = pick(rng, (WHITE, BLACK, (250, 200, 60)))
    headline(image, spec.title, (16, 396, 348, 482), face,
             Paint(fill, outline=rim, edge=2, shadow=BLACK, offset=(4, 4)),
             warp=pick(rng, (slant(0.2), tilt(5), wedge(0.4), chain(slant(0.2), tilt(6)))),
             most_lines=2)
    cast_line(image, rng, (24, 14, 340, 34), int(rng.integers(1, 3)), WHITE)
    billing_block(image, rng, 494, mix(colours.light, night, 0.15), rows=2, height=10)


def white_comedy(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw people on plain white, the title in uneven letters below them."""
    rng = spec.rng
    paper = lighten(colours.light, 0.7)
    image.paste(paper, (0, 0, *image.size))
    add_thing(image, spec, (rng.uniform(120, 250), 330), 220, colours.second, colours.light)
    if chance(rng, 0.5):
        heads = int(rng.integers(1, 4))
        for index in range(heads):
            x = 182 + (index - (heads - 1) / 2) * 110
            add_bust(image, spec, colours, (x, rng.uniform(225, 250)), rng.uniform(220, 260),
                     softness=0.1, fade=0.15)
    else:
        add_figures(image, spec, colours, 372, rng.uniform(210, 260), int(rng.integers(2, 5)),
                    span=0.7)
    fill = legible(pick(rng, ((214, 30, 38), colours.accent, colours.second)), paper, 0.3)
    headline(image, spec.title, (20, 372, 344, 464),
             Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD)), 0.55, 1.1, weight=0.1,
                      bounce=rng.uniform(0, 0.07)),
             Paint(fill, outline=BLACK if chance(rng, 0.5) else None, edge=2,
                   shadow=mix(paper, BLACK, 0.35) if chance(rng, 0.6) else None), rng,
             warp=tilt(rng.uniform(-5, 7)))
    cast_line(image, rng, (20, 18, 344, 40), 2, legible(colours.ink, paper))
    tag(image, rng, (40, 54, 324, 84), legible(colours.ink, paper),
        Typeface(SERIF, 0.5, 1.0, upper=False))
    billing_block(image, rng, 478, legible(colours.ink, paper), rows=3, height=9)


def dark_faces(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw one or two big faces on a dark ground over a small scene, the title in spaced serifs."""
    rng = spec.rng
    night = darken(colours.ink, rng.uniform(0.3, 0.8))
    image.paste(gradient(image.size, (mix(night, colours.second, rng.uniform(0, 0.35)), night)),
                (0, 0))
    two = chance(rng, 0.55)
    spots = ((118, 150, 330), (262, 190, 330)) if two else ((182, 190, rng.uniform(400, 520)),)
    for x, y, size in spots:
        add_bust(image, spec, colours, (x, y), size, softness=0.16, fade=0.4)
    clouds(rng, image, night, rng.uniform(0.05, 0.3), 110)
    if chance(rng, 0.6):
        strip = scene((364, 150), spec, colours, people=int(rng.integers(0, 3)), tall=0.7)
        veil = Image.linear_gradient("L").resize(strip.size).point(lambda v: min(255, v * 3))
        image.paste(strip, (0, 300), veil)
    fade(image, darken(night, 0.5), 0.7, 0.82)
    tracked = Typeface(pick(rng, (ROMAN, ROMAN_BOLD, SERIF)), 0.55, 1.0,
                       tracking=rng.uniform(0.05, 0.5))
    fill = legible(pick(rng, (WHITE, (206, 26, 30), (206, 26, 30), colours.light, colours.accent)),
                   night, 0.22)
    headline(image, spec.title, (24, 384, 340, 466), tracked, Paint(fill, shadow=BLACK,
             offset=(3, 3)), most_lines=2, leading=0.4)
    cast_line(image, rng, (22, 16, 342, 42), 2 if two else 1, WHITE,
              Typeface(pick(rng, (ROMAN, SERIF)), 0.55, 1.0, tracking=0.1))
    if chance(rng, 0.6):
        tag(image, rng, (50, 364, 314, 380), mix(WHITE, night, 0.1),
            Typeface(ROMAN, 0.6, 1.0, upper=False), most_lines=1)
    billing_block(image, rng, 482, mix(WHITE, night, 0.3), rows=3, height=9)


def soft_romance(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a couple over a place that fades into a light sky, the title in thin white letters."""
    rng = spec.rng
    picture = scene(image.size, spec, colours, people=0)
    image.paste(picture, (0, 0))
    fade(image, lighten(colours.light, 0.3), rng.uniform(0.4, 0.6), -0.1)
    for x, y, size in ((130, 190, 310), (245, 215, 290)):
        add_bust(image, spec, colours, (x, y), size, softness=0.14, fade=0.35,
                 degrees=rng.uniform(-10, 10))
    base = darken(colours.second, 0.5)
    fade(image, base, 0.66, 0.85)
    face = Typeface(pick(rng, (ROMAN, SERIF, SERIF_ITALIC)), 0.6, 1.0,
                    tracking=rng.uniform(0, 0.3), upper=chance(rng, 0.5))
    headline(image, spec.title, (24, 392, 340, 470), face, Paint(WHITE, shadow=base), most_lines=2)
    cast_line(image, rng, (26, 14, 338, 38), 2, legible(base, colours.light))
    billing_block(image, rng, 484, lighten(base, 0.75), rows=2, height=10)
    logos(image, rng, 516, lighten(base, 0.6))


def one_ink(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a portrait of high contrast in one colour, the title in bold mixed case."""
    rng = spec.rng
    ground = pick(rng, (colours.accent, colours.second, (222, 74, 48)))
    if lightness(ground) < 0.3:
        ground = lighten(ground, 0.35)
    tone = Image.new("RGB", image.size, WHITE)
    if chance(rng, 0.4):
        rays(tone, (182, 200), (190, 190, 190), 20, 0.0)
    add_bust(tone, spec, colours, (182, 320), rng.uniform(480, 560), softness=0.05,
             tones=two_tones((232, 232, 232), (14, 14, 14), (96, 96, 96)))
    grey = ImageOps.autocontrast(tone.convert("L"))
    image.paste(ImageOps.colorize(grey, darken(ground, 0.92), ground), (0, 0))
    fill = legible(pick(rng, (BLACK, WHITE)), ground, 0.25)
    headline(image, spec.title, (20, 400, 344, 500), Typeface(SANS_BOLD, 0.6, 1.0, upper=False,
             weight=0.05), Paint(fill), align=pick(rng, (0.0, 1.0)), leading=0.2)
    tag(image, rng, (20, 30, 170, 100), fill, Typeface(SANS_BOLD, 0.6, 1.0, upper=False),
        align=0.0, most_lines=4)
    billing_block(image, rng, 512, fill, rows=1, height=9)
