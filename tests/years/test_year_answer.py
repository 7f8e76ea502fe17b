"""An answer in words: a year, two decades, or that the poster does not tell."""

import pytest

from posters.years.year_answer import YearAnswer


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
