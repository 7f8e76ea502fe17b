"""Plane geometry: smooth outlines, stars, and a pen that draws in its own frame."""

from collections.abc import Sequence
from copy import copy
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from sample_posters.colours import Colour

Point: TypeAlias = tuple[float, float]
Outline: TypeAlias = list[Point]
Ink: TypeAlias = Colour | int
Box: TypeAlias = tuple[int, int, int, int]


def smooth(points: Sequence[Point]) -> Outline:
    """Return a closed Catmull-Rom curve through the points, six points per segment."""
    knots = np.asarray(points, dtype=float)
    before, after, beyond = (np.roll(knots, shift, axis=0) for shift in (1, -1, -2))
    time = np.linspace(0, 1, 6, endpoint=False)[None, :, None]
    here, past, coming, later = (part[:, None, :] for part in (knots, before, after, beyond))
    curve = 0.5 * (
        2 * here
        + (coming - past) * time
        + (2 * past - 5 * here + 4 * coming - later) * time**2
        + (3 * here - past - 3 * coming + later) * time**3
    )
    return [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]


def star(centre: Point, points: int, outer: float, inner: float, turn: float = 0.0) -> Outline:
    """Return a star of `points` points between two radii in pixels, turned by radians."""
    angles = turn + np.pi * np.arange(2 * points) / points
    radii = np.where(np.arange(2 * points) % 2 == 0, outer, inner)
    xs, ys = centre[0] + radii * np.sin(angles), centre[1] - radii * np.cos(angles)
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


class Pen:
    """Draws in a unit frame of its own: an origin in pixels, a scale, and a facing side."""

    def __init__(self, image: Image.Image, origin: Point, scale: float, flip: bool = False):
        """Put the unit frame on the image; `flip` mirrors it left to right."""
        self.draw = ImageDraw.Draw(image)
        self.origin = origin
        self.scale = scale
        self.side = -1.0 if flip else 1.0

    def at(self, point: Point) -> Point:
        """Return where a point of the unit frame lies, in pixels."""
        return (
            self.origin[0] + self.side * self.scale * point[0],
            self.origin[1] + self.scale * point[1],
        )

    def beside(self, shift: float, share: float = 1.0, turn: bool = False) -> "Pen":
        """Return a pen whose frame is beside this one's, scaled, and mirrored if `turn`."""
        other = copy(self)
        other.origin = self.at((shift, 0))
        other.scale = self.scale * share
        other.side = -self.side if turn else self.side
        return other

    def shape(self, points: Sequence[Point], ink: Ink, curved: bool = False) -> None:
        """Fill a polygon, or the smooth outline through its corners."""
        outline = smooth(points) if curved else points
        self.draw.polygon([self.at(point) for point in outline], fill=ink)

    def disc(self, centre: Point, width: float, height: float, ink: Ink) -> None:
        """Fill an ellipse of the given half-width and half-height."""
        x, y = self.at(centre)
        width, height = width * self.scale, height * self.scale
        self.draw.ellipse((x - width, y - height, x + width, y + height), fill=ink)

    def line(self, points: Sequence[Point], ink: Ink, width: float) -> None:
        """Draw a line through the points, `width` in units of the frame."""
        pixels = max(1, round(width * self.scale))
        self.draw.line([self.at(point) for point in points], fill=ink, width=pixels, joint="curve")

    def limb(self, start: Point, end: Point, thick: float, thin: float, ink: Ink) -> None:
        """Fill a limb that tapers between two half-widths, with rounded ends."""
        along = np.subtract(end, start)
        length = float(np.hypot(*along)) or 1.0
        side_x, side_y = -along[1] / length, along[0] / length
        self.shape([
            (start[0] + side_x * thick, start[1] + side_y * thick),
            (end[0] + side_x * thin, end[1] + side_y * thin),
            (end[0] - side_x * thin, end[1] - side_y * thin),
            (start[0] - side_x * thick, start[1] - side_y * thick),
        ], ink)
        self.disc(start, thick, thick, ink)
        self.disc(end, thin, thin, ink)

    def block(self, left: float, top: float, right: float, bottom: float, ink: Ink) -> None:
        """Fill a rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], ink)
