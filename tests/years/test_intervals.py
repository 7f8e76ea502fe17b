"""Intervals have the wanted coverage, also if the predicted distributions are wrong."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.years.intervals import calibrate, covered, intervals
from posters.years.year_distribution import (
    Probabilities,
    Years,
    median,
    point_distribution,
    smoothed,
)

YEARS = np.arange(1888, 2017)
LEVEL = 0.8


def sample(count: int, seed: int) -> tuple[Probabilities, Years]:
    """Distributions of different widths, and a year drawn from each."""
    generator = np.random.default_rng(seed)
    centre, width = generator.uniform(1895, 2012, (count, 1)), generator.uniform(2, 15, (count, 1))
    gaussians = np.exp(-0.5 * ((YEARS - centre) / width) ** 2)
    probabilities = gaussians / gaussians.sum(axis=1, keepdims=True)
    column = (probabilities.cumsum(axis=1) < generator.random((count, 1))).sum(axis=1)
    return probabilities, YEARS[column.clip(max=len(YEARS) - 1)]


def empirical_prior(true: Years) -> NDArray[np.float64]:
    """The prior under which all validation rows have the same weight."""
    return smoothed(true, YEARS, 3.0).mean(axis=0)


HEADS: dict[str, Callable[[Probabilities], Probabilities]] = {
    "calibrated": lambda probabilities: probabilities,
    "overconfident": lambda probabilities: (
        probabilities**6 / (probabilities**6).sum(axis=1, keepdims=True)
    ),
    "scalar": lambda probabilities: point_distribution(median(probabilities, YEARS), YEARS),
    "biased": lambda probabilities: np.roll(probabilities, 5, axis=1),
    "uninformative": lambda probabilities: np.full_like(probabilities, 1 / len(YEARS)),
}


@pytest.mark.parametrize("head", HEADS)
def test_coverage_on_new_rows_is_the_wanted_level(head: str) -> None:
    probabilities, true = sample(3000, 0)
    margin = calibrate(HEADS[head](probabilities), true, YEARS, empirical_prior(true), LEVEL)
    probabilities, new = sample(8000, 1)
    coverage = covered(*intervals(HEADS[head](probabilities), YEARS, LEVEL, margin), new).mean()
    assert 0.78 < coverage < 0.84


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("head", HEADS)
def test_margin_is_the_smallest_that_gives_the_level(head: str, level: float) -> None:
    for seed in range(4):
        probabilities, true = sample(500, seed)
        probabilities = HEADS[head](probabilities)
        margin = calibrate(probabilities, true, YEARS, empirical_prior(true), level)
        assert covered(*intervals(probabilities, YEARS, level, margin), true).mean() >= level
        if margin > 1:
            smaller = intervals(probabilities, YEARS, level, margin - 1.001)
            assert covered(*smaller, true).mean() < level + 0.002


def test_coverage_is_right_under_another_prior_than_that_of_the_validation_rows() -> None:
    """Old posters have larger errors, and are rarer among the posters to predict."""
    older = 1 / (1 + np.exp((YEARS - 1950) / 8))
    many_old, few_old = 4 * older + 1, older + 12 * (1 - older)
    many_old, few_old = many_old / many_old.sum(), few_old / few_old.sum()

    def rows(prior: NDArray[np.float64], count: int, seed: int) -> tuple[Probabilities, Years]:
        generator = np.random.default_rng(seed)
        true = generator.choice(YEARS, count, p=prior)
        spread = np.where(true < 1950, 16, 4)
        return point_distribution(true + spread * generator.normal(size=count), YEARS), true

    probabilities, true = rows(many_old, 4000, 0)
    new_probabilities, new = rows(few_old, 10000, 1)

    def coverage(prior: NDArray[np.float64]) -> float:
        margin = calibrate(probabilities, true, YEARS, prior, LEVEL)
        return float(covered(*intervals(new_probabilities, YEARS, LEVEL, margin), new).mean())

    assert 0.77 < coverage(few_old) < 0.83
    assert coverage(many_old) > 0.87


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("margin", [-500.0, -3.3, 0.0, 0.5, 500.0])
def test_interval_contains_the_median_and_stays_within_the_years(head: str, margin: float) -> None:
    probabilities = HEADS[head](sample(300, 4)[0])
    low, high = intervals(probabilities, YEARS, LEVEL, margin)
    assert low.dtype == high.dtype == np.int64
    assert (low >= YEARS[0]).all()
    assert (high <= YEARS[-1]).all()
    middle = median(probabilities, YEARS)
    assert (low <= middle + 0.5).all()
    assert (middle - 0.5 <= high).all()
    assert (low <= high).all()


def test_interval_without_margin_is_the_shortest_with_enough_probability() -> None:
    probabilities = np.array([[0.05, 0.05, 0.4, 0.4, 0.05, 0.05], [0.0, 0.0, 0.05, 0.15, 0.3, 0.5]])
    low, high = intervals(probabilities, np.arange(2000, 2006), 0.8, -0.01)
    assert list(low) == [2002, 2004]
    assert list(high) == [2003, 2005]


def test_mean_coverage_is_right_with_eleven_validation_rows() -> None:
    generator = np.random.default_rng(6)
    true, coverages = np.full(11, 1950), []
    for _ in range(300):
        calibration, new = (
            point_distribution(1950 + 20 * generator.normal(size=n), YEARS) for n in (11, 40)
        )
        margin = calibrate(calibration, true, YEARS, empirical_prior(true), LEVEL)
        found = covered(*intervals(new, YEARS, LEVEL, margin), np.full(40, 1950))
        coverages.append(found.mean())
    assert 0.79 < np.mean(coverages) < 0.88
