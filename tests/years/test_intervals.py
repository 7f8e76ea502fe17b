"""Intervals hold for as many as they say: also where the distributions are wrong."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.years.intervals import calibrate, hold, intervals
from posters.years.year_distribution import Probabilities, Years, certain, median, smoothed

YEARS = np.arange(1888, 2017)
LEVEL = 0.8

Saying = Callable[[Probabilities], Probabilities]


def drawn(count: int, seed: int) -> tuple[Probabilities, Years]:
    """Distributions of posters that are easy or hard to date, and a year drawn from each."""
    generator = np.random.default_rng(seed)
    centre, width = generator.uniform(1895, 2012, (count, 1)), generator.uniform(2, 15, (count, 1))
    bells = np.exp(-0.5 * ((YEARS - centre) / width) ** 2)
    probabilities = bells / bells.sum(axis=1, keepdims=True)
    column = (probabilities.cumsum(axis=1) < generator.random((count, 1))).sum(axis=1)
    return probabilities, YEARS[column.clip(max=len(YEARS) - 1)]


def sharpened(probabilities: Probabilities, power: float) -> Probabilities:
    raised = probabilities**power
    return raised / raised.sum(axis=1, keepdims=True)


def as_they_came(true: Years) -> NDArray[np.float64]:
    """The prior under which every validation row counts the same."""
    return smoothed(true, YEARS, 3.0).mean(axis=0)


HEADS: dict[str, Saying] = {
    "honest": lambda probabilities: probabilities,
    "too sure": lambda probabilities: sharpened(probabilities, 6),
    "too unsure": lambda probabilities: sharpened(probabilities, 1 / 4),
    "scalar": lambda probabilities: certain(median(probabilities, YEARS), YEARS),
    "whole years": lambda probabilities: certain(median(probabilities, YEARS).round(), YEARS),
    "always late": lambda probabilities: np.roll(probabilities, 5, axis=1),
    "ignorant": lambda probabilities: np.full_like(probabilities, 1 / len(YEARS)),
}


@pytest.mark.parametrize("head", HEADS)
def test_intervals_hold_for_the_wanted_share_of_rows_never_seen(head: str) -> None:
    probabilities, true = drawn(3000, 0)
    margin = calibrate(HEADS[head](probabilities), true, YEARS, as_they_came(true), LEVEL)
    probabilities, fresh = drawn(8000, 1)
    held = hold(*intervals(HEADS[head](probabilities), YEARS, LEVEL, margin), fresh)
    assert 0.78 < held.mean() < 0.84


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("head", HEADS)
def test_the_margin_is_exact_also_where_years_are_rounded(head: str, level: float) -> None:
    for seed in range(4):
        probabilities, true = drawn(500, seed)
        said = HEADS[head](probabilities)
        margin = calibrate(said, true, YEARS, as_they_came(true), level)
        assert hold(*intervals(said, YEARS, level, margin), true).mean() >= level
        if margin > 1:  # It is no larger than it must be.
            fewer = hold(*intervals(said, YEARS, level, margin - 1.001), true)
            assert fewer.mean() < level + 0.002


def test_a_sure_head_gets_shorter_intervals_than_an_unsure_one() -> None:
    probabilities, true = drawn(2000, 2)
    margin = calibrate(probabilities, true, YEARS, as_they_came(true), LEVEL)
    low, high = intervals(probabilities, YEARS, LEVEL, margin)
    entropy = -(probabilities * np.log(probabilities + 1e-300)).sum(axis=1)
    assert np.corrcoef(entropy, high - low)[0, 1] > 0.9


def test_an_honest_head_needs_hardly_a_margin() -> None:
    probabilities, true = drawn(3000, 3)
    margin = calibrate(probabilities, true, YEARS, as_they_came(true), LEVEL)
    assert abs(margin) < 1.5


def test_intervals_hold_where_years_come_by_another_prior_than_the_validation_rows() -> None:
    """Old posters are harder to date, and there are fewer of them where it is asked."""
    older = 1 / (1 + np.exp((YEARS - 1950) / 8))
    many_old, few_old = 4 * older + 1, older + 12 * (1 - older)
    many_old, few_old = many_old / many_old.sum(), few_old / few_old.sum()

    def rows(prior: NDArray[np.float64], count: int, seed: int) -> tuple[Probabilities, Years]:
        generator = np.random.default_rng(seed)
        true = generator.choice(YEARS, count, p=prior)
        spread = np.where(true < 1950, 16, 4)
        return certain(true + spread * generator.normal(size=count), YEARS), true

    probabilities, true = rows(many_old, 4000, 0)
    asked, fresh = rows(few_old, 10000, 1)
    held = {}
    for name, prior in (("aware", few_old), ("unaware", many_old)):
        margin = calibrate(probabilities, true, YEARS, prior, LEVEL)
        held[name] = hold(*intervals(asked, YEARS, LEVEL, margin), fresh).mean()
    assert 0.77 < held["aware"] < 0.83
    assert held["unaware"] > 0.87


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("margin", [-500.0, -20.0, -3.3, -0.5, 0.0, 0.5, 7.0, 500.0])
def test_an_interval_holds_the_median_and_lies_within_the_years(head: str, margin: float) -> None:
    said = HEADS[head](drawn(300, 4)[0])
    low, high = intervals(said, YEARS, LEVEL, margin)
    assert low.dtype == high.dtype == np.int64
    assert (low >= YEARS[0]).all()
    assert (high <= YEARS[-1]).all()
    middle = median(said, YEARS)
    assert (low <= middle + 0.5).all()
    assert (middle - 0.5 <= high).all()
    assert (low <= high).all()


def test_a_larger_margin_never_makes_an_interval_shorter() -> None:
    said = drawn(300, 5)[0]
    spans = [intervals(said, YEARS, LEVEL, margin) for margin in np.linspace(-30, 30, 61)]
    for (low, high), (wider_low, wider_high) in itertools.pairwise(spans):
        assert (wider_low <= low).all()
        assert (high <= wider_high).all()


def test_an_interval_without_a_margin_is_the_shortest_with_enough_probability() -> None:
    said = np.array([[0.05, 0.05, 0.4, 0.4, 0.05, 0.05], [0.0, 0.0, 0.05, 0.15, 0.3, 0.5]])
    low, high = intervals(said, np.arange(2000, 2006), 0.8, -0.01)
    assert list(low) == [2002, 2004]
    assert list(high) == [2003, 2005]
    # Half of the posters are of the newest year, and it is not left out.
    newest = certain(np.full(50, 2016.0), YEARS)
    margin = calibrate(newest, np.full(50, 2016), YEARS, as_they_came(YEARS), LEVEL)
    assert hold(*intervals(newest, YEARS, LEVEL, margin), np.full(50, 2016)).all()


def test_an_interval_holds_its_first_and_its_last_year_and_none_outside() -> None:
    low, high = np.full(5, 1990), np.full(5, 1995)
    held = hold(low, high, np.array([1989, 1990, 1993, 1995, 1996]))
    assert list(held) == [False, True, True, True, False]


def test_few_validation_rows_widen_intervals_to_the_worst_of_them() -> None:
    true = np.array([1950, 1960, 1970])
    answers = certain(true + np.array([0.0, 10.0, 40.0]), YEARS)
    margin = calibrate(answers, true, YEARS, as_they_came(true), 0.9)
    assert hold(*intervals(answers, YEARS, 0.9, margin), true).all()
    assert margin > 35


def test_intervals_hold_on_average_also_where_there_are_only_eleven_validation_rows() -> None:
    generator = np.random.default_rng(6)
    true, held = np.full(11, 1950), []
    for _ in range(300):
        answers, fresh = (certain(1950 + 20 * generator.normal(size=n), YEARS) for n in (11, 40))
        margin = calibrate(answers, true, YEARS, as_they_came(true), LEVEL)
        held.append(hold(*intervals(fresh, YEARS, LEVEL, margin), np.full(40, 1950)).mean())
    assert 0.79 < np.mean(held) < 0.88
