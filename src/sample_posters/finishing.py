"""Wear of a drawn poster: faded colours, aged paper, uneven light, grain, a poor scan."""

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from PIL import Image, ImageFilter

from sample_posters.backgrounds import blotches
from sample_posters.random_draws import chance, pick

Pixels = npt.NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# values at years, linear between: probability of a grey poster, strength of colours, and age
_GREY_SHARE = ((1888, 1915, 1930, 1950, 2016), (0.4, 0.22, 0.12, 0.07, 0.06))
_SATURATION = ((1888, 1915, 1945, 1955, 1975, 1988, 2005, 2016),
               (0.7, 0.8, 1.1, 1.1, 0.85, 1.05, 0.9, 0.75))
_AGE = ((1888, 1930, 1960, 1980, 2016), (0.8, 0.65, 0.45, 0.3, 0.08))


def _at_year(table: tuple[tuple[int, ...], tuple[float, ...]], year: float) -> float:
    """Return a table's value in a year, interpolated linearly."""
    return float(np.interp(year, *table))


def _toned(rng: Generator, pixels: Pixels, style_year: float) -> Pixels:
    """Return the picture with stronger or weaker colours, or in grey or sepia."""
    grey = (pixels @ _LUMA)[..., None]
    if chance(rng, _at_year(_GREY_SHARE, style_year)):
        warmth = rng.uniform(0.0, 1.0) if chance(rng, 0.5) else 0.05
        tint = np.array([1 + 0.1 * warmth, 1, 1 - 0.28 * warmth], dtype=np.float32)
        if chance(rng, 0.12):
            tint = tint[::-1]
        return np.asarray(grey * tint, dtype=np.float32)
    strength = _at_year(_SATURATION, style_year) * float(np.exp(rng.normal(0, 0.17)))
    return np.asarray(grey + (pixels - grey) * strength, dtype=np.float32)


def _aged(rng: Generator, pixels: Pixels, age: float) -> Pixels:
    """Return the picture on yellowed, unevenly faded paper, sometimes with folds."""
    height, width = pixels.shape[:2]
    yellow: Pixels = np.array([1.0, 0.97 - 0.08 * age, 0.92 - 0.26 * age], dtype=np.float32)
    amount = age * rng.uniform(0.5, 1.1)
    pixels = np.asarray(pixels * (1 + (yellow - 1) * amount), dtype=np.float32)
    # ink fades towards the colour of the paper
    lift = 40 * amount * rng.uniform(0.4, 1.0)
    stain = np.asarray(blotches(rng, (width, height), 34), dtype=np.float32) / 255 - 0.5
    pixels = pixels * (1 - lift / 255) + lift * yellow
    pixels = np.asarray(pixels * (1 + 0.16 * amount * stain[..., None]), dtype=np.float32)
    if chance(rng, 0.55 * age):
        folds = pick(rng, ((2,), (1, 2, 3)))
        worn = rng.uniform(0.06, 0.22)
        for row in (height * fold // 4 for fold in folds):
            pixels[row] += (235 - pixels[row]) * worn
        pixels[:, width // 2] += (235 - pixels[:, width // 2]) * worn
    return np.asarray(pixels, dtype=np.float32)


def _lit(rng: Generator, pixels: Pixels, age: float) -> Pixels:
    """Return the picture with a vignette, uneven exposure and a colour cast."""
    height, width = pixels.shape[:2]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    dark = rng.uniform(0.0, 0.16)
    gain = 1 - dark * (down**2 + across**2) / 2
    gain = gain + rng.uniform(-0.04, 0.04) * down + rng.uniform(-0.04, 0.04) * across
    gain = gain * float(np.exp(rng.normal(0, 0.06)))
    # old posters tend to a warm cast, recent ones to a cool cast
    warmth = 0.07 * (age - 0.4)
    cast = np.exp(rng.normal((warmth, 0, -warmth), 0.025)).astype(np.float32)
    return np.asarray(pixels * gain[..., None] * cast, dtype=np.float32)


def finish(rng: Generator, image: Image.Image, style_year: float) -> Image.Image:
    """Return the finished poster: toned, aged, unevenly lit, grainy, sometimes badly scanned."""
    age = float(np.clip(_at_year(_AGE, style_year) + rng.normal(0, 0.12), 0, 1))
    if chance(rng, 0.3):
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.75)))
    if chance(rng, 0.08):
        # a scan that shows a margin around the poster
        margin = int(rng.integers(2, 8))
        table = pick(rng, ((250, 250, 248), (238, 234, 224), (8, 8, 8)))
        sheet = Image.new("RGB", image.size, table)
        inner = image.resize((image.width - 2 * margin, image.height - 2 * margin))
        sheet.paste(inner, (margin, margin))
        image = sheet
    pixels: Pixels = np.asarray(image, dtype=np.float32)
    pixels = _lit(rng, _aged(rng, _toned(rng, pixels, style_year), age), age)
    strength = float(np.exp(rng.normal(np.log(2 + 3.5 * age), 0.55)))
    grain = rng.standard_normal(pixels.shape[:2], dtype=np.float32) * min(strength, 13)
    pixels = pixels + grain[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
