"""Warps of lettering: slanted, arched, tapered and tilted masks (greyscale, 255 = ink)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image

Warp: TypeAlias = Callable[[Image.Image], Image.Image]


def slant(share: float) -> Warp:
    """Return a warp that leans the letters to the right by a share of their height."""

    def lean(mask: Image.Image) -> Image.Image:
        shift = share * mask.height
        size = (mask.width + round(abs(shift)), mask.height)
        matrix = (1, share, -max(shift, 0.0), 0, 1, 0)
        return mask.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)

    return lean


def tilt(degrees: float) -> Warp:
    """Return a warp that turns the letters anticlockwise."""
    return lambda mask: mask.rotate(degrees, Image.Resampling.BILINEAR, expand=True)


def envelope(top: tuple[float, float, float], bottom: tuple[float, float, float]) -> Warp:
    """Return a warp that fits the letters between two curves.

    Each curve is given by its depth at the left, middle and right, as a share of the height of
    the straight lettering, measured downwards from its top line.
    """

    def fit(mask: Image.Image) -> Image.Image:
        width, height = mask.size
        across = np.linspace(-1, 1, width)
        upper, lower = (
            height * (middle + (right - left) / 2 * across
                      + ((left + right) / 2 - middle) * across**2)
            for left, middle, right in (top, bottom)
        )
        first = float(upper.min())
        rows = np.arange(round(float(lower.max()) - first))[:, None] + first
        source = (rows - upper) / np.maximum(lower - upper, 1) * height
        inside = (source >= 0) & (source < height)
        index = np.clip(source, 0, height - 1).astype(np.intp)
        pixels = np.asarray(mask)[index, np.arange(width)]
        return Image.fromarray(np.where(inside, pixels, 0).astype(np.uint8))

    return fit


def arch(rise: float) -> Warp:
    """Return a warp that curves the line of letters upwards in the middle."""
    return envelope((rise, 0.0, rise), (1 + rise, 1.0, 1 + rise))


def swell(rise: float) -> Warp:
    """Return a warp that keeps the base line and makes the middle letters taller."""
    return envelope((rise, 0.0, rise), (1.0, 1.0, 1.0))


def wedge(growth: float) -> Warp:
    """Return a warp whose letters grow taller to the right, or to the left if negative."""
    left, right = (growth, 0.0) if growth > 0 else (0.0, -growth)
    return envelope((left, (left + right) / 2, right), (1.0, 1.0, 1.0))


def recede(share: float) -> Warp:
    """Return a warp that narrows the top of the lines, as in perspective."""

    def lay(mask: Image.Image) -> Image.Image:
        inset = share * mask.width / 2
        width, height = mask.size
        corners = (-inset, 0, 0, height, width, height, width + inset, 0)
        return mask.transform(mask.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)

    return lay


def chain(*warps: Warp) -> Warp:
    """Return the warps applied one after another."""

    def apply(mask: Image.Image) -> Image.Image:
        for warp in warps:
            mask = warp(mask)
        return mask

    return apply
