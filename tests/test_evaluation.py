"""The numbers are those of the textbooks, and the baselines know nothing of the test."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from posters.evaluation import Baselines, decade_errors, fit_baselines, report, year_metrics

KEYS = [
    *("n", "mae", "rmse", "r2", "median_ae", "within_5", "within_10", "within_20"),
    *("macro_mae", "bias", "constant_mae", "informed_constant_mae", "ridge_mae", "knn_mae"),
    "skill",
]
TRUE = np.array([1931, 1938, 1950, 1955, 2001])
PREDICTED = np.array([1936.0, 1928.0, 1950.0, 1976.0, 1995.0])  # errors 5, -10, 0, 21, -6


def random_years(seed: int, rows: int = 400) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    true = generator.integers(1888, 2017, rows)
    return true, true + generator.normal(3, 15, rows)


def vectors_of(years: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
    """Vectors that tell the year, with noise, shape (n, 8)."""
    generator = np.random.default_rng(seed)
    angle = (years - 1888) / 129 * 3
    signal = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    noise = generator.normal(0, 0.1, (len(years), 6))
    return np.hstack([signal, noise]).astype(np.float32) + 1


def fitted(years: Any, initial: Any = None) -> Baselines:
    """Baselines of training rows of these years, all of them of the initial catalogue or not."""
    years = np.asarray(years)
    initial = np.ones(len(years), bool) if initial is None else np.asarray(initial)
    validation = np.arange(1890, 2016, 5)
    return fit_baselines(
        vectors_of(years), years, initial, vectors_of(validation, seed=1), validation
    )


def fitted_on_random_years(rows: int = 300) -> Baselines:
    return fitted(random_years(0, rows)[0])


@pytest.mark.parametrize("seed", range(3))
def test_errors_agree_with_scikit_learn(seed: int) -> None:
    true, predicted = random_years(seed)
    found = year_metrics(true, predicted)
    expected = {
        "n": len(true),
        "mae": sklearn_metrics.mean_absolute_error(true, predicted),
        "rmse": sklearn_metrics.root_mean_squared_error(true, predicted),
        "r2": sklearn_metrics.r2_score(true, predicted),
        "median_ae": sklearn_metrics.median_absolute_error(true, predicted),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_shares_within_so_many_years_count_the_limit_itself() -> None:
    found = year_metrics(TRUE, PREDICTED)
    assert [found[f"within_{years}"] for years in (5, 10, 20)] == [0.4, 0.8, 0.8]


def test_bias_is_positive_when_years_are_guessed_too_late() -> None:
    assert year_metrics(TRUE, PREDICTED)["bias"] == pytest.approx((5 - 10 + 0 + 21 - 6) / 5)
    assert year_metrics(TRUE, TRUE + 4.0)["bias"] == 4


def test_macro_mae_counts_every_decade_once_however_many_posters_it_has() -> None:
    thirties, fifties, aughts = (5 + 10) / 2, (0 + 21) / 2, 6
    found = year_metrics(TRUE, PREDICTED)
    assert found["macro_mae"] == pytest.approx((thirties + fifties + aughts) / 3)
    assert found["mae"] == pytest.approx((5 + 10 + 0 + 21 + 6) / 5)


def test_decades_begin_with_their_round_year_and_come_oldest_first() -> None:
    true = np.array([2000, 1899, 1890, 1999, 1900])
    table = decade_errors(true, true + np.array([1.0, -2.0, 4.0, 3.0, 5.0]))
    assert table.index.tolist() == [1890, 1900, 1990, 2000]
    assert table["n"].tolist() == [2, 1, 1, 1]
    assert table["mae"].tolist() == [3, 5, 3, 1]
    assert table["bias"].tolist() == [1, 5, 3, 1]


def test_right_years_have_no_error() -> None:
    found = year_metrics(TRUE, TRUE.astype(float))
    assert found["mae"] == found["rmse"] == found["macro_mae"] == found["bias"] == 0
    assert found["r2"] == found["within_5"] == 1


def test_r2_is_zero_where_all_true_years_are_the_same() -> None:
    assert year_metrics(np.full(3, 1950), np.array([1940.0, 1950.0, 1960.0]))["r2"] == 0


@pytest.mark.parametrize("test", ["natural", "balanced"])
def test_a_report_has_exactly_its_keys(test: str) -> None:
    true, predicted = random_years(1)
    assert list(report(vectors_of(true), true, predicted, fitted_on_random_years(), test)) == KEYS


def test_a_report_holds_the_metrics_of_the_years_to_4_digits() -> None:
    true, predicted = random_years(1)
    full = report(vectors_of(true), true, predicted, fitted_on_random_years(), "natural")
    expected = {key: round(value, 4) for key, value in year_metrics(true, predicted).items()}
    assert {key: full[key] for key in expected} == expected


def test_the_constant_is_the_median_of_all_training_years() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    assert fitted(years, [False, False, False, True, True, True]).constant == 1995


def test_the_natural_constant_is_the_median_of_the_initial_catalogue() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    assert fitted(years, [False, False, False, True, True, True]).natural_constant == 2001


def test_the_natural_constant_falls_back_on_all_rows() -> None:
    assert fitted([1920, 1930, 1990], [False, False, False]).natural_constant == 1930


def test_the_uniform_constant_counts_every_year_once() -> None:
    baselines = fitted([1900] + [1950] * 2 + [2010] * 50)
    assert baselines.uniform_constant == 1950
    assert baselines.constant == 2010


@pytest.mark.parametrize(("test", "informed"), [("natural", 2005), ("balanced", 1950)])
def test_each_test_is_held_against_the_constant_that_knows_it(test: str, informed: int) -> None:
    years = [1900] * 20 + [1930] * 30 + [1950] * 30 + [1980] * 5 + [2005] * 9
    initial = np.array(years) == 2005
    true, predicted = random_years(2)
    full = report(vectors_of(true), true, predicted, fitted(years, initial), test)
    assert full["constant_mae"] == pytest.approx(np.abs(true - 1930).mean(), abs=1e-4)
    assert full["informed_constant_mae"] == pytest.approx(np.abs(true - informed).mean(), abs=1e-4)


def test_skill_is_the_share_of_the_constants_error_that_is_gone() -> None:
    true = np.array([1900, 1910, 1990, 2000])
    baselines = fitted([1940, 1950, 1960])
    for predicted, skill in ((true * 1.0, 1), (np.full(4, 1950.0), 0), (2 * true - 1950.0, 0)):
        assert report(vectors_of(true), true, predicted, baselines, "natural")["skill"] == skill
    halfway = (true + 1950) / 2
    assert report(vectors_of(true), true, halfway, baselines, "natural")["skill"] == 0.5


def test_skill_is_zero_where_the_constant_is_right_already() -> None:
    true = np.full(4, 1950)
    found = report(vectors_of(true), true, true + 1.0, fitted([1940, 1950, 1960]), "natural")
    assert found["skill"] == 0


def test_ridge_and_knn_beat_the_constant_where_vectors_tell_the_year() -> None:
    true, predicted = random_years(3)
    full = report(vectors_of(true, 5), true, predicted, fitted_on_random_years(), "natural")
    assert full["ridge_mae"] < 0.5 * full["constant_mae"]
    assert full["knn_mae"] < 0.5 * full["constant_mae"]


def test_ridge_and_knn_report_the_error_of_their_own_predictions() -> None:
    true, predicted = random_years(3)
    baselines, rows = fitted_on_random_years(), vectors_of(random_years(3)[0], 5)
    full = report(rows, true, predicted, baselines, "natural")
    for name, model in (("ridge_mae", baselines.ridge), ("knn_mae", baselines.knn)):
        expected = sklearn_metrics.mean_absolute_error(true, model(rows))
        assert full[name] == pytest.approx(expected, abs=1e-4)


def test_what_a_baseline_says_of_a_poster_does_not_depend_on_the_other_posters() -> None:
    baselines, rows = fitted_on_random_years(), vectors_of(random_years(4)[0], 6)
    before = [model(rows[:5]) for model in (baselines.ridge, baselines.knn)]
    report(rows * 50 + 9, *random_years(5), baselines, "natural")
    strange = np.vstack([rows[:5], rows[5:] * 50 + 9])
    after = [model(strange)[:5] for model in (baselines.ridge, baselines.knn)]
    np.testing.assert_allclose(after, before, rtol=1e-9)


def test_a_report_on_one_test_does_not_change_the_next() -> None:
    baselines = fitted_on_random_years()
    true, predicted = random_years(4)
    before = report(vectors_of(true), true, predicted, baselines, "natural")
    report(vectors_of(true, 9) * 100, true, predicted - 50, baselines, "balanced")
    assert report(vectors_of(true), true, predicted, baselines, "natural") == before


def test_few_training_rows_are_enough_for_every_baseline() -> None:
    true, predicted = random_years(6)
    full = report(vectors_of(true), true, predicted, fitted([1950, 1980]), "natural")
    assert all(np.isfinite(value) for value in full.values())
