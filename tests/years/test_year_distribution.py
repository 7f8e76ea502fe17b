"""What is made from known years, and what is read off a probability for every year."""

import numpy as np
import pandas as pd
import pytest

from posters.years.year_distribution import (
    Probabilities,
    certain,
    likeliest_decade,
    mean,
    median,
    quantile,
    smoothed,
)

YEARS = np.arange(1888, 2017)
THREE = np.arange(2000, 2003)
BY_HAND = np.array([[0.2, 0.3, 0.5]])


def random_distributions(count: int = 200) -> Probabilities:
    """Flat ones, peaked ones, and ones of which most years are as good as impossible."""
    generator = np.random.default_rng(0)
    kinds = [
        generator.dirichlet(np.full(len(YEARS), strength), count)
        for strength in (10.0, 1.0, 0.1, 0.01)
    ]
    return np.concatenate(kinds)


def test_a_bell_is_the_one_computed_by_hand() -> None:
    near, far = np.exp(-1 / 8), np.exp(-4 / 8)
    np.testing.assert_allclose(
        smoothed(np.array([2001, 2000]), THREE, 2.0),
        [
            np.array([near, 1, near]) / (1 + 2 * near),
            np.array([1, near, far]) / (1 + near + far),
        ],
    )


@pytest.mark.parametrize("width", [0.5, 3.0, 30.0])
def test_bells_sum_to_one_and_peak_at_their_year_also_at_the_ends(width: float) -> None:
    bells = smoothed(YEARS, YEARS, width)
    np.testing.assert_allclose(bells.sum(axis=1), 1)
    np.testing.assert_array_equal(YEARS[bells.argmax(axis=1)], YEARS)


def test_a_bell_is_as_wide_as_asked_for() -> None:
    bell = smoothed(np.array([1950]), YEARS, 6.0)[0]
    assert np.sqrt(bell @ (YEARS - 1950) ** 2) == pytest.approx(6, abs=0.01)


def test_a_certain_answer_is_shared_by_the_two_years_it_lies_between() -> None:
    answers = np.array([2000.25, 2001.0, 2002.0])
    np.testing.assert_allclose(
        certain(answers, THREE), [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 1]], atol=1e-12
    )


def test_a_certain_answer_outside_the_years_counts_as_the_first_or_the_last() -> None:
    answers = np.array([-5.0, 1999.9, 2002.1, 1e9])
    np.testing.assert_array_equal(
        certain(answers, THREE), [[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    )


def test_what_is_read_off_a_certain_answer_is_that_answer() -> None:
    answers = np.random.default_rng(1).uniform(YEARS[0], YEARS[-1], 2000)
    probabilities = certain(answers, YEARS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(mean(probabilities, YEARS), answers, atol=1e-9)
    assert np.abs(median(probabilities, YEARS) - answers).max() < 0.1
    whole = certain(YEARS.astype(np.float64), YEARS)
    np.testing.assert_allclose(median(whole, YEARS), YEARS, atol=1e-9)


@pytest.mark.parametrize(
    ("share", "year"),
    [(0, 1999.5), (0.1, 2000), (0.2, 2000.5), (0.35, 2001), (0.5, 2001.5), (0.75, 2002)],
)
def test_a_quantile_runs_evenly_through_each_year(share: float, year: float) -> None:
    assert quantile(BY_HAND, THREE, share)[0] == pytest.approx(year)
    # Single precision does not sum to one exactly; only proportions count.
    assert quantile(BY_HAND * 1.01, THREE, share)[0] == pytest.approx(year)


def test_the_quantile_of_everything_is_the_end_of_the_last_possible_year() -> None:
    assert quantile(BY_HAND, THREE, 1)[0] == pytest.approx(2002.5)
    assert quantile(np.array([[0.2, 0.8, 0.0]]), THREE, 1)[0] == pytest.approx(2001.5)


def test_quantiles_rise_with_the_share() -> None:
    probabilities = random_distributions()
    quantiles = [quantile(probabilities, YEARS, share) for share in np.linspace(0, 1, 101)]
    assert (np.diff(quantiles, axis=0) >= 0).all()
    assert (quantiles[-1] > quantiles[0]).all()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
def test_up_to_a_quantile_lies_that_share_of_the_probability(share: float) -> None:
    probabilities = random_distributions()
    reached = quantile(probabilities, YEARS, share)
    of_each_year = (reached[:, None] - (YEARS - 0.5)).clip(0, 1)
    np.testing.assert_allclose((probabilities * of_each_year).sum(axis=1), share, atol=1e-9)


def test_the_median_has_the_least_expected_absolute_error() -> None:
    probabilities = random_distributions()
    said = median(probabilities, YEARS)
    errors = probabilities @ np.abs(YEARS[:, None] - YEARS)
    best = YEARS[errors.argmin(axis=1)]
    assert np.abs(said - best).max() <= 0.5 + 1e-9
    # Half a year aside it is no better, where a year lasts as long as a year.
    moments = np.linspace(YEARS[0] - 0.5, YEARS[-1] + 0.5, 20 * len(YEARS) + 1)[:-1] + 0.025
    of_moments = np.repeat(probabilities, 20, axis=1) / 20
    error, before, after = (
        (of_moments * np.abs(moments - answer[:, None])).sum(axis=1)
        for answer in (said, said - 0.5, said + 0.5)
    )
    assert (error <= np.minimum(before, after) + 1e-3).all()


def test_median_and_mean_lie_within_the_years() -> None:
    for answers in (YEARS[:1], YEARS[-1:]):
        probabilities = certain(answers.astype(np.float64), YEARS)
        assert median(probabilities, YEARS)[0] == answers[0]
        assert mean(probabilities, YEARS)[0] == answers[0]


def test_the_mean_is_the_expected_year() -> None:
    assert mean(BY_HAND, THREE)[0] == pytest.approx(2001.3)


def test_the_likeliest_decade_need_not_hold_the_likeliest_year() -> None:
    years = np.arange(1988, 2002)
    probabilities = np.zeros((2, len(years)))
    probabilities[0, [1, 2, 11, 12]] = 0.35, 0.2, 0.2, 0.25  # 1989, 1990, 1999, 2000
    probabilities[1, [0, 1, 13]] = 0.3, 0.3, 0.4
    decades, of_them = likeliest_decade(probabilities, years)
    assert list(decades) == [1990, 1980]
    np.testing.assert_allclose(of_them, [0.4, 0.6])


def test_the_likeliest_decade_is_the_one_that_pandas_finds() -> None:
    probabilities = random_distributions()
    decades, of_them = likeliest_decade(probabilities, YEARS)
    table = pd.DataFrame(probabilities.T).groupby(YEARS // 10 * 10).sum()
    np.testing.assert_array_equal(decades, table.idxmax())
    np.testing.assert_allclose(of_them, table.max())
