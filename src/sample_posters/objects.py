"""Objects on posters: vehicles, buildings, animals and props, drawn from a few flat shapes."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from sample_posters.colours import BLACK, Colour, darken, lighten, mix
from sample_posters.shapes import Pen, star

# draws in a unit frame: origin at the middle of the foot, about one unit high and wide
DrawObject: TypeAlias = Callable[[Pen, Colour, Colour], None]


def _car(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.5, -0.12), (-0.48, -0.26), (-0.2, -0.3), (-0.08, -0.46), (0.22, -0.46),
               (0.34, -0.28), (0.5, -0.24), (0.52, -0.1)], body)
    pen.shape([(-0.12, -0.3), (-0.04, -0.42), (0.06, -0.42), (0.06, -0.3)], light)
    pen.shape([(0.1, -0.3), (0.1, -0.42), (0.2, -0.42), (0.28, -0.3)], light)
    pen.block(-0.48, -0.2, 0.5, -0.17, lighten(body, 0.35))
    for x in (-0.3, 0.3):
        pen.disc((x, -0.08), 0.1, 0.1, BLACK)
        pen.disc((x, -0.08), 0.045, 0.045, light)
    pen.disc((0.48, -0.2), 0.03, 0.03, lighten(light, 0.5))


def _train(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.34, -0.08), (0.34, -0.08), (0.46, 0.0), (-0.46, 0.0)], darken(body, 0.4))
    pen.disc((0, -0.42), 0.3, 0.32, body)
    pen.disc((0, -0.42), 0.23, 0.25, darken(body, 0.45))
    pen.block(-0.07, -0.95, 0.07, -0.7, body)
    pen.block(-0.11, -0.98, 0.11, -0.93, lighten(body, 0.2))
    pen.disc((0, -0.66), 0.075, 0.075, lighten(light, 0.6))
    pen.shape([(-0.3, -0.12), (0.3, -0.12), (0.4, 0.02), (-0.4, 0.02)], light)
    for x in np.linspace(-0.3, 0.3, 7):
        pen.line([(float(x) * 0.8, -0.12), (float(x) * 1.3, 0.02)], body, 0.025)
    for step in range(5):
        pen.disc((0.12 * step + 0.05, -1.02 - 0.09 * step), 0.08 + 0.05 * step,
                 0.06 + 0.035 * step, mix(light, (225, 222, 215), 0.6))


def _ship(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.55, -0.22), (0.6, -0.26), (0.44, 0.0), (-0.42, 0.0)], body)
    for x, top in ((-0.28, -0.9), (0.02, -1.05), (0.28, -0.85)):
        pen.line([(x, -0.2), (x, top)], body, 0.022)
        pen.shape([(x - 0.04, top + 0.05), (x + 0.17, (top - 0.4) / 2), (x - 0.02, -0.3),
                   (x - 0.15, -0.32)], light)
    pen.line([(0.55, -0.25), (0.75, -0.4)], body, 0.02)


def _liner(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.08, -0.75), (0.1, -0.8), (0.28, -0.7), (0.16, 0.0), (-0.02, 0.0)], body)
    pen.shape([(0.1, -0.8), (0.9, -0.5), (0.9, -0.08), (0.16, 0.0)], darken(body, 0.5))
    pen.block(0.3, -0.78, 0.8, -0.6, light)
    for x in (0.38, 0.56, 0.74):
        pen.shape([(x, -0.76), (x + 0.02, -1.0), (x + 0.1, -1.0), (x + 0.1, -0.76)],
                  mix(body, (200, 60, 30), 0.6))


def _house(pen: Pen, body: Colour, light: Colour) -> None:
    pen.block(-0.3, -0.5, 0.3, 0.0, body)
    pen.shape([(-0.38, -0.5), (0, -0.82), (0.38, -0.5)], darken(body, 0.4))
    pen.block(0.12, -0.98, 0.34, -0.3, body)
    pen.shape([(0.08, -0.94), (0.23, -1.2), (0.38, -0.94)], darken(body, 0.4))
    for x, y in ((-0.2, -0.4), (-0.02, -0.4), (0.18, -0.84), (-0.2, -0.18)):
        pen.block(x, y, x + 0.09, y + 0.13, light)
    pen.block(0.02, -0.2, 0.12, 0.0, darken(body, 0.6))


def _castle(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.7, 0.05), (-0.4, -0.25), (0.4, -0.28), (0.75, 0.05)], darken(body, 0.3))
    for x, top, wide in ((-0.32, -0.8, 0.1), (-0.08, -1.05, 0.12), (0.18, -0.7, 0.16),
                         (0.36, -0.9, 0.08)):
        pen.block(x - wide, top, x + wide, -0.2, body)
        pen.shape([(x - wide * 1.25, top), (x, top - 0.28), (x + wide * 1.25, top)],
                  darken(body, 0.35))
        pen.block(x - 0.02, top + 0.1, x + 0.025, top + 0.2, light)


def _saucer(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.16, -0.45), (0.16, -0.45), (0.45, 0.35), (-0.45, 0.35)], mix(light, body, 0.45))
    pen.disc((0, -0.62), 0.2, 0.17, lighten(body, 0.4))
    pen.disc((0, -0.52), 0.55, 0.13, darken(body, 0.45))
    pen.disc((0, -0.55), 0.52, 0.1, body)
    for x in (-0.36, -0.18, 0, 0.18, 0.36):
        pen.disc((x, -0.48 + 0.05 * abs(x)), 0.035, 0.03, light)


def _rocket(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.13, 0.02), (-0.06, -0.12), (0.06, -0.12), (0.13, 0.02), (0, 0.42)],
              (250, 176, 48), curved=True)
    pen.shape([(-0.12, -0.15), (-0.32, 0.06), (-0.1, -0.4), (0.1, -0.4), (0.32, 0.06),
               (0.12, -0.15)], darken(body, 0.3))
    pen.shape([(0, -1.05), (0.15, -0.65), (0.12, -0.12), (-0.12, -0.12), (-0.15, -0.65)],
              body, curved=True)
    pen.shape([(-0.02, -0.95), (0.02, -0.6), (0.0, -0.14), (-0.1, -0.14), (-0.12, -0.62)],
              lighten(body, 0.35), curved=True)
    pen.disc((0.02, -0.66), 0.055, 0.055, light)


def _plane(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.6, -0.48), (0.0, -0.56), (0.6, -0.62), (0.62, -0.52), (0.06, -0.44),
               (-0.58, -0.4)], body)
    pen.disc((0, -0.5), 0.09, 0.1, lighten(body, 0.2))
    pen.shape([(-0.03, -0.58), (0.0, -0.78), (0.05, -0.58)], darken(body, 0.3))
    for x in (-0.26, 0.28):
        pen.disc((x, -0.5 - 0.06 * x), 0.05, 0.06, light)


def _horse(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.32, -0.55), (0.2, -0.57), (0.32, -0.82), (0.42, -0.92), (0.58, -0.76),
               (0.55, -0.7), (0.42, -0.72), (0.34, -0.42), (0.16, -0.36), (-0.24, -0.34),
               (-0.36, -0.42)], body, curved=True)
    for start, knee, hoof in (((-0.28, -0.42), (-0.4, -0.24), (-0.32, 0.0)),
                              ((-0.2, -0.4), (-0.18, -0.2), (-0.26, 0.0)),
                              ((0.26, -0.42), (0.44, -0.34), (0.48, -0.14)),
                              ((0.2, -0.4), (0.24, -0.2), (0.2, 0.0))):
        pen.limb(start, knee, 0.06, 0.035, body)
        pen.limb(knee, hoof, 0.03, 0.02, body)
    pen.shape([(-0.33, -0.55), (-0.55, -0.4), (-0.5, -0.2), (-0.4, -0.4)], body, curved=True)
    # the rider leans forward, hat and all
    pen.limb((-0.02, -0.55), (0.05, -0.85), 0.1, 0.08, light)
    pen.limb((0.0, -0.58), (0.1, -0.36), 0.05, 0.04, darken(light, 0.4))
    pen.limb((0.06, -0.82), (0.24, -0.68), 0.035, 0.025, light)
    pen.disc((0.08, -0.97), 0.06, 0.07, mix(light, body, 0.4))
    pen.disc((0.08, -1.01), 0.14, 0.025, body)
    pen.disc((0.08, -1.04), 0.07, 0.05, body)


def _tree(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.08, 0.0), (-0.04, -0.4), (0.04, -0.4), (0.1, 0.0)], body)
    for x, y, knot in ((-0.4, -0.85, -0.55), (-0.18, -1.05, -0.7), (0.12, -1.1, -0.7),
                       (0.36, -0.95, -0.6), (0.45, -0.7, -0.5)):
        pen.limb((0, -0.36), (x * 0.45, knot), 0.04, 0.025, body)
        pen.limb((x * 0.45, knot), (x, y), 0.024, 0.008, body)
        pen.limb((x * 0.6, knot - 0.08), (x * 1.15, y + 0.22), 0.015, 0.006, body)


def _palm(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.05, 0), (0.06, -0.5), (0.16, -0.9), (0.2, -0.88), (0.13, -0.5), (0.06, 0)], body)
    for x, y in ((-0.3, -0.8), (-0.22, -1.05), (0.1, -1.2), (0.5, -1.08), (0.6, -0.8),
                 (0.4, -0.68)):
        pen.shape([(0.18, -0.9), ((0.18 + x) / 2, (y - 0.9) / 2 - 0.12), (x, y),
                   ((0.18 + x) / 2, (y - 0.9) / 2 - 0.02)], mix(body, light, 0.3), curved=True)


def _heart(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(0, -0.02), (-0.42, -0.45), (-0.44, -0.78), (-0.2, -0.92), (0, -0.72),
               (0.2, -0.92), (0.44, -0.78), (0.42, -0.45)], body, curved=True)
    pen.line([(-0.3, -0.62), (-0.26, -0.76), (-0.16, -0.8)], light, 0.04)


def _gun(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.5, -0.62), (0.3, -0.62), (0.42, -0.55), (0.62, -0.05), (0.38, 0.0),
               (0.2, -0.36), (-0.02, -0.42), (-0.5, -0.45)], body)
    pen.disc((0.12, -0.5), 0.14, 0.11, lighten(body, 0.18))
    pen.line([(-0.48, -0.58), (0.05, -0.58)], light, 0.025)
    pen.line([(0.02, -0.4), (0.06, -0.25), (0.2, -0.26)], body, 0.03)


def _skull(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(0, -1.0), (0.4, -0.82), (0.42, -0.45), (0.24, -0.28), (0.2, -0.02), (-0.2, -0.02),
               (-0.24, -0.28), (-0.42, -0.45), (-0.4, -0.82)], light, curved=True)
    for x in (-0.17, 0.17):
        pen.disc((x, -0.52), 0.11, 0.12, body)
    pen.shape([(0, -0.42), (0.05, -0.28), (-0.05, -0.28)], body)
    for x in (-0.12, -0.04, 0.04, 0.12):
        pen.line([(x, -0.18), (x, -0.04)], body, 0.02)


def _hand(pen: Pen, body: Colour, light: Colour) -> None:
    pen.limb((0, 0.3), (0, -0.3), 0.13, 0.17, body)
    for base, tip in (((-0.15, -0.38), (-0.3, -0.82)), ((-0.05, -0.42), (-0.1, -1.0)),
                      ((0.05, -0.42), (0.1, -0.98)), ((0.14, -0.38), (0.3, -0.84)),
                      ((0.16, -0.2), (0.42, -0.5))):
        pen.limb(base, tip, 0.055, 0.03, body)
        pen.disc(tip, 0.024, 0.04, light)


def _blast(pen: Pen, body: Colour, light: Colour) -> None:
    for radius, colour, turn in ((0.62, darken(body, 0.35), 0.0), (0.5, body, 0.2),
                                 (0.36, light, 0.1), (0.2, lighten(light, 0.7), 0.3)):
        pen.shape(star((0, -0.4), 11, radius, radius * 0.62, turn), colour)


def _moon(pen: Pen, body: Colour, light: Colour) -> None:
    pen.disc((0, -0.5), 0.5, 0.5, light)
    for x, y, size in ((-0.15, -0.6, 0.12), (0.2, -0.4, 0.08), (-0.05, -0.28, 0.07)):
        pen.disc((x, y), size, size * 0.9, mix(light, body, 0.16))


def _planet(pen: Pen, body: Colour, light: Colour) -> None:
    pen.disc((0, -0.5), 0.42, 0.42, body)
    pen.disc((-0.07, -0.55), 0.32, 0.32, mix(body, light, 0.5))
    pen.shape([(-0.75, -0.3), (0, -0.46), (0.75, -0.72), (0.05, -0.36)], light, curved=True)


def _bats(pen: Pen, body: Colour, light: Colour) -> None:
    for x, y, size in ((-0.3, -0.8, 0.2), (0.25, -0.95, 0.14), (0.4, -0.6, 0.1)):
        pen.shape([(x + size * px, y + size * py) for px, py in (
            (-1, -0.2), (-0.6, -0.45), (-0.15, -0.1), (-0.08, -0.3), (0.08, -0.3), (0.15, -0.1),
            (0.6, -0.45), (1, -0.2), (0.55, -0.05), (0.3, 0.2), (0, 0.3), (-0.3, 0.2),
            (-0.55, -0.05))], body)


def _note(pen: Pen, body: Colour, light: Colour) -> None:
    for x in (-0.2, 0.25):
        pen.disc((x, -0.12), 0.14, 0.1, body)
        pen.line([(x + 0.12, -0.14), (x + 0.12, -0.8)], body, 0.04)
    pen.shape([(-0.1, -0.85), (0.39, -0.95), (0.39, -0.78), (-0.1, -0.68)], body)


def _tank(pen: Pen, body: Colour, light: Colour) -> None:
    pen.shape([(-0.55, -0.2), (-0.45, -0.36), (0.42, -0.36), (0.55, -0.2), (0.42, 0), (-0.42, 0)],
              darken(body, 0.3))
    pen.shape([(-0.25, -0.36), (-0.18, -0.58), (0.16, -0.58), (0.25, -0.36)], body)
    pen.line([(0.15, -0.5), (0.75, -0.58)], body, 0.05)
    for x in np.linspace(-0.38, 0.38, 5):
        pen.disc((float(x), -0.12), 0.08, 0.08, mix(body, light, 0.3))


OBJECTS: dict[str, DrawObject] = {
    "car": _car, "train": _train, "ship": _ship, "liner": _liner, "house": _house,
    "castle": _castle, "saucer": _saucer, "rocket": _rocket, "plane": _plane, "horse": _horse,
    "tree": _tree, "palm": _palm, "heart": _heart, "gun": _gun, "skull": _skull, "hand": _hand,
    "blast": _blast, "moon": _moon, "planet": _planet, "bats": _bats, "note": _note,
    "tank": _tank,
}


def draw_object(pen: Pen, kind: str, body: Colour, light: Colour) -> None:
    """Draw an object in the pen's frame, in a body colour and a light colour."""
    OBJECTS[kind](pen, body, light)
