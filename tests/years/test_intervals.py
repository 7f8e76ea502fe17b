"""Intervals have the wanted coverage in every era, even if predicted distributions are wrong."""

from collections.abc import Callable

import numpy as np
import pytest

from posters.years.intervals import covered, fit_thresholds, intervals
from posters.years.year_distribution import Probabilities, Years, median, smoothed

YEARS = np.arange(1888, 2017)
LEVEL = 0.8
ERAS = ((1888, 1930), (1930, 1960), (1960, 1990), (1990, 2017))


def sample(count: int, seed: int, *, recent: float = 0.0) -> tuple[Probabilities, Years]:
    """Distributions of different widths, and a year drawn from each; `recent` makes most recent."""
    generator = np.random.default_rng(seed)
    chances = np.exp(recent * (YEARS - 2016))
    true = generator.choice(YEARS, count, p=chances / chances.sum())
    # Old posters are harder to date.
    width = generator.uniform(2, np.where(true < 1950, 25, 8)[:, None], (count, 1))
    centre = true[:, None] + width * generator.normal(size=(count, 1))
    gaussians = np.exp(-0.5 * ((YEARS - centre) / width) ** 2) + 1e-9
    return gaussians / gaussians.sum(axis=1, keepdims=True), true


HEADS: dict[str, Callable[[Probabilities], Probabilities]] = {
    "calibrated": lambda probabilities: probabilities,
    "overconfident": lambda probabilities: (
        probabilities**6 / (probabilities**6).sum(axis=1, keepdims=True)
    ),
    "biased": lambda probabilities: np.roll(probabilities, 5, axis=1),
    "uninformative": lambda probabilities: np.full_like(probabilities, 1 / len(YEARS)),
}


@pytest.mark.parametrize(("recent", "level"), [(0.0, LEVEL), (0.04, LEVEL), (0.0, 0.5)])
@pytest.mark.parametrize("head", ["calibrated", "overconfident", "biased"])
def test_coverage_on_new_rows_is_the_wanted_level_in_every_era(
    head: str, recent: float, level: float
) -> None:
    """Whatever the mix of years of the calibration rows and of the new ones."""
    probabilities, true = sample(6000, 0, recent=recent)
    thresholds = fit_thresholds(HEADS[head](probabilities), true, YEARS, level)
    for new_recent in (0.0, 0.02):
        probabilities, new = sample(20_000, 1, recent=new_recent)
        within = covered(*intervals(HEADS[head](probabilities), YEARS, thresholds), new)
        eras = [within[(new >= first) & (new < end)].mean() for first, end in ERAS]
        # A biased head needs intervals that reach to both sides of a year, and has few old rows.
        assert min(eras) > level - (0.15 if head == "biased" else 0.03)
        assert max(eras) < (1.00 if head == "biased" else level + 0.04)


def test_without_enough_rows_all_years_are_within_the_interval() -> None:
    probabilities, _ = sample(3, 3)
    thresholds = fit_thresholds(probabilities, np.array([2010, 2012, 2014]), YEARS, LEVEL)
    low, high = intervals(probabilities, YEARS, thresholds)
    assert list(low) == [YEARS[0]] * 3
    assert list(high) == [YEARS[-1]] * 3


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
def test_interval_contains_the_median(head: str, threshold: float) -> None:
    probabilities = HEADS[head](sample(300, 4)[0])
    low, high = intervals(probabilities, YEARS, np.full(len(YEARS), threshold))
    middle = median(probabilities, YEARS)
    assert (low <= middle + 0.5).all()
    assert (middle - 0.5 <= high).all()


def test_interval_by_hand() -> None:
    # Doubled probability between median and middle of each year: 0.95, 0.85, 0.4, 0.4, 0.85, 0.95.
    probabilities = np.array([[0.05, 0.05, 0.4, 0.4, 0.05, 0.05]])
    years = np.arange(2000, 2006)
    low, high = intervals(probabilities, years, np.array([1, 0.8, 0.5, 0.5, 0.9, 0.9]))
    assert (low[0], high[0]) == (2000, 2004)  # a year between two others of the interval is in it


def test_mean_coverage_is_right_with_few_calibration_rows() -> None:
    generator = np.random.default_rng(6)
    true, coverages = np.full(60, 1950), []
    for _ in range(300):
        calibration, new = (
            smoothed(np.round(1950 + 15 * generator.normal(size=n)).astype(int), YEARS, 15.0)
            for n in (60, 40)
        )
        thresholds = fit_thresholds(calibration, true, YEARS, LEVEL)
        found = covered(*intervals(new, YEARS, thresholds), np.full(40, 1950))
        coverages.append(found.mean())
    assert 0.79 < np.mean(coverages) < 0.9
