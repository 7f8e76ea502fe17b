"""Scenes: pictures composed of a genre's places, objects and people."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops

from sample_posters.backgrounds import blotches
from sample_posters.colours import Colour, Palette, darken, lightness, mix
from sample_posters.faces import draw_bust
from sample_posters.objects import draw_object
from sample_posters.portraits import Tones, choose_person, natural_tones
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick
from sample_posters.scenery import paint_place
from sample_posters.shapes import Pen, Point
from sample_posters.silhouettes import choose_outfit, draw_couple, draw_figure, flat_outfit


@dataclass(frozen=True)
class Genre:
    """What posters of a genre show: places, objects on the ground or in the air, emblems, roles."""

    places: tuple[str, ...]
    things: tuple[str, ...]
    airborne: tuple[str, ...]
    emblems: tuple[str, ...]
    roles: tuple[str, ...]


GENRES: dict[str, Genre] = {
    "drama": Genre(("room", "road", "sea", "town", "forest"), ("house", "tree", "train"),
                   ("moon",), ("house", "tree"),
                   ("gentleman", "lady", "grande dame", "youth", "girl")),
    "comedy": Genre(("room", "stage", "town", "road"), ("car", "house", "palm"), ("moon",),
                    ("note", "heart"), ("clown", "gentleman", "lady", "girl", "clown")),
    "romance": Genre(("sea", "town", "room", "mountains"), ("palm", "tree", "liner"),
                     ("moon",), ("heart",), ("gentleman", "lady", "grande dame", "youth", "girl")),
    "crime": Genre(("town", "room", "road"), ("car", "house", "train"), ("moon",), ("gun",),
                   ("sleuth", "lady", "sleuth", "gentleman")),
    "horror": Genre(("forest", "mountains", "room"), ("castle", "house", "tree"),
                    ("moon", "bats"), ("hand", "skull"), ("fiend", "victim", "grande dame")),
    "western": Genre(("desert", "mountains", "desert"), ("horse", "train", "horse"), ("moon",),
                     ("gun", "horse"), ("cowboy", "cowboy", "lady")),
    "adventure": Genre(("sea", "mountains", "desert", "forest"), ("ship", "palm", "castle"),
                       ("moon", "plane"), ("ship", "skull"), ("hero", "lady", "hero",
                                                              "grande dame")),
    "science fiction": Genre(("space", "town", "desert"), ("rocket", "saucer", "rocket"),
                             ("saucer", "planet"), ("planet",), ("spaceman", "victim", "hero")),
    "war": Genre(("desert", "mountains", "town", "sea"), ("tank", "blast", "horse"),
                 ("plane", "blast"), ("plane",), ("soldier", "commando", "soldier")),
    "musical": Genre(("stage", "town", "stage"), ("palm", "car"), ("moon",), ("note", "heart"),
                     ("dancer", "gentleman", "dancer", "grande dame")),
}


def add_figures(
    image: Image.Image, spec: PosterSpec, colours: Palette, ground: float, height: float,
    count: int, *, silhouette: Colour | None = None, middle: float = 0.5, span: float = 0.7,
) -> None:
    """Draw one or more people of the genre who stand on a pixel row of the image.

    `ground` and `height` are in pixels, `middle` and `span` shares of the image's width. A
    `silhouette` colour draws them flat.
    """
    rng = spec.rng
    roles = GENRES[spec.genre].roles
    cloths = (colours.accent, colours.second, colours.ink, mix(colours.ground, colours.ink, 0.4),
              colours.light)
    outfits = [choose_outfit(rng, pick(rng, roles), cloths) for _ in range(count)]
    if silhouette is not None:
        outfits = [(flat_outfit(outfit, silhouette), pose) for outfit, pose in outfits]
    if count == 2 and spec.genre in ("romance", "musical", "drama") and chance(rng, 0.6):
        pen = Pen(image, (image.width * middle, ground), height, chance(rng, 0.5))
        draw_couple(pen, outfits[0][0], outfits[1][0], rng)
        return
    for index, (outfit, pose) in enumerate(outfits):
        share = 0.5 if count == 1 else index / (count - 1)
        x = image.width * (middle + span * (share - 0.5))
        tall = height * rng.uniform(0.88, 1.06)
        draw_figure(Pen(image, (x, ground), tall, chance(rng, 0.5)), outfit, pose, rng)


def add_thing(
    image: Image.Image, spec: PosterSpec, place: Point, size: float, body: Colour, light: Colour,
    *, stock: str = "any",
) -> None:
    """Draw one of the genre's objects with its foot at a place in pixels.

    `stock` is "things" (on the ground), "airborne" (in the air), or "any" (on the ground, or an
    emblem that is not part of a scene).
    """
    genre = GENRES[spec.genre]
    stocks = {"things": genre.things, "airborne": genre.airborne,
              "any": genre.things + genre.emblems}
    kind = pick(spec.rng, stocks[stock])
    draw_object(Pen(image, place, size, chance(spec.rng, 0.5)), kind, body, light)


def add_bust(
    image: Image.Image, spec: PosterSpec, colours: Palette, centre: Point, height: float,
    *, tones: Tones | None = None, softness: float = 0.09, degrees: float = 0.0, fade: float = 0.0,
) -> None:
    """Draw a portrait of a random person centred on a point in pixels.

    It is turned by `degrees`, and its lower part (a share `fade`) is faded out.
    """
    rng = spec.rng
    person = choose_person(rng, spec.style_year, spec.genre)
    tones = tones or natural_tones(rng, colours)
    bust = draw_bust(rng, round(height), person, tones, softness)
    if fade:
        ramp = Image.linear_gradient("L").rotate(180).resize(bust.size, Image.Resampling.BILINEAR)
        ramp = ramp.point(lambda value: min(255, value * (1 / fade)))
        bust.putalpha(ImageChops.multiply(bust.getchannel("A"), ramp))
    if degrees:
        bust = bust.rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    place = (round(centre[0] - bust.width / 2), round(centre[1] - bust.height / 2))
    image.paste(bust, place, bust)


def scene(
    size: tuple[int, int], spec: PosterSpec, colours: Palette, *, people: int | None = None,
    flat: bool = False, tall: float | None = None,
) -> Image.Image:
    """Return a picture of the genre: a place, up to two objects, and people in front.

    `people` fixes how many there are, `tall` their height as a share of the picture's, and
    `flat` makes them silhouettes.
    """
    rng = spec.rng
    genre = GENRES[spec.genre]
    image, horizon = paint_place(rng, size, pick(rng, genre.places), colours)
    width, height = size
    unit = min(size)
    if chance(rng, 0.5):
        place = (width * rng.uniform(0.15, 0.85), height * rng.uniform(0.25, 0.45))
        add_thing(image, spec, place, unit * rng.uniform(0.16, 0.34), colours.ink,
                  colours.light, stock="airborne")
    body = colours.ink if flat else mix(colours.accent, colours.ink, rng.uniform(0.2, 0.7))
    if chance(rng, 0.75):
        place = (width * rng.uniform(0.2, 0.8), horizon + height * rng.uniform(0.03, 0.12))
        light = colours.light if lightness(body) < 0.6 else darken(colours.second, 0.4)
        add_thing(image, spec, place, unit * rng.uniform(0.35, 0.75), body, light, stock="things")
    count = int(rng.integers(1, 4)) if people is None else people
    if count:
        share = rng.uniform(0.42, 0.8) if tall is None else tall
        foot = height * rng.uniform(0.94, 1.12)
        add_figures(image, spec, colours, foot, height * share, count,
                    silhouette=colours.ink if flat else None,
                    middle=rng.uniform(0.4, 0.6), span=rng.uniform(0.4, 0.75))
    return image


def roughen(rng: Generator, image: Image.Image, strength: float, cell: int = 13) -> Image.Image:
    """Return the picture with edges displaced by up to about `strength` pixels."""
    width, height = image.size
    drift_x, drift_y = (
        np.asarray(blotches(rng, image.size, cell).point(
            lambda value: round(128 + (value - 127) * strength / 90)), dtype=np.int16) - 128
        for _ in range(2)
    )
    rows = np.clip(np.arange(height, dtype=np.int16)[:, None] + drift_y, 0, height - 1)
    columns = np.clip(np.arange(width, dtype=np.int16)[None, :] + drift_x, 0, width - 1)
    # indexing one four-byte number per pixel is faster than three bytes
    pixels = np.asarray(image.convert("RGBA")).view(np.uint32)[..., 0]
    moved = pixels[rows, columns]
    return Image.frombytes("RGBA", image.size, moved.tobytes()).convert("RGB")
