"""The poster styles, the years in which each is common, and the palettes it uses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from PIL import Image

from sample_posters import airbrush, deco, digital, modernist, silent, technicolor
from sample_posters.colours import Palette, palette
from sample_posters.poster_spec import PosterSpec
from sample_posters.random_draws import chance, pick, pick_weighted

DrawStyle: TypeAlias = Callable[[Image.Image, PosterSpec, Palette], None]

# standard deviation (years) with which a style becomes rare outside its years, and the
# weight that every style has in any year, relative to its own
FADE_YEARS = 4.5
MIN_RELATIVE_WEIGHT = 0.0015
OTHER_PALETTE_SHARE = 0.1


@dataclass(frozen=True)
class PosterStyle:
    """A style: its drawing function, first and last year, weight, and name of its palettes."""

    draw: DrawStyle
    first: int
    last: int
    weight: float
    palettes: str


PALETTES: dict[str, tuple[Palette, ...]] = {
    # ground, second, accent, ink, light
    "litho": (
        palette("d8c48e", "6f8a6a", "b4442c", "2b2520", "efe2bf"),
        palette("e2b24c", "3f6a78", "bf3a2a", "27211c", "f3e3b4"),
        palette("7d9c8c", "c78a3c", "a63a2e", "22262a", "eadcb8"),
        palette("c9592e", "2f5f66", "e6bf55", "231a18", "f0dfb6"),
        palette("cbb27c", "8a5a38", "6b3424", "2a1f18", "e9d9ae"),
        palette("b9b39c", "6c6a5e", "7c3b30", "201f1d", "e2dcc4"),
    ),
    "stone": (
        palette("e9dab0", "2e6b86", "cf4a2c", "1e1f2a", "f6eccb"),
        palette("1f2a44", "6f7fa8", "d98a3a", "0f1220", "ecdcae"),
        palette("d6823c", "375a4e", "8e2a2a", "1c1818", "f2dfb0"),
        palette("ccd2ae", "557a5c", "d66a3a", "1d2420", "f4ecd0"),
        palette("efe0bd", "7c4a63", "d3a63a", "241822", "f8f0da"),
    ),
    "deco": (
        palette("f0d9a0", "1d6d7c", "d8432a", "14161c", "f8ecc8"),
        palette("1b2a4e", "c69a3a", "c8352e", "0d1020", "f2dfae"),
        palette("e8b83a", "23523f", "c22e2a", "141414", "f7ebc4"),
        palette("d8d2c0", "7c8c94", "c2512e", "17191c", "f6f1e0"),
        palette("0f5a5c", "e09a2c", "d6402e", "101418", "f3e6c0"),
    ),
    "technicolor": (
        palette("f2cf3a", "2560a8", "d42a24", "17151c", "fbf0cc"),
        palette("d8372a", "f0c83c", "1f63a6", "1a1418", "fdf3d6"),
        palette("3f86bf", "f0b83a", "d3312a", "171a26", "fbf1d8"),
        palette("f6ead0", "d6352c", "e9b52e", "1b1a20", "fffaf0"),
        palette("f0a632", "8c2436", "2c7a6c", "1d1416", "fbeccb"),
        palette("5b8f5a", "e4b83a", "c8302a", "161c18", "f8f0d4"),
        palette("2a2f52", "a8324a", "f0c23c", "101224", "f4e6c6"),
    ),
    "modernist": (
        palette("e8632a", "f2ebdc", "141414", "141414", "f7f2e6"),
        palette("f4efe2", "d23a2a", "e8a02a", "171717", "fbf8ef"),
        palette("e8b02c", "b8322c", "2a5fa0", "161616", "f8f2e2"),
        palette("d23b6a", "f0a030", "3a3f8f", "191420", "fbf2ea"),
        palette("7fa8b8", "e0703a", "20324a", "15181c", "f5f2e8"),
        palette("232323", "d8402e", "e8c23a", "121212", "f4f0e4"),
    ),
    "earth": (
        palette("c98a4a", "7a4a28", "d8692c", "2a1a12", "f0dfc0"),
        palette("e8d8b8", "8c5a32", "c2542a", "2c1d16", "f6ecd6"),
        palette("6a6238", "b8863a", "d0602a", "221e14", "ecdfba"),
        palette("3c2a22", "a4622e", "e09a3a", "1a120e", "ead6b2"),
        palette("d9cdb2", "5f7280", "b8482e", "23211f", "f3ecdc"),
        palette("ece6da", "3a4f72", "c0632c", "1c1a1e", "faf6ec"),
    ),
    "dusk": (
        palette("241a4a", "7a2f8f", "f0553a", "120e2a", "ffd9b0"),
        palette("0f2a52", "2f7fbf", "f08a2a", "0a1024", "f6ecd8"),
        palette("1a1420", "8f1f2f", "f0a02a", "100a12", "fbe6c0"),
        palette("2a1850", "e0408a", "3fd0d8", "140c30", "fdeef4"),
        palette("2c3f66", "4f8fb0", "e8603a", "111826", "fbf3e2"),
        palette("3a2418", "b8622a", "f2c23c", "180f0c", "fbeacb"),
    ),
    "dark": (
        palette("1c1e26", "4a5a78", "c02a2e", "0d0e14", "efe6da"),
        palette("2a1a16", "8a5a34", "c8352a", "140c0a", "f2dfc2"),
        palette("1a2420", "4f6a58", "d0a24a", "0c120f", "ece8d8"),
        palette("20283c", "5f7fa8", "e0b060", "0e121c", "f3eee2"),
        palette("2e1f2e", "7a4a6a", "d86a4a", "150e16", "f4e6e2"),
    ),
    "digital": (
        palette("163a4a", "1f7f8f", "f0882c", "0a1a22", "eef2ee"),
        palette("f2f2ee", "4fa8c8", "d8262e", "1a1c20", "ffffff"),
        palette("2a3440", "5f8090", "e8a040", "10161c", "e6ecee"),
        palette("d0dde0", "3f6f8f", "e8702a", "1b242c", "f8fafa"),
        palette("1e2228", "3f4f5f", "d8b03a", "0e1014", "e8e6e0"),
    ),
    "drained": (
        palette("c8ccca", "7a878c", "c83a32", "24292c", "eef0ee"),
        palette("e4dfd4", "9a9488", "d0a838", "2a2826", "f6f3ec"),
        palette("2c343c", "6a7a86", "d8923a", "14181c", "dfe4e6"),
        palette("e8c44a", "3a3f46", "d04a36", "1c1e20", "f7f3e4"),
        palette("a8b8ae", "4f6a66", "d8684a", "1e2826", "eef2ec"),
        palette("d8503e", "f0e8dc", "2a3a52", "1c1c24", "faf5ee"),
    ),
}

STYLES: tuple[PosterStyle, ...] = (
    PosterStyle(silent.title_card, 1888, 1913, 9.0, "litho"),
    PosterStyle(silent.full_still, 1888, 1912, 2.0, "litho"),
    PosterStyle(silent.playbill, 1888, 1915, 2.6, "litho"),
    PosterStyle(silent.lithograph, 1896, 1925, 4.0, "litho"),
    PosterStyle(silent.oval_portrait, 1911, 1930, 2.6, "stone"),
    PosterStyle(silent.painted_star, 1914, 1936, 4.0, "stone"),
    PosterStyle(deco.deco_rays, 1926, 1941, 3.0, "deco"),
    PosterStyle(deco.diagonal, 1926, 1944, 2.6, "deco"),
    PosterStyle(deco.rotogravure, 1922, 1944, 1.6, "stone"),
    PosterStyle(deco.screwball, 1931, 1950, 2.0, "technicolor"),
    PosterStyle(technicolor.floating_heads, 1938, 1959, 3.0, "technicolor"),
    PosterStyle(technicolor.noir, 1939, 1957, 2.2, "technicolor"),
    PosterStyle(technicolor.menace, 1948, 1965, 1.8, "technicolor"),
    PosterStyle(technicolor.spectacle, 1948, 1964, 1.8, "technicolor"),
    PosterStyle(technicolor.gag_sheet, 1940, 1964, 1.8, "technicolor"),
    PosterStyle(modernist.cut_out, 1956, 1974, 2.6, "modernist"),
    PosterStyle(modernist.op_margin, 1959, 1976, 2.4, "modernist"),
    PosterStyle(modernist.eyes_and_blade, 1960, 1976, 1.2, "modernist"),
    PosterStyle(modernist.action_montage, 1959, 1977, 1.8, "earth"),
    PosterStyle(modernist.framed_picture, 1966, 1983, 2.6, "earth"),
    PosterStyle(modernist.earthy_montage, 1968, 1983, 2.4, "earth"),
    PosterStyle(modernist.grainy_photograph, 1966, 1984, 1.6, "earth"),
    PosterStyle(airbrush.neon_grid, 1979, 1992, 2.4, "dusk"),
    PosterStyle(airbrush.airbrush_action, 1978, 1993, 2.8, "dusk"),
    PosterStyle(airbrush.white_comedy, 1977, 1995, 2.0, "earth"),
    PosterStyle(airbrush.dark_faces, 1986, 2004, 3.2, "dark"),
    PosterStyle(airbrush.soft_romance, 1987, 2005, 1.6, "dusk"),
    PosterStyle(airbrush.one_ink, 1990, 2008, 0.9, "modernist"),
    PosterStyle(digital.teal_orange, 1999, 2016, 2.8, "digital"),
    PosterStyle(digital.bright_comedy, 1997, 2016, 2.0, "digital"),
    PosterStyle(digital.face_strips, 1996, 2013, 1.6, "digital"),
    PosterStyle(digital.minimal, 2005, 2016, 2.2, "drained"),
    PosterStyle(digital.type_over_face, 2004, 2016, 2.4, "drained"),
    PosterStyle(digital.lone_figure, 2003, 2016, 2.0, "drained"),
    # video releases exist of movies of every age
    PosterStyle(digital.video_sleeve, 1888, 2016, 0.35, "dark"),
)


def choose_style(rng: Generator, style_year: float) -> PosterStyle:
    """Return a random style; the nearer its years to the style's year, the more likely."""
    weights = []
    for style in STYLES:
        distance = max(style.first - style_year, style_year - style.last, 0.0)
        near = float(np.exp(-0.5 * (distance / FADE_YEARS) ** 2))
        weights.append(style.weight * (near + MIN_RELATIVE_WEIGHT))
    return pick_weighted(rng, STYLES, weights)


def choose_palette(rng: Generator, style: PosterStyle) -> Palette:
    """Return a random variation of one of the style's palettes, sometimes of another style's."""
    name = pick(rng, tuple(PALETTES)) if chance(rng, OTHER_PALETTE_SHARE) else style.palettes
    return pick(rng, PALETTES[name]).varied(rng)
