"""Colours, palettes of five colours, and the arithmetic with them."""

import colorsys
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from PIL import Image

from sample_posters.random_draws import chance

Colour: TypeAlias = tuple[int, int, int]

WHITE: Colour = (250, 248, 244)
BLACK: Colour = (12, 11, 13)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies `share` (0-1) of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darken(colour: Colour, share: float) -> Colour:
    """Return the colour moved `share` of the way to black."""
    return mix(colour, BLACK, share)


def lighten(colour: Colour, share: float) -> Colour:
    """Return the colour moved `share` of the way to white."""
    return mix(colour, WHITE, share)


def lightness(colour: Colour) -> float:
    """Return the perceived lightness of a colour, 0 (black) to 1 (white)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def mean_colour(image: Image.Image, box: tuple[int, int, int, int]) -> Colour:
    """Return the mean colour of a part of an RGB image."""
    red, green, blue = image.crop(box).resize((1, 1)).tobytes()
    return red, green, blue


def legible(colour: Colour, ground: Colour, contrast: float = 0.34) -> Colour:
    """Return the colour, made lighter or darker if its contrast to the ground is too low."""
    if abs(lightness(colour) - lightness(ground)) >= contrast:
        return colour
    target = BLACK if lightness(ground) > 0.48 else WHITE
    return mix(colour, target, 0.85)


def jitter(rng: Generator, colour: Colour, strength: float = 1.0) -> Colour:
    """Return a colour near the given one in hue, saturation and value."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    hue = (hue + rng.normal(0, 0.018 * strength)) % 1
    saturation = float(np.clip(saturation * (1 + rng.normal(0, 0.16 * strength)), 0, 1))
    value = float(np.clip(value * (1 + rng.normal(0, 0.07 * strength)), 0, 1))
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(hue, saturation, value))
    return red, green, blue


@dataclass(frozen=True)
class Palette:
    """The five colours of a poster: paper or sky, a second area, an accent, dark and light."""

    ground: Colour
    second: Colour
    accent: Colour
    ink: Colour
    light: Colour

    def varied(self, rng: Generator) -> "Palette":
        """Return a similar palette; sometimes the second and the accent colour are swapped."""
        second, accent = self.second, self.accent
        if chance(rng, 0.2):
            second, accent = accent, second
        strength = rng.uniform(0.5, 1.4)
        colours = (self.ground, second, accent, self.ink, self.light)
        return Palette(*(jitter(rng, colour, strength) for colour in colours))


def palette(*codes: str) -> Palette:
    """Return a palette from five hexadecimal colours such as 'f0e0c0'."""
    ground, second, accent, ink, light = (
        (int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)) for code in codes
    )
    return Palette(ground, second, accent, ink, light)
