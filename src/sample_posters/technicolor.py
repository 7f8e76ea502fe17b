"""The 1940s and 1950s: bright colours, floating heads, slanted titles, cast blocks below."""

from numpy.random import Generator
from PIL import Image, ImageDraw

from posters.images.fonts import (
    ROMAN_BOLD_ITALIC,
    SANS_BOLD,
    SANS_OBLIQUE,
    SERIF_BOLD,
    SERIF_ITALIC,
)
from sample_posters.backgrounds import clouds, fade, gradient, rays
from sample_posters.billing import cast_block, cast_line, presents, tag
from sample_posters.colours import BLACK, Palette, darken, legible, mix
from sample_posters.lettering import Paint, Typeface, headline
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenes import add_bust, add_figures, add_thing, roughen, scene
from sample_posters.shapes import Pen, star
from sample_posters.warps import Warp, arch, chain, envelope, recede, slant, swell, tilt, wedge


def _loud_face(rng: Generator, upper: float = 0.8) -> Typeface:
    """Return a heavy typeface like hand-painted letters."""
    return Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD, SANS_OBLIQUE, SERIF_ITALIC,
                               ROMAN_BOLD_ITALIC)),
                    0.5, 1.15, weight=rng.uniform(0.02, 0.14), upper=chance(rng, upper))


def _loud_warp(rng: Generator) -> Warp:
    """Return a random warp: slanted, arched, swelling or growing."""
    return pick(rng, (
        slant(0.25), tilt(rng.uniform(4, 9)), arch(0.35), swell(0.5), wedge(0.6), wedge(-0.6),
        chain(slant(0.3), tilt(6)), envelope((0.4, 0.0, 0.4), (1.0, 1.2, 1.0)),
    ))


def floating_heads(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw heads above a smaller scene, the title across, a cast block at the foot."""
    rng = spec.rng
    ground = pick(rng, (colours.ground, colours.second, colours.accent, colours.ground))
    picture = gradient(image.size, (ground, mix(ground, colours.light, rng.uniform(0.1, 0.7))))
    clouds(rng, picture, darken(ground, 0.5), rng.uniform(0.1, 0.5), 80)
    band = scene((364, 170), spec, colours, tall=rng.uniform(0.7, 0.9))
    band_top = int(rng.uniform(260, 300))
    veil = Image.new("L", band.size, 0)
    ImageDraw.Draw(veil).ellipse((-60, 20, 424, 260), fill=255)
    picture.paste(band, (0, band_top), veil)
    low = chance(rng, 0.7)
    heads = int(rng.integers(1, 4))
    spots = {1: ((190, 190, 370),), 2: ((112, 175, 290), (258, 200, 260)),
             3: ((90, 160, 230), (190, 190, 270), (290, 150, 220))}[heads]
    for x, y, size in spots:
        row = y if low else y + 72
        add_bust(picture, spec, colours, (x, row), size, softness=0.09,
                 degrees=rng.uniform(-12, 12), fade=0.25)
    image.paste(roughen(rng, picture, 1.8), (0, 0))
    foot = pick(rng, (colours.light, colours.ink, colours.accent, colours.ground))
    ImageDraw.Draw(image).rectangle((0, 448, 364, 536), fill=foot)
    fill = pick(rng, (colours.accent, colours.light, colours.ground, colours.second))
    rim = legible(colours.ink, fill)
    box = (12, 340, 352, 452) if low else (12, 14, 352, 130)
    headline(image, spec.title, box, _loud_face(rng),
             Paint(fill, outline=rim, edge=3.5, shadow=rim, offset=(5, 6), solid=chance(rng, 0.6)),
             warp=_loud_warp(rng), most_lines=2)
    cast_block(image, rng, 460, legible(colours.accent, foot), legible(colours.ink, foot))
    if low:
        tag(image, rng, (24, 12, 340, 44), legible(colours.light, ground),
            Typeface(SERIF_ITALIC, 0.5, 1.0, upper=False))


def noir(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw faces half in shadow over a night scene, the title in a bright colour."""
    rng = spec.rng
    night = darken(pick(rng, (colours.second, colours.ink, colours.accent)), 0.55)
    picture = gradient(image.size, (mix(night, colours.second, 0.5), night, darken(night, 0.5)))
    rays(picture, (rng.uniform(-40, 400), -30), mix(night, colours.light, 0.18), 9,
         float(rng.random()), 0.35)
    add_bust(picture, spec, colours, (rng.uniform(120, 240), 200), rng.uniform(330, 440),
             softness=0.06, degrees=rng.uniform(-14, 14), fade=0.3)
    if chance(rng, 0.6):
        add_bust(picture, spec, colours, (rng.uniform(60, 300), 360), rng.uniform(170, 220),
                 softness=0.06, degrees=rng.uniform(-14, 14), fade=0.3)
    add_figures(picture, spec, colours, 470, rng.uniform(130, 190), int(rng.integers(1, 3)),
                middle=rng.uniform(0.2, 0.8), span=0.3,
                silhouette=pick(rng, (None, darken(night, 0.7))))
    image.paste(roughen(rng, picture, 1.5), (0, 0))
    fade(image, darken(night, 0.6), 0.78, 0.9)
    hot = legible(pick(rng, (colours.accent, (206, 40, 34), (244, 206, 60))), night, 0.25)
    headline(image, spec.title, (14, 340, 350, 462), _loud_face(rng, 0.6),
             Paint(hot, outline=colours.light if chance(rng, 0.4) else None, edge=2,
                   shadow=darken(night, 0.8), offset=(5, 5)),
             warp=pick(rng, (tilt(7), slant(0.25), wedge(0.5), chain(slant(0.2), tilt(9)))),
             most_lines=2)
    cast_line(image, rng, (16, 14, 348, 52), 2, legible(colours.light, night),
              Typeface(SANS_BOLD, 0.5, 1.0))
    cast_line(image, rng, (24, 476, 340, 498), 3, hot)
    presents(image, rng, 512, legible(colours.light, night))


def menace(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a giant over a fleeing crowd under a flat sky, the title warped."""
    rng = spec.rng
    sky = pick(rng, (colours.ground, colours.accent, (240, 208, 50)))
    picture = scene(image.size, spec, colours.varied(rng), people=0)
    fade(picture, sky, 0.75, 0.35)
    add_figures(picture, spec, colours, 470, rng.uniform(270, 325), 1, middle=rng.uniform(0.4, 0.6))
    add_thing(picture, spec, (rng.uniform(60, 300), 470), 120,
              mix(colours.ink, colours.second, 0.3), colours.light)
    add_figures(picture, spec, colours, 478, 86, 6, span=0.95,
                silhouette=pick(rng, (None, colours.ink)))
    image.paste(roughen(rng, picture, 2.0), (0, 0))
    foot = pick(rng, (colours.ink, colours.light))
    ImageDraw.Draw(image).rectangle((0, 478, 364, 536), fill=foot)
    fill = legible(pick(rng, (colours.accent, colours.second, (190, 30, 28))), sky, 0.25)
    headline(image, spec.title, (14, 16, 350, 150), _loud_face(rng, 1.0),
             Paint(fill, outline=legible(colours.light, fill), edge=2.5, shadow=colours.ink,
                   offset=(4, 5), solid=True),
             warp=_loud_warp(rng), most_lines=3)
    cast_line(image, rng, (20, 488, 344, 508), 3, legible(colours.accent, foot))
    presents(image, rng, 516, legible(colours.light, foot), 10)


def spectacle(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a wide landscape with receding solid letters, small text above and below."""
    rng = spec.rng
    ground = pick(rng, (colours.light, colours.second, darken(colours.second, 0.5)))
    image.paste(ground, (0, 0, *image.size))
    top = pick(rng, (60, 190))
    picture = scene((364, 270), spec, colours, people=int(rng.integers(2, 4)), tall=0.85)
    if chance(rng, 0.5):
        add_bust(picture, spec, colours, (rng.uniform(80, 280), 130), 260, softness=0.09, fade=0.3)
    image.paste(roughen(rng, picture, 1.8), (0, top))
    fill = pick(rng, (colours.accent, (226, 170, 60), colours.light))
    fill = legible(fill, BLACK, 0.4)
    box = (16, 344, 348, 448) if top == 60 else (16, 60, 348, 176)
    headline(image, spec.title, box, Typeface(SERIF_BOLD, 0.5, 1.0, weight=0.08),
             Paint(fill, outline=darken(fill, 0.6), edge=2, shadow=darken(fill, 0.5),
                   offset=(0, 11), solid=True),
             warp=pick(rng, (recede(0.35), arch(0.3), envelope((0.3, 0, 0.3), (1.0, 1.15, 1.0)))),
             most_lines=2)
    tag(image, rng, (30, 14, 334, 50), legible(colours.ink, ground),
        Typeface(SERIF_ITALIC, 0.5, 1.0, upper=False))
    cast_block(image, rng, 462, legible(colours.accent, ground), legible(colours.ink, ground))


def gag_sheet(image: Image.Image, spec: PosterSpec, colours: Palette) -> None:
    """Draw a light comedy poster: heads on a starburst, letters off the base line."""
    rng = spec.rng
    ground = pick(rng, (colours.light, colours.ground, (246, 218, 70)))
    picture = Image.new("RGB", image.size, ground)
    pen = Pen(picture, (182, 230), 1)
    pen.shape(star((0, 0), int(rng.integers(11, 20)), rng.uniform(150, 185), 120,
                   float(rng.random())), pick(rng, (colours.accent, colours.second)))
    add_thing(picture, spec, (rng.uniform(100, 264), 330), 190, colours.second, colours.light)
    heads = int(rng.integers(1, 4))
    for index in range(heads):
        x = 182 + (index - (heads - 1) / 2) * 105
        add_bust(picture, spec, colours, (x, rng.uniform(190, 230)), rng.uniform(190, 240),
                 softness=0.07, degrees=rng.uniform(-16, 16))
    add_figures(picture, spec, colours, 352, 110, 2, span=0.86)
    image.paste(roughen(rng, picture, 1.6), (0, 0))
    fill = legible(pick(rng, (colours.accent, colours.ink, colours.second)), ground, 0.3)
    headline(image, spec.title, (16, 352, 348, 454),
             Typeface(pick(rng, (SANS_BOLD, SERIF_BOLD)), 0.5, 1.2, weight=0.12, bounce=0.09),
             Paint(fill, outline=colours.ink if chance(rng, 0.6) else None, edge=2,
                   shadow=darken(ground, 0.5) if chance(rng, 0.5) else None), rng,
             warp=_loud_warp(rng) if chance(rng, 0.5) else None, most_lines=2)
    cast_line(image, rng, (18, 14, 346, 58), 2, legible(colours.second, ground),
              Typeface(SANS_BOLD, 0.5, 1.0))
    cast_block(image, rng, 466, legible(colours.accent, ground), legible(colours.ink, ground))
