"""The 1930s: art deco rays and steps, flat diagonals, and one-ink rotogravure."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageOps

from posters.images.fonts import SANS, SANS_BOLD, SANS_OBLIQUE, SERIF_BOLD
from sample_posters.backgrounds import gradient, rays
from sample_posters.billing import cast_line, presents, tag
from sample_posters.colours import Colour, Palette, darken, legible, mix
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.portraits import two_tones
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, add_thing, roughen, scene
from sample_posters.silent import frame
from sample_posters.warps import chain, envelope, slant, swell, tilt, wedge


def _deco_face(rng: Generator) -> Typeface:
    """Return a narrow tall or a wide flat sans-serif typeface."""
    if chance(rng, 0.5):
        return Typeface(SANS, 0.32, 0.62, tracking=0.12, weight=0.05)
    return Typeface(SANS_BOLD, 0.4, 1.25, weight=0.12)


def _fan(image: Image.Image, centre: tuple[float, float], colours: tuple[Colour, ...]) -> None:
    """Draw concentric half discs."""
    draw = ImageDraw.Draw(image)
    for ring in range(8):
        draw.circle(centre, 210 - ring * 25, fill=colours[ring % len(colours)])


def _steps(image: Image.Image, colour: Colour, light: Colour) -> None:
    """Draw stepped towers on both sides, like the front of an art deco cinema."""
    draw = ImageDraw.Draw(image)
    for step in range(5):
        wide, top = 64 - step * 11, 90 + (4 - step) * 62
        tone = mix(colour, light, step / 7)
        draw.rectangle((0, top, wide, 536), fill=tone)
        draw.rectangle((364 - wide, top, 364, 536), fill=tone)


def deco_rays(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw rays or half discs behind big flat people, geometric lettering at the foot."""
    rng = spec.rng
    night = chance(rng, 0.5)
    ground = colours.ink if night else colours.ground
    image.paste(ground, (0, 0, *image.size))
    centre = (182.0, rng.uniform(300, 420))
    kind = pick(rng, ("rays", "fan", "both", "steps"))
    if kind in ("rays", "both"):
        rays(image, centre, mix(ground, colours.second, 0.75), int(rng.integers(7, 18)),
             float(rng.random()))
    if kind in ("fan", "both"):
        _fan(image, centre, (colours.second, colours.accent, colours.light))
    if kind == "steps":
        rays(image, centre, mix(ground, colours.light, 0.5), 9, float(rng.random()))
        _steps(image, colours.second, colours.accent)
    if chance(rng, 0.55):
        tones = two_tones(colours.light, darken(colours.ink, 0.3), colours.accent)
        add_bust(image, spec, colours, (182, 256), rng.uniform(320, 400),
                 tones=tones if chance(rng, 0.6) else None, softness=0.0,
                 degrees=rng.uniform(-8, 8))
    else:
        add_thing(image, spec, (rng.uniform(100, 264), 400), 240, colours.accent, colours.light)
        flat = pick(rng, (None, colours.ink if not night else darken(colours.ink, 0.5)))
        add_figures(image, spec, colours, 420, rng.uniform(240, 330), int(rng.integers(1, 4)),
                    silhouette=flat)
    band = pick(rng, (colours.accent, colours.ink, colours.light, colours.second))
    top = 392
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, top, 364, 536), fill=band)
    for line in range(3):
        draw.rectangle((0, top - 5 - line * 9, 364, top - 1 - line * 9),
                       fill=(colours.light, colours.accent, colours.ink)[line])
    fill = legible(pick(rng, (colours.light, colours.accent, colours.ground)), band, 0.4)
    headline(image, spec.title, (20, top + 12, 344, top + 100), _deco_face(rng), Paint(fill),
             most_lines=2, justify=chance(rng, 0.5))
    cast_line(image, rng, (24, 506, 340, 526), 2, legible(colours.light, band))
    cast_line(image, rng, (24, 14, 340, 40), int(rng.integers(1, 3)),
              legible(colours.light, ground), Typeface(SANS_BOLD, 0.45, 1.0))
    if chance(rng, 0.4):
        frame(image, 5, fill, 3, 10)


def diagonal(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Divide the poster by a diagonal: heads above, the title along it."""
    rng = spec.rng
    ground, wedge_colour = colours.ground, pick(rng, (colours.accent, colours.second, colours.ink))
    picture = Image.new("RGB", image.size, ground)
    draw = ImageDraw.Draw(picture)
    rise = rng.uniform(60, 150) * pick(rng, (-1, 1))
    middle = rng.uniform(300, 360)
    if chance(rng, 0.5):
        draw.polygon([(0, 0), (364, 0), (364, middle - rise - 120), (0, middle + rise - 220)],
                     fill=mix(ground, colours.light, 0.7))
    for x, size in ((118, 260), (250, 230))[: int(rng.integers(1, 3))]:
        add_bust(picture, spec, colours, (x, rng.uniform(165, 215)), size * 1.15, softness=0.05,
                 degrees=rng.uniform(-14, 14))
    draw.polygon([(0, middle + rise / 2), (364, middle - rise / 2), (364, 536), (0, 536)],
                 fill=wedge_colour)
    draw.line((0, middle + rise / 2, 364, middle - rise / 2), fill=colours.light, width=7)
    if chance(rng, 0.2):
        add_figures(picture, spec, colours, 528, 170, int(rng.integers(1, 4)),
                    middle=0.7 if rise > 0 else 0.3, span=0.4)
    image.paste(roughen(rng, picture, 1.1), (0, 0))
    fill = legible(pick(rng, (colours.light, colours.ground, colours.accent)), wedge_colour, 0.4)
    angle = float(np.degrees(np.arctan2(rise, 364)))
    face = Typeface(pick(rng, (SANS_BOLD, SANS_OBLIQUE)), 0.5, 1.2, weight=0.08)
    headline(image, spec.title, (14, round(middle - 30), 350, round(middle + 130)), face,
             Paint(fill, shadow=darken(wedge_colour, 0.7), offset=(5, 5), solid=chance(rng, 0.5)),
             warp=chain(slant(0.15), tilt(angle)), most_lines=2)
    cast_line(image, rng, (24, 16, 250, 64), 2, legible(colours.ink, ground),
              Typeface(SANS_BOLD, 0.5, 1.0), stacked=True, align=0.0)
    presents(image, rng, 516, legible(colours.light, wedge_colour))


def rotogravure(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Print a photograph in one coloured ink on cream, with a band for the title."""
    rng = spec.rng
    ink = pick(rng, (colours.accent, colours.second, colours.ink))
    ink = darken(ink, 0.45) if sum(ink) > 300 else ink
    picture = scene((340, 372), spec, colours, people=int(rng.integers(1, 4)), tall=0.8)
    tinted = ImageOps.colorize(ImageOps.autocontrast(picture.convert("L")), ink, colours.light)
    image.paste(colours.light, (0, 0, *image.size))
    image.paste(tinted, (12, 62))
    face = Typeface(pick(rng, (SERIF_BOLD, SANS_BOLD, SANS)), 0.45, 1.2)
    cast_line(image, rng, (20, 18, 344, 52), 1, ink, Typeface(SANS_BOLD, 0.6, 1.0), align=0.8)
    headline(image, spec.title, (18, 446, 346, 512), face, Paint(ink), most_lines=2)
    presents(image, rng, 518, ink)
    frame(image, 5, ink, 2)


def screwball(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a bright comedy poster: heads, uneven letters, big names above the title."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.light, colours.second))
    picture = gradient(image.size, (ground, mix(ground, colours.light, 0.5)))
    if chance(rng, 0.5):
        ImageDraw.Draw(picture).ellipse((30, 150, 334, 454), fill=colours.accent)
    add_thing(picture, spec, (rng.uniform(90, 270), 460), 180, colours.second, colours.light)
    for x, y in ((110, 290), (250, 270))[: int(rng.integers(1, 3))]:
        add_bust(picture, spec, colours, (x, y), rng.uniform(220, 270), softness=0.06,
                 degrees=rng.uniform(-15, 15), fade=0.12)
    add_figures(picture, spec, colours, 505, 150, int(rng.integers(1, 4)), span=0.7)
    image.paste(roughen(rng, picture, 2.2), (0, 0))
    fill = legible(pick(rng, (colours.accent, colours.ink, colours.second)), ground, 0.3)
    warp = pick(rng, (wedge(0.6), wedge(-0.6), swell(0.5),
                      envelope((0.6, 0.0, 0.2), (1.4, 1.0, 1.2))))
    face = Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD)), 0.5, 1.2, weight=0.1, bounce=0.06)
    headline(image, spec.title, (16, 62, 348, 190), face,
             Paint(fill, outline=legible(colours.light, fill), edge=3,
                   shadow=colours.ink, offset=(4, 5), solid=True),
             rng, warp=warp, most_lines=2)
    cast_line(image, rng, (20, 20, 344, 52), 2, legible(colours.ink, ground),
              Typeface(SANS_BOLD, 0.45, 1.0))
    tag(image, rng, (40, 510, 324, 528), legible(colours.ink, ground))
