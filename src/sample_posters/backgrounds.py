"""Backgrounds without objects: gradients, rays, stripes, grids, stars and clouds."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from sample_posters.colours import Colour
from sample_posters.shapes import Point


def gradient(size: tuple[int, int], colours: Sequence[Colour]) -> Image.Image:
    """Return an image that runs from the first colour at the top to the last at the foot."""
    width, height = size
    stops = np.asarray(colours, dtype=float)
    place = np.linspace(0, len(colours) - 1, height)
    column = np.stack(
        [np.interp(place, np.arange(len(colours)), stops[:, part]) for part in range(3)], axis=1
    )
    strip = Image.fromarray(column.round().astype(np.uint8)[:, None, :])
    return strip.resize((width, height), Image.Resampling.NEAREST)


def blotches(rng: Generator, size: tuple[int, int], cell: int) -> Image.Image:
    """Return smooth random clouds (greyscale), their features about `cell` pixels wide."""
    coarse = (size[0] // cell + 3, size[1] // cell + 3)
    noise = rng.integers(0, 256, (coarse[1], coarse[0]), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR)


def clouds(
    rng: Generator, image: Image.Image, colour: Colour, strength: float, cell: int = 60
) -> None:
    """Lay clouds of a colour over the image, opaque up to `strength` (0-1)."""
    mask = blotches(rng, image.size, cell)
    image.paste(colour, (0, 0), mask.point(lambda value: max(0, value - 90) * 1.5 * strength))


def glow(image: Image.Image, centre: Point, radius: float, colour: Colour, power: float) -> None:
    """Lay a round light on the image: full at its centre, gone at `radius` pixels."""
    side = 64
    axis = np.linspace(-1, 1, side)
    fall = np.clip(1 - np.hypot(axis[:, None], axis[None, :]), 0, 1) ** 1.4
    mask = Image.fromarray((255 * power * fall).astype(np.uint8))
    mask = mask.resize((round(2 * radius), round(2 * radius)), Image.Resampling.BILINEAR)
    image.paste(colour, (round(centre[0] - radius), round(centre[1] - radius)), mask)


def fade(image: Image.Image, colour: Colour, start: float, end: float) -> None:
    """Fade the image into a colour downwards, or upwards if `end` is less than `start`.

    `start` is where the fade begins and `end` where the colour is full, as shares of the height.
    """
    rows = np.linspace(0, 1, image.height)
    share = np.clip((rows - start) / (end - start), 0, 1) * 255
    mask = Image.fromarray(share.astype(np.uint8)[:, None])
    image.paste(colour, (0, 0), mask.resize(image.size, Image.Resampling.NEAREST))


def rays(
    image: Image.Image, centre: Point, colour: Colour, count: int, phase: float, share: float = 0.5
) -> None:
    """Draw rays of a colour out of a point to beyond the edges."""
    draw = ImageDraw.Draw(image)
    reach = 2.0 * (image.width + image.height)
    for ray in range(count):
        start = 2 * np.pi * (ray + phase) / count
        end = start + 2 * np.pi * share / count
        corners = [
            (centre[0] + reach * float(np.cos(angle)), centre[1] + reach * float(np.sin(angle)))
            for angle in (start, end)
        ]
        draw.polygon([centre, *corners], fill=colour)


def stars(rng: Generator, image: Image.Image, colour: Colour, count: int) -> None:
    """Sprinkle small stars over the image."""
    draw = ImageDraw.Draw(image)
    places = rng.random((count, 2)) * image.size
    for (x, y), size in zip(places, rng.choice([0.6, 1.0, 1.8], count), strict=True):
        draw.circle((x, y), size, fill=colour)


def stripes(image: Image.Image, colour: Colour, width: float, slope: float) -> None:
    """Draw slanted stripes over the image; `slope` is their sideways run over its height."""
    draw = ImageDraw.Draw(image)
    run = slope * image.height
    for start in np.arange(-abs(run), image.width + abs(run), width):
        x = float(start)
        end = x + width / 2
        draw.polygon(
            [(x, 0), (end, 0), (end - run, image.height), (x - run, image.height)], fill=colour
        )


def rings(image: Image.Image, centre: Point, colour: Colour, step: float, sway: float) -> None:
    """Draw rings around a point; `sway` shifts each ring further, which gives a spiral."""
    draw = ImageDraw.Draw(image)
    reach = float(np.hypot(*image.size))
    count = int(reach / step)
    for ring in range(count, 0, -1):
        radius = ring * step
        x = centre[0] + sway * radius * float(np.cos(ring * 0.45))
        y = centre[1] + sway * radius * float(np.sin(ring * 0.45))
        draw.circle((x, y), radius, outline=colour, width=max(1, round(step * 0.48)))


def floor_grid(image: Image.Image, horizon: int, colour: Colour) -> None:
    """Draw a glowing grid that recedes from the foot of the image to the horizon."""
    draw = ImageDraw.Draw(image)
    middle, depth = image.width / 2, image.height - horizon
    for line in range(-14, 15):
        draw.line(
            (middle + line * 9, horizon, middle + line * 75, image.height), fill=colour, width=2
        )
    for row in range(1, 12):
        y = horizon + depth * (row / 11) ** 2.2
        draw.line((0, y, image.width, y), fill=colour, width=2)


def halftone(image: Image.Image, colour: Colour, cell: int, tone: Image.Image) -> None:
    """Print a tone (greyscale, 255 = full ink) over the image as dots of a colour."""
    width, height = image.size
    xs, ys = np.arange(width), np.arange(height)
    # printers place the dots on a grid turned by 45 degrees
    wave_x = np.cos((xs[None, :] + ys[:, None]) * (2 * np.pi / cell))
    wave_y = np.cos((xs[None, :] - ys[:, None]) * (2 * np.pi / cell))
    threshold = (wave_x + wave_y) / 4 + 0.5
    share = np.asarray(tone.resize(image.size), dtype=float) / 255
    dots = np.clip((share - threshold) * 4 + 0.5, 0, 1) * 255
    image.paste(colour, (0, 0), Image.fromarray(dots.astype(np.uint8)))


def soft_mask(size: tuple[int, int], feather: float, oval: bool = True) -> Image.Image:
    """Return a mask that shows an oval or a box of the picture, its rim soft by `feather`."""
    mask = Image.new("L", size, 0)
    inset = feather * 1.5
    draw = ImageDraw.Draw(mask)
    if oval:
        draw.ellipse((inset, inset, size[0] - 1 - inset, size[1] - 1 - inset), fill=255)
    else:
        draw.rectangle((inset, inset, size[0] - inset, size[1] - inset), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(feather))
