"""The brief of one poster: what the painters are told before they choose anything."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from sample_posters.dice import between, chance, weigh

FIRST_YEAR = 1888
LAST_YEAR = 2016

SPREAD_YEARS = 8.0
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
class Brief:
    """A commission: the film, the year whose manner is imitated, and the dice to use."""

    title: str
    year: int
    style_year: float
    genre: str
    dated: bool
    rng: np.random.Generator


def clean_title(title: str) -> str:
    """Return the title as it can be set: one line, printable, never empty."""
    printable = "".join(
        letter if unicodedata.category(letter)[0] not in "CZ" else " " for letter in title
    )
    return " ".join(printable.split())[:80] or "Untitled"


def make_brief(title: str, year: int, rng: np.random.Generator) -> Brief:
    """Draw what the year does not settle: the manner's own year, and the genre.

    The manner's year strays from the film's by some eight years, and a few posters look back
    decades on purpose, so that no manner is an exact code of the year.
    """
    year = min(max(year, FIRST_YEAR), LAST_YEAR)
    style_year = year + float(rng.normal(0, SPREAD_YEARS))
    if chance(rng, THROWBACK_SHARE):
        style_year -= between(rng, 20, 40)
    genre = weigh(rng, list(GENRE_WEIGHTS), list(GENRE_WEIGHTS.values()))
    return Brief(
        title=clean_title(title),
        year=year,
        style_year=min(max(style_year, FIRST_YEAR), LAST_YEAR),
        genre=genre,
        dated=chance(rng, DATED_SHARE),
        rng=rng,
    )
