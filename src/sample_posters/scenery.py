"""Places: landscapes, sea, town, stage and room, drawn under a sky."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from sample_posters.backgrounds import glow, gradient, stars
from sample_posters.colours import Colour, Palette, darken, lighten, mix
from sample_posters.objects import draw_object
from sample_posters.random_draws import chance, pick
from sample_posters.shapes import Pen

# draws the image from the horizon (a pixel row) down
Place: TypeAlias = Callable[[Generator, Image.Image, int, Colour, Colour], None]


def _ridge(
    rng: Generator, image: Image.Image, base: float, rise: float, rough: int,
    colour: Colour,
) -> None:
    """Draw a line of hills whose tops rise up to `rise` pixels above the base."""
    knots = np.linspace(0, image.width, rough)
    tops = base - rise * rng.random(rough)
    outline = [(float(x), float(y)) for x, y in zip(knots, tops, strict=True)]
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, image.height), *outline, (image.width, image.height)], fill=colour)


def _mountains(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    height = image.height
    for layer in range(3):
        _ridge(rng, image, horizon + layer * height * 0.07, height * (0.2 - 0.05 * layer),
               int(rng.integers(6, 11)), mix(far, near, layer / 2))


def _desert(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 4))):
        x, wide = rng.uniform(0, image.width), rng.uniform(0.1, 0.25) * image.width
        tall = rng.uniform(0.1, 0.22) * image.height
        draw.polygon([(x - wide, horizon), (x - wide * 0.6, horizon - tall),
                      (x + wide * 0.6, horizon - tall), (x + wide, horizon)], fill=far)
        draw.polygon([(x + wide * 0.2, horizon), (x + wide * 0.25, horizon - tall),
                      (x + wide * 0.6, horizon - tall), (x + wide, horizon)],
                     fill=darken(far, 0.25))
    image.paste(gradient((image.width, image.height - horizon), (mix(far, near, 0.5), near)),
                (0, horizon))


def _sea(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    image.paste(gradient((image.width, image.height - horizon), (far, near)), (0, horizon))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        depth = float(rng.random()) ** 1.5
        x, y = rng.uniform(0, image.width), horizon + depth * (image.height - horizon)
        reach = (4 + 26 * depth) * image.width / 364
        draw.line((x - reach, y, x, y - 2 * depth, x + reach, y), fill=lighten(far, 0.35),
                  width=1 + round(2 * depth))


def _town(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    draw = ImageDraw.Draw(image)
    lit = lighten(mix(far, (250, 214, 120), 0.7), 0.2)
    for layer, colour in enumerate((far, near)):
        x = -10.0
        while x < image.width:
            wide = rng.uniform(0.05, 0.13) * image.width
            top = horizon - rng.uniform(0.05, 0.34 - 0.12 * layer) * image.height
            draw.rectangle((x, top, x + wide, image.height), fill=colour)
            if chance(rng, 0.25):
                draw.polygon([(x, top), (x + wide / 2, top - wide * 1.2), (x + wide, top)],
                             fill=colour)
            for _ in range(5 if layer else 2):
                left, up = x + wide * float(rng.random()) * 0.8, top + rng.uniform(4, 70)
                draw.rectangle((left, up, left + 3, up + 5), fill=lit)
            x += wide + 1
    draw.rectangle((0, horizon + image.height * 0.08, image.width, image.height), fill=near)


def _road(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    _ridge(rng, image, horizon, image.height * 0.06, 6, far)
    draw = ImageDraw.Draw(image)
    middle, foot = image.width * rng.uniform(0.4, 0.6), image.height
    image.paste(gradient((image.width, foot - horizon), (far, mix(far, near, 0.5))), (0, horizon))
    draw.polygon([(middle - 3, horizon), (middle + 3, horizon), (image.width * 0.85, foot),
                  (image.width * 0.15, foot)], fill=near)
    for row in range(6):
        top, low = ((row + part) / 6 for part in (0.2, 0.6))
        top, low = top**2, low**2
        depth = foot - horizon
        draw.polygon([(middle - 5 * top, horizon + depth * top),
                      (middle + 5 * top, horizon + depth * top),
                      (middle + 6 * low, horizon + depth * low),
                      (middle - 6 * low, horizon + depth * low)], fill=lighten(far, 0.6))


def _forest(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    ImageDraw.Draw(image).rectangle((0, horizon, *image.size), fill=near)
    for layer in range(3):
        colour = mix(far, near, layer / 2)
        for _ in range(5):
            x = rng.uniform(0, image.width)
            foot = horizon + layer * image.height * 0.06
            size = image.height * rng.uniform(0.24, 0.5)
            draw_object(Pen(image, (x, foot + 4), size, chance(rng, 0.5)), "tree", colour, colour)


def _stage(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, horizon, width, height), fill=mix(far, near, 0.55))
    for board in range(-6, 7):
        draw.line((width / 2 + board * width * 0.09, horizon, width / 2 + board * width * 0.2,
                   height), fill=near)
    for side in (0, 1):
        for fold in range(4):
            wide = width * 0.05
            x = fold * wide if side == 0 else width - (fold + 1) * wide
            draw.rectangle((x, 0, x + wide, height), fill=mix(near, far, (fold % 2) * 0.4 + 0.1))
    for swag in range(4):
        left = swag * width / 4
        draw.ellipse((left, -height * 0.1, left + width / 4, height * 0.1),
                     fill=near, outline=mix(near, far, 0.5), width=2)


def _room(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, horizon), fill=far)
    draw.rectangle((0, horizon, width, height), fill=near)
    light = lighten(far, 0.4)
    x, wide = rng.uniform(0.12, 0.5) * width, rng.uniform(0.18, 0.3) * width
    draw.rectangle((x, horizon * 0.2, x + wide, horizon * 0.75), fill=light,
                   outline=darken(far, 0.4), width=3)
    draw.line((x + wide / 2, horizon * 0.2, x + wide / 2, horizon * 0.75), fill=darken(far, 0.4),
              width=2)
    draw.rectangle((width * 0.66, horizon * 0.3, width * 0.86, horizon), fill=darken(far, 0.3),
                   outline=darken(far, 0.55), width=3)
    draw.polygon([(x, horizon), (x + wide, horizon), (x + wide * 1.3, height), (x, height)],
                 fill=mix(near, light, 0.25))


def _space(rng: Generator, image: Image.Image, horizon: int, far: Colour, near: Colour) -> None:
    stars(rng, image, lighten(far, 0.8), 90)
    size = rng.uniform(0.25, 0.6) * image.width
    place = (rng.uniform(0.15, 0.85) * image.width, rng.uniform(0.35, 0.6) * image.height)
    draw_object(Pen(image, place, size), "planet", mix(far, near, 0.4), lighten(far, 0.4))
    draw = ImageDraw.Draw(image)
    reach = image.width
    draw.ellipse((-reach * 0.4, horizon, reach * 1.4, horizon + reach * 2), fill=near)


PLACES: dict[str, Place] = {
    "mountains": _mountains, "desert": _desert, "sea": _sea, "town": _town, "road": _road,
    "forest": _forest, "stage": _stage, "room": _room, "space": _space,
}


def paint_place(
    rng: Generator, size: tuple[int, int], kind: str, colours: Palette
) -> tuple[Image.Image, int]:
    """Return a picture of a place with its sky, and the pixel row of the horizon."""
    night = kind == "space" or chance(rng, 0.35)
    top = darken(colours.second, 0.6) if night else colours.second
    low = pick(rng, (colours.accent, mix(colours.second, colours.light, 0.5), colours.light))
    if kind == "space":
        low = darken(colours.accent, 0.55)
    image = gradient(size, (top, mix(top, low, 0.55), low))
    horizon = round(size[1] * rng.uniform(0.52, 0.72))
    if night and chance(rng, 0.6):
        stars(rng, image, colours.light, 50)
    if kind in ("sea", "mountains", "desert", "road", "forest") and chance(rng, 0.6):
        place = (rng.uniform(0.2, 0.8) * size[0], horizon * rng.uniform(0.4, 0.95))
        sun = lighten(pick(rng, (colours.light, colours.accent)), 0.25)
        glow(image, place, size[0] * 0.45, sun, 0.7)
        draw_object(Pen(image, (place[0], place[1] + size[0] * 0.09), size[0] * 0.2), "moon",
                    sun, sun)
    far = mix(colours.second, colours.ink, rng.uniform(0.25, 0.6))
    near = mix(colours.second, colours.ink, rng.uniform(0.75, 0.95))
    PLACES[kind](rng, image, horizon, far, near)
    return image, horizon
