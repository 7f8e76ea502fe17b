"""Answers that say little, as wide as the prior or with two eras as likely, and their words."""

import numpy as np
import pytest

from posters.years.uncertainty import other_decade, uncertainty
from posters.years.year_answer import YearAnswer
from posters.years.year_distribution import (
    Probabilities,
    Years,
    likeliest_decade,
    median,
    smoothed,
)

YEARS = np.arange(1900, 2000)
PRIOR = smoothed(np.array([1975]), YEARS, 20.0)[0]


def mixture(**shares: float) -> Probabilities:
    """One distribution with peaks 5 years wide; names are years, such as `y1930`."""
    peaks = [
        share * smoothed(np.array([int(name[1:])]), YEARS, 5.0)[0] for name, share in shares.items()
    ]
    return np.sum(peaks, axis=0)[None]


def other(probabilities: Probabilities, years: Years) -> int:
    """The other decade, 0 if there is none."""
    found = other_decade(probabilities, years)[0]
    return 0 if found == likeliest_decade(probabilities, years)[0][0] else int(found)


def test_uncertainty_is_the_expected_error_over_that_of_the_prior() -> None:
    generator = np.random.default_rng(0)
    probabilities = np.concatenate([PRIOR[None], mixture(y1930=0.6, y1980=0.4), mixture(y1950=1.0)])
    found = uncertainty(probabilities, PRIOR, YEARS)
    drawn = np.array([generator.choice(YEARS, 100_000, p=row) for row in probabilities])
    errors = np.abs(drawn - median(probabilities, YEARS)[:, None]).mean(axis=1)
    np.testing.assert_allclose(found, errors / errors[0], rtol=0.02)
    assert found[0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("peaks", "expected"),
    [
        ({"y1935": 1.0}, 0),
        ({"y1935": 0.6, "y1975": 0.4}, 1970),
        ({"y1935": 0.4, "y1975": 0.6}, 1930),
        ({"y1935": 0.8, "y1975": 0.2}, 0),  # far less likely
        ({"y1935": 0.6, "y1945": 0.4}, 0),  # the same era: nothing between them
        ({"y1915": 0.4, "y1945": 0.25, "y1985": 0.35}, 1980),  # the likelier one of two others
    ],
)
def test_other_decade_is_of_another_era_that_is_about_as_likely(
    peaks: dict[str, float], expected: int
) -> None:
    assert other(mixture(**peaks), YEARS) == expected


def answer(
    *, year: int = 1968, decade: int = 1960, other: int | None = None, uncertainty: float = 0.3
) -> YearAnswer:
    return YearAnswer(year, 1948, 2005, decade, 0.4, other or decade, uncertainty, {})


@pytest.mark.parametrize(
    ("given", "headline", "details", "warning"),
    [
        (answer(), "1968", "80%: 1948-2005; most likely the 1960s, 40%", None),
        (
            answer(decade=1970),
            "1968",
            "80%: 1948-2005; most likely the 1970s, 40%, although the median is 1968",
            None,
        ),
        (
            answer(decade=1990, other=1950),
            "1950s or 1990s",
            "best guess 1968; 80%: 1948-2005; most likely the 1990s, 40%",
            "two eras are about equally likely",
        ),
        (
            answer(other=1990, uncertainty=0.85),
            "can't tell",
            "best guess 1968; 80%: 1948-2005; most likely the 1960s, 40%",
            "the year is 85% as uncertain as without it",
        ),
    ],
)
def test_words(given: YearAnswer, headline: str, details: str, warning: str | None) -> None:
    assert (given.headline, given.details(0.8)) == (headline, details)
    assert len(given.warnings) == bool(warning)
    assert all(warning in found for found in given.warnings if warning)
