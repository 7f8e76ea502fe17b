"""The 2000s and 2010s: teal and orange, white comedies, split faces, minimal posters."""

from PIL import Image, ImageDraw, ImageOps

from posters.images.fonts import MODERN_SANS, ROMAN, SANS, SANS_BOLD, SERIF
from sample_posters.backgrounds import clouds, fade, glow, gradient, stars
from sample_posters.billing import billing_block, cast_line, logos, tag
from sample_posters.colours import BLACK, WHITE, Colour, Palette, darken, legible, lighten, mix
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, add_thing, scene
from sample_posters.wording import name

THIN = Typeface(SANS, 0.55, 1.0, tracking=0.25)
CONDENSED = Typeface(SANS_BOLD, 0.35, 0.7)


def teal_orange(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw the cast against a bright horizon in cold smoke, the title in wide thin capitals."""
    rng = spec.rng
    cold, hot = darken(colours.second, 0.45), colours.accent
    image.paste(gradient(image.size, (darken(cold, 0.5), cold, mix(cold, hot, 0.7),
                                      darken(hot, 0.5), BLACK)), (0, 0))
    glow(image, (rng.uniform(100, 264), rng.uniform(250, 330)), 220, lighten(hot, 0.4), 0.8)
    clouds(rng, image, darken(cold, 0.6), 0.6, 60)
    if chance(rng, 0.6):
        spots = ((182, 170, 360), (80, 200, 240), (286, 200, 240))
        for x, y, size in reversed(spots[: int(rng.integers(1, 4))]):
            add_bust(image, spec, colours, (x, y), size, softness=0.14, fade=0.45)
    else:
        add_thing(image, spec, (rng.uniform(80, 280), 380), 200, darken(cold, 0.3), lighten(
            hot, 0.3))
        add_figures(image, spec, colours, 420, rng.uniform(230, 320), int(rng.integers(1, 4)),
                    silhouette=pick(rng, (None, darken(cold, 0.8))), span=0.6)
    fade(image, darken(cold, 0.8), 0.68, 0.84)
    face = pick(rng, (THIN, Typeface(SANS_BOLD, 0.5, 1.0, tracking=0.15), CONDENSED,
                      Typeface(ROMAN, 0.6, 1.0, tracking=0.3)))
    metal = gradient((4, 60), (WHITE, lighten(hot, 0.3), hot))
    steel = gradient((4, 60), (WHITE, mix(WHITE, cold, 0.6)))
    fills: tuple[Colour | Image.Image, ...] = (WHITE, metal, steel)
    halo = darken(hot, 0.3) if chance(rng, 0.4) else None
    headline(image, spec.title, (22, 400, 342, 462), face, Paint(pick(rng, fills), glow=halo),
             most_lines=2, leading=0.35)
    cast_line(image, rng, (20, 16, 344, 32), int(rng.integers(2, 4)), mix(WHITE, cold, 0.2))
    billing_block(image, rng, 474, mix(WHITE, cold, 0.35), rows=3, height=9)
    logos(image, rng, 516, mix(WHITE, cold, 0.45))


def bright_comedy(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a row of people on white, the title in bold red capitals."""
    rng = spec.rng
    paper = pick(rng, (WHITE, WHITE, lighten(colours.light, 0.5), lighten(colours.second, 0.6)))
    image.paste(paper, (0, 0, *image.size))
    if chance(rng, 0.4):
        floor = pick(rng, (colours.accent, colours.second))
        ImageDraw.Draw(image).rectangle((0, 330, 364, 536), fill=floor)
    count = int(rng.integers(1, 5))
    top = chance(rng, 0.5)
    if count < 3 and chance(rng, 0.6):
        for index in range(count):
            add_bust(image, spec, colours, (182 + (index - (count - 1) / 2) * 140, 270), 310,
                     softness=0.12)
    else:
        add_figures(image, spec, colours, 456 if top else 388, rng.uniform(270, 290), count,
                    span=0.2 * count)
    red = pick(rng, ((218, 28, 36), (218, 28, 36), colours.accent, colours.ink))
    headline(image, spec.title, (18, 44, 346, 138) if top else (18, 400, 346, 476),
             Typeface(SANS_BOLD, 0.5, 1.0, weight=0.04, upper=chance(rng, 0.8)), Paint(red),
             most_lines=2, leading=0.18)
    cast_line(image, rng, (20, 16, 344, 34), int(rng.integers(2, 4)), legible(colours.ink, paper))
    billing_block(image, rng, 488, colours.ink, rows=3, height=8)


def face_strips(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Divide the poster into strips with a tinted face each, the title below."""
    rng = spec.rng
    count = int(rng.integers(2, 5))
    upright = chance(rng, 0.6)
    inks = (colours.second, colours.accent, colours.ground, colours.ink)
    for index in range(count):
        size = (364 // count, 400) if upright else (364, 400 // count)
        part = Image.new("RGB", size, darken(inks[index], 0.3))
        reach = 420 if upright else 330
        add_bust(part, spec, colours, (size[0] / 2, size[1] * 0.5 if upright else size[1] * 0.7),
                 reach, softness=0.12)
        if chance(rng, 0.7):
            grey = ImageOps.autocontrast(part.convert("L"))
            part = ImageOps.colorize(grey, darken(inks[index], 0.85), lighten(inks[index], 0.75),
                                     inks[index])
        image.paste(part, (index * size[0], 0) if upright else (0, index * size[1]))
    base = pick(rng, (BLACK, WHITE, darken(colours.ink, 0.5)))
    ImageDraw.Draw(image).rectangle((0, 398, 364, 536), fill=base)
    fill = legible(pick(rng, (WHITE, colours.accent, (214, 30, 34))), base)
    headline(image, spec.title, (20, 406, 344, 472), pick(rng, (CONDENSED, THIN, Typeface(
        SANS_BOLD, 0.5, 1.0))), Paint(fill), most_lines=2)
    cast_line(image, rng, (14, 14, 350, 30), min(count, 3), WHITE)
    billing_block(image, rng, 484, mix(legible(WHITE, base), base, 0.25), rows=3, height=9)


def minimal(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Leave the poster almost empty: one small figure or object, thin type, credits."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.light, colours.second, colours.ink))
    image.paste(gradient(image.size, (lighten(ground, 0.12), ground)), (0, 0))
    ink = legible(pick(rng, (colours.ink, colours.accent, colours.light)), ground)
    row = rng.uniform(250, 380)
    if chance(rng, 0.5):
        draw = ImageDraw.Draw(image)
        tone = mix(ground, pick(rng, (colours.accent, colours.second, ink)), 0.75)
        radius = rng.uniform(70, 140)
        if chance(rng, 0.5):
            draw.ellipse((182 - radius, row - 2 * radius + 20, 182 + radius, row + 20), fill=tone)
        else:
            draw.rectangle((0, row, 364, 536), fill=tone)
    if chance(rng, 0.6):
        add_figures(image, spec, colours, row, rng.uniform(60, 190), int(rng.integers(1, 3)),
                    silhouette=pick(rng, (ink, ink, None)), middle=rng.uniform(0.3, 0.7), span=0.2)
    else:
        add_thing(image, spec, (rng.uniform(140, 224), row), rng.uniform(110, 210), ink,
                  mix(ink, ground, 0.7))
    face = pick(rng, (THIN, Typeface(MODERN_SANS, 0.7, 1.0, tracking=0.35), Typeface(
        SERIF, 0.7, 1.0, tracking=0.15, upper=False), Typeface(SANS_BOLD, 0.6, 1.0, upper=False)))
    high = chance(rng, 0.5)
    size = rng.uniform(30, 64)
    box = (40, 50, 324, round(50 + size)) if high else (40, round(462 - size), 324, 462)
    headline(image, spec.title, box, face, Paint(ink), align=pick(rng, (0.0, 0.5)))
    billing_block(image, rng, 496, ink, rows=2, height=8, width=240)
    if chance(rng, 0.6):
        cast_line(image, rng, (60, 20, 304, 34), 2, legible(ink, ground), THIN)


def type_over_face(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Fill the poster with one photograph of weak colours, the title in huge letters over it."""
    rng = spec.rng
    if chance(rng, 0.6):
        ground = mix(colours.second, colours.ink, rng.uniform(0.1, 0.8))
        picture = gradient(image.size, (lighten(ground, 0.2), ground))
        add_bust(picture, spec, colours, (182, 300), rng.uniform(520, 640), softness=0.14)
    else:
        picture = scene(image.size, spec, colours, people=int(rng.integers(1, 4)), tall=0.6)
    grey = ImageOps.grayscale(picture).convert("RGB")
    image.paste(Image.blend(picture, grey, rng.uniform(0.3, 0.95)), (0, 0))
    fill = pick(rng, (WHITE, WHITE, (222, 36, 36), colours.accent, (244, 220, 60)))
    face = pick(rng, (Typeface(SANS_BOLD, 0.35, 1.2), Typeface(SANS, 0.4, 1.0),
                      Typeface(SANS_BOLD, 0.4, 1.0, weight=0.06)))
    tall = rng.uniform(110, 230)
    top = pick(rng, (36, 250, 440 - int(tall)))
    headline(image, spec.title, (18, top, 346, round(top + tall)), face,
             Paint(fill, shadow=mix(BLACK, colours.ink, 0.5) if chance(rng, 0.3) else None),
             most_lines=4, justify=chance(rng, 0.7), leading=0.14)
    fade(image, BLACK, 0.82, 1.15)
    if chance(rng, 0.5):
        praise = pick(rng, ("A triumph", "Haunting", "Unmissable", "Wildly funny"))
        quote = f"\u2605\u2605\u2605\u2605 \u201c{praise}\u201d {name(rng)}"
        headline(image, quote, (50, 12, 314, 28), Typeface(SANS, 0.5, 1.0, upper=False),
                 Paint(WHITE), most_lines=1)
    billing_block(image, rng, 498, mix(WHITE, BLACK, 0.15), rows=2, height=9)


def lone_figure(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw one small person in a wide pale place."""
    rng = spec.rng
    picture = scene(image.size, spec, colours, people=0)
    veil = lighten(mix(colours.second, colours.light, 0.5), 0.2) if chance(rng, 0.6) else darken(
        colours.second, 0.7)
    image.paste(Image.blend(picture, Image.new("RGB", image.size, veil), rng.uniform(0.3, 0.6)),
                (0, 0))
    if chance(rng, 0.3):
        stars(rng, image, WHITE, 70)
    fade(image, veil, rng.uniform(0.35, 0.5), -0.05)
    add_figures(image, spec, colours, rng.uniform(420, 470), rng.uniform(110, 210), 1,
                middle=rng.uniform(0.3, 0.7), silhouette=pick(rng, (None, darken(veil, 0.85))))
    fill = legible(pick(rng, (WHITE, colours.ink, colours.accent)), veil, 0.35)
    headline(image, spec.title, (30, 60, 334, 150), pick(rng, (
        THIN, Typeface(SANS_BOLD, 0.5, 1.0, tracking=0.2),
        Typeface(ROMAN, 0.7, 1.0, tracking=0.4))),
        Paint(fill), leading=0.5)
    tag(image, rng, (60, 34, 304, 48), fill, Typeface(SANS, 0.6, 1.0, upper=False), most_lines=1)
    fade(image, darken(colours.ink, 0.3), 0.84, 1.05)
    billing_block(image, rng, 500, mix(WHITE, BLACK, 0.2), rows=2, height=8)


def video_sleeve(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a video cover: a banner on top, a picture, a plain title on a dark band."""
    rng = spec.rng
    base = pick(rng, (BLACK, darken(colours.second, 0.6), darken(colours.accent, 0.6), WHITE))
    image.paste(base, (0, 0, *image.size))
    picture = scene((364, 330), spec, colours, people=int(rng.integers(1, 4)), tall=0.75)
    if chance(rng, 0.5):
        add_bust(picture, spec, colours, (rng.uniform(110, 250), 150), 300, fade=0.3)
    if chance(rng, 0.35):
        picture = ImageOps.autocontrast(picture.convert("L")).convert("RGB")
    image.paste(picture, (0, 34))
    banner = pick(rng, (colours.accent, (150, 24, 30), BLACK, (190, 190, 196)))
    ImageDraw.Draw(image).rectangle((0, 0, 364, 34), fill=banner)
    words = pick(rng, ("Classic collection", "Widescreen edition", "The vault series",
                       "Restored edition", "Cinema treasures"))
    headline(image, words, (60, 10, 304, 25), Typeface(SANS_BOLD, 0.6, 1.0, 0.2),
             Paint(legible(WHITE, banner)), most_lines=1)
    fill = legible(pick(rng, (WHITE, colours.accent, colours.light)), base, 0.35)
    headline(image, spec.title, (22, 378, 342, 464), Typeface(pick(rng, (SERIF, ROMAN, SANS_BOLD)),
             0.55, 1.0), Paint(fill), most_lines=3)
    cast_line(image, rng, (24, 474, 340, 492), 2, fill)
    logos(image, rng, 508, fill)
