"""Distributions over years and their summaries."""

import numpy as np
import pytest

from posters.years.year_distribution import likeliest_decade, quantile, smoothed

THREE = np.arange(2000, 2003)
BY_HAND = np.array([[0.2, 0.3, 0.5]])


def test_gaussian_is_the_one_computed_by_hand() -> None:
    near, far = np.exp(-1 / 8), np.exp(-4 / 8)
    np.testing.assert_allclose(
        smoothed(np.array([2001, 2000]), THREE, 2.0),
        [
            np.array([near, 1, near]) / (1 + 2 * near),
            np.array([1, near, far]) / (1 + near + far),
        ],
    )


@pytest.mark.parametrize(
    ("share", "year"),
    [(0, 1999.5), (0.1, 2000), (0.2, 2000.5), (0.35, 2001), (0.5, 2001.5), (1, 2002.5)],
)
def test_quantile_is_linear_within_each_year(share: float, year: float) -> None:
    assert quantile(BY_HAND, THREE, share)[0] == pytest.approx(year)
    # In single precision probabilities don't sum to one exactly.
    assert quantile(BY_HAND * 1.01, THREE, share)[0] == pytest.approx(year)


@pytest.mark.parametrize(("share", "year"), [(0.3, 2000.1), (0.5, 2000.5), (0.75, 2002)])
def test_quantile_passes_over_years_without_probability(share: float, year: float) -> None:
    assert quantile(np.array([[0, 0.5, 0, 0.5, 0]]), np.arange(1999, 2004), share)[0] == (
        pytest.approx(year)
    )


def test_likeliest_decade_need_not_contain_the_likeliest_year() -> None:
    years = np.arange(1988, 2002)
    probabilities = np.zeros((2, len(years)))
    probabilities[0, [1, 2, 11, 12]] = 0.35, 0.2, 0.2, 0.25  # 1989, 1990, 1999, 2000
    probabilities[1, [0, 1, 13]] = 0.3, 0.3, 0.4
    decades, probability = likeliest_decade(probabilities, years)
    assert list(decades) == [1990, 1980]
    np.testing.assert_allclose(probability, [0.4, 0.6])
