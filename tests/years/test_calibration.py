"""The calibration that was applied is found again, whatever logits are divided by."""

import numpy as np
import pytest

from posters.years.calibration import Calibration, fit_calibration
from posters.years.year_distribution import smoothed

YEARS = np.arange(1888, 2017)
LEARNED = smoothed(np.array([1930, 1990, 2005]), YEARS, 30.0).mean(axis=0)


@pytest.mark.parametrize("outliers", [0.01, 0.1])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_calibration_is_found_that_makes_probabilities_right(
    temperature: float, outliers: float
) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=2, size=(20_000, len(YEARS)))
    right = Calibration(temperature, outliers).probabilities(logits * temperature, LEARNED)
    column = (right.cumsum(axis=1) < generator.random((len(right), 1))).sum(axis=1)
    true = YEARS[column.clip(max=len(YEARS) - 1)]
    found = fit_calibration(logits * temperature, true, YEARS, LEARNED)
    assert found.temperature == pytest.approx(temperature, rel=0.05)
    assert found.outliers == pytest.approx(outliers, abs=0.02)


def test_few_posters_that_are_far_off_leave_the_others_certain() -> None:
    true = np.random.default_rng(1).choice(YEARS, 4000)
    logits = -0.5 * ((YEARS - true[:, None]) / 5.0) ** 2
    true[:200] = true[:200][::-1]
    found = fit_calibration(logits, true, YEARS, LEARNED)
    assert found.temperature < 0.5
    assert found.outliers == pytest.approx(0.05, abs=0.02)
