"""The people in portraits: looks that suit year and genre, and the colours to draw them in."""

from dataclasses import dataclass

from numpy.random import Generator

from sample_posters.colours import BLACK, Colour, Palette, darken, jitter, mix
from sample_posters.random_draws import chance, pick
from sample_posters.silhouettes import HAIRS, SKINS


@dataclass(frozen=True)
class Tones:
    """The colours of a portrait."""

    skin: Colour
    shade: Colour
    hair: Colour
    coat: Colour
    lips: Colour
    line: Colour


@dataclass(frozen=True)
class Person:
    """The person in a portrait: hair, hat, beard, glasses, smile, and turn of the head."""

    woman: bool
    hair: str
    hat: str
    beard: str
    glasses: str
    smile: float
    turn: float


def natural_tones(rng: Generator, palette: Palette) -> Tones:
    """Return the colours of a painted portrait whose clothes come from the palette."""
    skin = jitter(rng, pick(rng, SKINS), 0.7)
    return Tones(
        skin=skin,
        shade=mix(darken(skin, 0.62), palette.ink, 0.25),
        hair=jitter(rng, pick(rng, HAIRS)),
        coat=pick(rng, (palette.ink, palette.second, palette.accent, darken(palette.second, 0.5))),
        lips=mix(skin, (176, 34, 40), 0.65),
        line=mix(palette.ink, BLACK, 0.5),
    )


def two_tones(light: Colour, dark: Colour, coat: Colour) -> Tones:
    """Return the colours of a portrait printed in a light and a dark ink."""
    return Tones(light, mix(light, dark, 0.72), dark, coat, mix(light, dark, 0.6), dark)


def choose_person(rng: Generator, style_year: float, genre: str) -> Person:
    """Return a random person whose hair, hat and glasses suit the year and the genre."""
    woman = chance(rng, 0.45)
    fashions: tuple[tuple[int, str], ...]
    if woman:
        fashions = ((1915, "updo long"), (1932, "bob waves"), (1955, "waves"), (1970, "big bob"),
                    (1979, "long big"), (1992, "big long"), (2030, "long bob"))
    else:
        fashions = ((1945, "slick"), (1966, "slick short"), (1982, "mop short"),
                    (2000, "short mop"), (2030, "short bald short"))
    styles = next(styles.split() for until, styles in fashions if style_year < until)
    hats = {"western": ("stetson", "none"), "crime": ("fedora", "none"), "war": ("helmet", "none")}
    wears_hat = chance(rng, 0.15 if woman else (0.45 if style_year < 1962 else 0.18))
    hat = pick(rng, hats.get(genre, ("fedora", "none"))) if wears_hat else "none"
    if genre == "western" and not woman:
        hat = "stetson"
    return Person(
        woman=woman,
        hair=pick(rng, styles),
        hat=hat,
        beard="none" if woman else pick(rng, ("none", "none", "none", "moustache", "full")),
        glasses=pick(rng, ("dark", "clear")) if chance(rng, 0.08) else "none",
        smile=rng.uniform(0.0, 1.0) if genre in ("comedy", "musical", "romance") else 0.0,
        turn=rng.uniform(0.05, 0.3),
    )
