"""Portraits drawn from a few smooth shapes, lit by one strong light."""

from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from sample_posters.colours import WHITE, darken, lighten, mix
from sample_posters.portraits import Person, Tones
from sample_posters.random_draws import chance
from sample_posters.shapes import Pen, Point

# the layer around a head, in half head heights: the head's centre, and the layer's size
HEAD_AT = (1.75, 1.6)
LAYER = (3.5, 3.7)


def draw_bust(
    rng: Generator, height: int, person: Person, tones: Tones, softness: float
) -> Image.Image:
    """Return a portrait as an RGBA layer `height` pixels high.

    `softness` is the blur of the shadows as a share of the head: 0 for a flat graphic print.
    """
    unit = height / LAYER[1]
    size = (round(LAYER[0] * unit), height)
    layer = Image.new("RGBA", size, (*tones.coat, 0))
    pen = Pen(layer, (HEAD_AT[0] * unit, HEAD_AT[1] * unit), unit)
    _back_hair(pen, person, tones)
    slope = rng.uniform(1.15, 1.5) if not person.woman else rng.uniform(0.95, 1.15)
    pen.shape([(-slope, 2.3), (-slope * 0.95, 1.75), (-0.45, 1.35), (0.45, 1.35),
               (slope * 0.95, 1.75), (slope, 2.3), (0, 2.6)], tones.coat, curved=True)
    neck = 0.3 if person.woman else 0.4
    pen.shape([(-neck, 0.6), (neck, 0.6), (neck + 0.05, 1.4), (0, 1.72), (-neck - 0.05, 1.4)],
              tones.skin)
    _lapels(pen, person, tones)
    jaw = rng.uniform(0.46, 0.52) if person.woman else rng.uniform(0.54, 0.62)
    face = [(-0.36, -0.92), (0.36, -0.92), (0.67, -0.4), (0.68, 0.08), (jaw, 0.62), (0.2, 0.98),
            (-0.2, 0.98), (-jaw, 0.62), (-0.68, 0.08), (-0.67, -0.4)]
    pen.shape(face, tones.skin, curved=True)
    for side in (-1, 1):
        pen.disc((0.69 * side, 0.06), 0.08, 0.17, tones.skin)
    _shadow(layer, pen, person, tones, softness, face)
    _features(pen, person, tones, rng)
    _front_hair(pen, person, tones, rng)
    _hat(pen, person, tones)
    if softness:
        # a small blur softens the hard edges of the shapes
        layer = layer.filter(ImageFilter.GaussianBlur(0.012 * unit))
    return ImageOps.mirror(layer) if chance(rng, 0.5) else layer


def _back_hair(pen: Pen, person: Person, tones: Tones) -> None:
    """Draw the hair that falls behind the head."""
    shapes: dict[str, list[Point]] = {
        "long": [(-0.7, -0.7), (0.7, -0.7), (0.88, 0.3), (0.8, 1.5), (0.4, 1.75), (-0.4, 1.75),
                 (-0.8, 1.5), (-0.88, 0.3)],
        "waves": [(-0.75, -0.75), (0.75, -0.75), (0.95, 0.2), (0.85, 0.75), (1.0, 1.1),
                  (0.5, 1.25), (-0.5, 1.25), (-1.0, 1.1), (-0.85, 0.75), (-0.95, 0.2)],
        "big": [(-0.8, -1.0), (0.0, -1.35), (0.8, -1.0), (1.2, -0.1), (1.15, 0.9), (0.7, 1.35),
                (-0.7, 1.35), (-1.15, 0.9), (-1.2, -0.1)],
        "bob": [(-0.75, -0.8), (0.75, -0.8), (0.92, 0.2), (0.8, 0.72), (-0.8, 0.72),
                (-0.92, 0.2)],
        "updo": [(-0.8, -0.6), (-0.5, -1.35), (0.5, -1.35), (0.8, -0.6), (0.72, 0.2),
                 (-0.72, 0.2)],
        "mop": [(-0.75, -0.8), (0.75, -0.8), (0.88, 0.1), (0.7, 0.7), (-0.7, 0.7), (-0.88, 0.1)],
    }
    if person.hair in shapes:
        pen.shape(shapes[person.hair], tones.hair, curved=True)


def _lapels(pen: Pen, person: Person, tones: Tones) -> None:
    """Draw the collar, or the neckline."""
    if person.woman:
        pen.shape([(-0.5, 1.42), (0.5, 1.42), (0.25, 1.85), (-0.25, 1.85)], tones.skin, curved=True)
        return
    shirt = lighten(tones.skin, 0.6)
    pen.shape([(-0.44, 1.3), (0.44, 1.3), (0.08, 2.3), (-0.08, 2.3)], shirt)
    pen.shape([(-0.09, 1.6), (0.09, 1.6), (0.13, 2.3), (-0.13, 2.3)], tones.line)
    for side in (-1, 1):
        pen.shape([(0.42 * side, 1.25), (0.62 * side, 1.5), (0.1 * side, 2.3), (0.02 * side, 2.3)],
                  darken(tones.coat, 0.35))
    pen.shape([(-0.4, 1.2), (0.4, 1.2), (0, 1.6)], tones.skin)


def _shadow(
    layer: Image.Image, pen: Pen, person: Person, tones: Tones, softness: float, face: list[Point]
) -> None:
    """Draw the shadow on face and neck of a strong light from the left."""
    dark = Image.new("L", layer.size, 0)
    shade = Pen(dark, pen.origin, pen.scale)
    turn = person.turn
    shade.shape([(0.3, -1.1), (0.34, -0.5), (0.18 + turn, -0.26), (0.08 + turn, -0.1),
                 (0.16 + turn, 0.26), (-0.04 + turn, 0.34), (0.18 + turn, 0.42),
                 (0.26 + turn, 0.58), (0.14 + turn, 0.72), (0.16, 1.05), (0.95, 1.1), (1.0, -0.9)],
                215)
    shade.shape([(-0.6, 0.72), (0, 1.06), (0.7, 0.6), (0.6, 1.6), (0.1, 1.6), (-0.2, 1.3)], 200)
    for side in (-1, 1):
        shade.disc((0.3 * side + turn * 0.5, -0.14), 0.2, 0.1, 110)
    soft = dark.filter(ImageFilter.GaussianBlur(softness * pen.scale)) if softness else dark
    reach = Image.new("L", layer.size, 0)
    limit = Pen(reach, pen.origin, pen.scale)
    limit.shape(face, 255, curved=True)
    limit.disc((0.69, 0.06), 0.08, 0.17, 255)
    limit.shape([(-0.45, 0.8), (0.45, 0.8), (0.46, 1.4), (0, 1.75), (-0.46, 1.4)], 255)
    layer.paste((*tones.shade, 255), (0, 0), ImageChops.multiply(soft, reach))


def _features(pen: Pen, person: Person, tones: Tones, rng: Generator) -> None:
    """Draw brows, eyes, nose, mouth and beard."""
    turn, line = person.turn * 0.6, tones.line
    gaze = rng.uniform(-0.03, 0.04)
    for side in (-1, 1):
        x, y = 0.31 * side + turn, -0.1
        width = 0.155 if side < 0 else 0.135
        white = mix(tones.skin, WHITE, 0.6) if side < 0 else mix(tones.skin, tones.shade, 0.35)
        almond = [(x - width, y + 0.01), (x, y - 0.065), (x + width, y), (x, y + 0.06)]
        pen.shape(almond, white, curved=True)
        pen.disc((x + gaze, y - 0.005), 0.062, 0.064, line)
        pen.line([(x - width - 0.02, y + 0.015), (x - 0.06, y - 0.065), (x + 0.06, y - 0.067),
                  (x + width + 0.02, y - 0.005)], line, 0.05 if person.woman else 0.04)
        brow = -0.29 if person.woman else -0.26
        pen.line([(x - side * width * 1.1, brow + 0.03), (x + side * 0.02, brow - 0.045),
                  (x + side * width * 1.3, brow + 0.02)],
                 mix(line, tones.hair, 0.5), 0.05 if person.woman else 0.085)
    nose = turn * 1.25
    dark = mix(tones.skin, tones.shade, 0.75)
    pen.shape([(nose - 0.13, 0.29), (nose - 0.02, 0.27), (nose + 0.12, 0.29), (nose, 0.355)], dark,
              curved=True)
    smile = 0.07 * person.smile
    half = 0.2 + 0.07 * person.smile
    mouth = turn * 1.05
    lips = tones.lips if person.woman else mix(tones.skin, tones.shade, 0.5)
    pen.shape([(mouth - half, 0.56 - smile), (mouth - 0.07, 0.5), (mouth, 0.52),
               (mouth + 0.07, 0.5), (mouth + half, 0.56 - smile), (mouth, 0.66 + smile * 0.4)],
              lips, curved=True)
    if person.smile > 0.55:
        pen.shape([(mouth - half * 0.8, 0.555 - smile * 0.7), (mouth, 0.565),
                   (mouth + half * 0.8, 0.555 - smile * 0.7), (mouth, 0.62)],
                  mix(tones.skin, WHITE, 0.8), curved=True)
    else:
        pen.line([(mouth - half, 0.56 - smile), (mouth, 0.575), (mouth + half, 0.56 - smile)],
                 mix(line, lips, 0.35), 0.03)
    if person.beard != "none":
        pen.shape([(mouth - 0.27, 0.5), (mouth, 0.4), (mouth + 0.27, 0.5), (mouth, 0.47)],
                  tones.hair, curved=True)
    if person.beard == "full":
        pen.shape([(-0.66, 0.2), (-0.5, 0.55), (mouth - 0.26, 0.62), (mouth, 0.72),
                   (mouth + 0.26, 0.62), (0.52, 0.55), (0.67, 0.2), (0.58, 0.75), (0.2, 1.12),
                   (-0.2, 1.12), (-0.58, 0.75)], tones.hair)
    if person.glasses != "none":
        for side in (-1, 1):
            x = 0.31 * side + turn
            if person.glasses == "dark":
                pen.disc((x, -0.08), 0.23, 0.17, line)
            else:
                left, top = pen.at((x - 0.22, -0.26))
                right, bottom = pen.at((x + 0.22, 0.12))
                pen.draw.ellipse((left, top, right, bottom), outline=line,
                                 width=max(1, round(0.04 * pen.scale)))
        pen.line([(turn - 0.1, -0.1), (turn + 0.1, -0.1)], line, 0.05)


def _front_hair(pen: Pen, person: Person, tones: Tones, rng: Generator) -> None:
    """Draw the hair over the forehead, with a highlight."""
    part = rng.uniform(-0.35, 0.1)
    fringe = {"bob": -0.34, "mop": -0.36, "updo": -0.62, "bald": -2.0}.get(person.hair, -0.55)
    if person.hair == "bald":
        return
    height = 1.12 if person.hair in ("slick", "short") else 1.22
    side = -0.2 if person.hair in ("slick", "short") else 0.15
    pen.shape([(-0.74, side), (-0.8, -0.5), (-0.5, -height), (0.1, -height - 0.06),
               (0.6, -height + 0.12), (0.8, -0.45), (0.74, side), (0.64, -0.38),
               (0.35, fringe - 0.05), (part + 0.1, fringe - 0.16), (part - 0.12, fringe),
               (-0.56, -0.42), (-0.66, -0.2)],
              tones.hair)
    shine = lighten(tones.hair, 0.15)
    pen.line([(-0.58, -0.62), (-0.4, -0.88), (-0.08, -1.0)], shine, 0.07)
    if person.hair in ("waves", "long", "big"):
        pen.line([(-0.78, -0.2), (-0.8, 0.3), (-0.72, 0.8)], shine, 0.05)


def _hat(pen: Pen, person: Person, tones: Tones) -> None:
    """Draw the hat, and its shadow on the brow."""
    cloth = mix(tones.coat, tones.line, 0.35)
    if person.hat == "none":
        return
    if person.hat == "helmet":
        pen.shape([(-0.95, -0.35), (-0.85, -0.95), (0, -1.4), (0.85, -0.95), (0.95, -0.35),
                   (0, -0.5)], cloth)
        pen.line([(-0.6, -0.75), (-0.3, -1.1)], lighten(cloth, 0.3), 0.08)
        return
    wide, rise = (1.2, 0.04) if person.hat == "fedora" else (1.55, 0.22)
    pen.shape([(-0.72, -0.6), (-0.62, -1.35), (-0.2, -1.5), (0.05, -1.4), (0.3, -1.52),
               (0.65, -1.3), (0.74, -0.6)], cloth, curved=True)
    pen.shape([(-0.74, -0.8), (0.74, -0.8), (0.76, -0.6), (-0.76, -0.6)], darken(cloth, 0.5))
    pen.shape([(-wide, -0.5 - rise), (-0.5, -0.7), (0.5, -0.7), (wide, -0.5 - rise),
               (0.6, -0.42), (0, -0.38), (-0.6, -0.42)], lighten(cloth, 0.08), curved=True)


def eyes_strip(image: Image.Image, tones: Tones, rng: Generator) -> None:
    """Fill the image with a close-up of a pair of eyes."""
    unit = image.width / 1.5
    pen = Pen(image, (image.width / 2 - 0.1 * unit, image.height / 2 + 0.12 * unit), unit)
    ImageDraw.Draw(image).rectangle((0, 0, *image.size), fill=tones.skin)
    _features(pen, Person(True, "long", "none", "none", "none", 0.0, 0.18), tones, rng)
