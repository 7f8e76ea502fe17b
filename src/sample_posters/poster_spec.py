"""What the drawing functions need to know about one poster."""

import unicodedata
from dataclasses import dataclass

from numpy.random import Generator

from sample_posters.random_draws import chance, pick_weighted

FIRST_YEAR = 1888
LAST_YEAR = 2016

STYLE_YEAR_DEVIATION = 8.0
THROWBACK_SHARE = 0.04
DATED_SHARE = 0.012

GENRE_WEIGHTS = {
    "drama": 5.0,
    "comedy": 4.0,
    "romance": 3.0,
    "crime": 3.0,
    "horror": 2.0,
    "western": 2.0,
    "adventure": 2.0,
    "science fiction": 1.5,
    "war": 1.5,
    "musical": 1.5,
}


@dataclass(frozen=True)
class PosterSpec:
    """A poster's movie, the year whose style it imitates, and its random generator.

    Attributes:
        dated: whether the poster shows its year in figures.
    """

    title: str
    year: int
    style_year: float
    genre: str
    dated: bool
    rng: Generator


def clean_title(title: str) -> str:
    """Return the title as one line of printable characters, never empty."""
    printable = "".join(
        letter if unicodedata.category(letter)[0] not in "CZ" else " " for letter in title
    )
    return " ".join(printable.split())[:80] or "Untitled"


def random_spec(title: str, year: int, rng: Generator) -> PosterSpec:
    """Choose the style's year and the genre at random.

    The style's year differs from the movie's by about eight years, and a few posters imitate a
    style decades older. So the style does not reveal the exact year.
    """
    year = min(max(year, FIRST_YEAR), LAST_YEAR)
    style_year = year + float(rng.normal(0, STYLE_YEAR_DEVIATION))
    if chance(rng, THROWBACK_SHARE):
        style_year -= rng.uniform(20, 40)
    genre = pick_weighted(rng, list(GENRE_WEIGHTS), list(GENRE_WEIGHTS.values()))
    return PosterSpec(
        title=clean_title(title),
        year=year,
        style_year=min(max(style_year, FIRST_YEAR), LAST_YEAR),
        genre=genre,
        dated=chance(rng, DATED_SHARE),
        rng=rng,
    )
