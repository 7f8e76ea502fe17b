"""Metrics agree with their definitions, and confidence limits with what they promise."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import part_of, priors_of, random_years, year_predictions
from sklearn import metrics as sklearn_metrics

from posters.evaluation.baselines import Baselines, fit_baselines
from posters.evaluation.metrics import (
    ERAS,
    bootstrap,
    by_decade,
    chance_limits,
    metrics_of_test,
    year_metrics,
)
from posters.years.dataset import Part
from posters.years.intervals import NEAREST
from posters.years.year_distribution import smoothed
from posters.years.year_model import YearPredictions

KEYS = [
    *("n", "mae", "rmse", "r2", "median_ae", "within_5", "within_10", "within_20"),
    *("macro_mae", "bias", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior"),
    *("coverage", "coverage_before_1930", "n_before_1930", "coverage_1930_to_1959"),
    *("n_1930_to_1959", "coverage_1960_to_1989", "n_1960_to_1989", "coverage_from_1990"),
    *("n_from_1990", "interval_width", "calibration_error", "pit_distance", "uncertain"),
    *("certain_mae", "best_constant_mae"),
    *("ridge_mae", "knn_mae", "svr_mae", "logistic_mae", "colour_mae", "skill"),
]
YEARS = np.arange(1888, 2017)
TRUE = np.array([1931, 1938, 1950, 1955, 2001])
PREDICTED = np.array([1936.0, 1928.0, 1950.0, 1976.0, 1995.0])  # errors 5, -10, 0, 21, -6


def random_predictions(seed: int, rows: int = 400) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """True and predicted years."""
    true = random_years(seed, rows)
    return true, true + np.random.default_rng(seed + 100).normal(3, 15, rows)


def predictions_of(year: Any, low: Any = None, high: Any = None) -> YearPredictions:
    """Predictions with intervals of 10 years to each side unless given."""
    year = np.asarray(year, dtype=np.float64)
    low = np.rint(year - 10) if low is None else np.asarray(low)
    high = np.rint(year + 10) if high is None else np.asarray(high)
    probabilities = smoothed(np.rint(year).astype(np.int64), YEARS, 8.0)
    return year_predictions(probabilities, YEARS, year=year, low=low, high=high)


def metrics_with(
    part: Part, predictions: Any, baselines: Baselines, test: str = "natural", seed: int = 0
) -> dict[str, float]:
    """The metrics if the predictions under both priors are the same."""
    if not isinstance(predictions, YearPredictions):
        predictions = predictions_of(predictions)
    by_prior = {"natural": predictions, "uniform": predictions}
    return metrics_of_test(part, by_prior, baselines, test, seed=seed)


def constant(best: float) -> Baselines:
    """Baselines without models."""
    return Baselines(best, {}, {})


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    part = part_of(random_years(0, 260))
    return fit_baselines(part, priors_of(part))["natural"]


def test_errors_agree_with_scikit_learn() -> None:
    true, predicted = random_predictions(0)
    found = year_metrics(true, predicted)
    expected = {
        "n": len(true),
        "mae": sklearn_metrics.mean_absolute_error(true, predicted),
        "rmse": sklearn_metrics.root_mean_squared_error(true, predicted),
        "r2": sklearn_metrics.r2_score(true, predicted),
        "median_ae": sklearn_metrics.median_absolute_error(true, predicted),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_shares_bias_and_macro_mae_are_those_computed_by_hand() -> None:
    found = year_metrics(TRUE, PREDICTED)
    assert [found[f"within_{years}"] for years in (5, 10, 20)] == [0.4, 0.8, 0.8]
    assert found["bias"] == pytest.approx((5 - 10 + 0 + 21 - 6) / 5)
    thirties, fifties, aughts = (5 + 10) / 2, (0 + 21) / 2, 6
    assert found["macro_mae"] == pytest.approx((thirties + fifties + aughts) / 3)
    assert year_metrics(np.full(5, 1950), PREDICTED)["r2"] == 0


# Confidence limits.


def test_groups_are_resampled_as_a_whole() -> None:
    values = np.array([0.0] * 9 + [10.0])
    # A quarter of the resamples has the first group alone, another quarter the second alone.
    assert bootstrap(values, ["many"] * 9 + ["one"], seed=0) == (0, 10)
    assert bootstrap(values, ["one"] * 10, seed=0) == pytest.approx((1, 1))


def test_limits_contain_the_true_mean_in_95_percent_of_samples() -> None:
    contained = 0
    for seed in range(200):
        # 60 groups of three values, which have most of their error in common.
        common = np.random.default_rng(seed).normal(10, 3, 60)
        values = np.repeat(common, 3) + np.random.default_rng(seed + 500).normal(0, 1, 180)
        low, high = bootstrap(values, [f"group {n // 3}" for n in range(180)], seed=seed)
        contained += low <= 10 <= high
    assert 0.91 <= contained / 200 <= 0.985


def test_value_with_weight_counts_as_often_as_its_weight() -> None:
    generator = np.random.default_rng(0)
    values, weights = generator.normal(10, 3, 50), generator.integers(0, 4, 50)
    weights[::2] += 1  # so that no group is lost
    groups = np.array([f"group {number // 2:02}" for number in range(50)])
    limits = bootstrap(values, list(groups), seed=0, weights=weights.astype(np.float64))
    repeated = np.repeat(np.arange(50), weights)
    assert 0 in weights
    assert limits == pytest.approx(bootstrap(values[repeated], list(groups[repeated]), seed=0))


# The metrics of a test.


@pytest.mark.parametrize("test", ["natural", "balanced"])
def test_metrics_have_exactly_their_keys_and_4_digits(baselines: Baselines, test: str) -> None:
    true, predicted = random_predictions(1)
    found = metrics_with(part_of(true), predicted, baselines, test)
    assert list(found) == KEYS
    expected = {key: round(value, 4) for key, value in year_metrics(true, predicted).items()}
    assert {key: found[key] for key in expected} == expected
    assert isinstance(found["n"], int)


@pytest.mark.parametrize(
    ("test", "prior", "own"), [("natural", "natural", (1, 4)), ("balanced", "uniform", (0, 3))]
)
def test_each_test_uses_its_own_prior(test: str, prior: str, own: tuple[float, float]) -> None:
    by_prior = {
        "natural": predictions_of(TRUE + 1.0, TRUE - 2, TRUE + 2),
        "uniform": predictions_of(TRUE + 3.0, TRUE + 1, TRUE + 4),
    }
    found = metrics_of_test(part_of(TRUE), by_prior, constant(1950), test, seed=0)
    assert found["mae"] == found[f"mae_{prior}_prior"]
    assert (found["mae_natural_prior"], found["mae_uniform_prior"]) == (1, 3)
    assert (found["coverage"], found["interval_width"]) == own


def test_limits_of_the_mae_are_those_of_the_groups() -> None:
    true, predicted = random_predictions(1)
    groups = [f"group {number // 4}" for number in range(len(true))]
    found = metrics_with(part_of(true, groups=groups), predicted, constant(1950), seed=5)
    limits = bootstrap(np.abs(predicted - true), groups, seed=5)
    assert (found["mae_low"], found["mae_high"]) == pytest.approx(limits, abs=1e-4)


def test_coverage_is_counted_by_era_and_includes_the_ends_of_an_interval() -> None:
    assert all(sum(year in era for era in ERAS.values()) == 1 for year in range(1870, 2101))
    true = np.array([1900, 1929, 1930, 1959, 1960, 1989, 1989, 1990, 2016])
    low = np.array([1901, 1929, 1931, 1900, 1950, 1970, 1989, 1980, 2016])
    high = np.array([1910, 1940, 1940, 1958, 1960, 1988, 1989, 2000, 2016])
    full = metrics_with(part_of(true), predictions_of(true, low, high), constant(1950))
    assert {key: full[key] for key in full if key.startswith("coverage")} == {
        "coverage": round(5 / 9, 4),
        "coverage_before_1930": 0.5,
        "coverage_1930_to_1959": 0,
        "coverage_1960_to_1989": round(2 / 3, 4),
        "coverage_from_1990": 1,
    }
    assert full["interval_width"] == pytest.approx((high - low).mean(), abs=1e-4)


def test_skill_compares_with_the_best_constant() -> None:
    true = np.array([1900, 1910, 1990, 2000])
    for predicted, skill in (
        (true * 1.0, 1),
        ((true + 1950) / 2, 0.5),
        (np.full(4, 1950.0), 0),
    ):
        found = metrics_with(part_of(true), predicted, constant(1950))
        assert (found["skill"], found["best_constant_mae"]) == (skill, 45)
    # It is zero if the constant is always right.
    assert metrics_with(part_of([1950] * 4), np.full(4, 1951.0), constant(1950))["skill"] == 0


def test_each_baseline_has_the_error_of_its_own_predictions(baselines: Baselines) -> None:
    true, predicted = random_predictions(3)
    part = part_of(true, seed=5)
    full = metrics_with(part, predicted, baselines)
    for name, model in baselines.models.items():
        expected = sklearn_metrics.mean_absolute_error(true, model(part))
        assert full[f"{name}_mae"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("count", [55, 410])
@pytest.mark.parametrize("rows", [None, 2 * NEAREST])
def test_chance_limits_contain_95_percent_of_coverages(rows: int | None, count: int) -> None:
    """With calibration rows, the thresholds depend on chance too."""
    generator = np.random.default_rng(0)
    scores = np.sort(generator.random((20_000, NEAREST)), axis=1)
    coverage = scores[:, int(np.ceil(0.8 * (NEAREST + 1))) - 1] if rows else np.full(20_000, 0.8)
    samples = generator.binomial(count, coverage) / count
    low, high = chance_limits(0.8, np.array([count]), calibration_rows=rows)
    assert ((low <= samples) & (samples <= high)).mean() == pytest.approx(0.95, abs=0.02)


# By decade.


def test_decades_are_in_order_with_their_own_means() -> None:
    true = np.array([2000, 1899, 1890, 1999, 1900])
    low = true + np.array([-1, -9, 4, -2, -5])
    table = by_decade(true, true + np.array([1.0, -2.0, 4.0, 3.0, 5.0]), low, true + 5)
    assert table.index.tolist() == [1890, 1900, 1990, 2000]
    assert table.index.name == "decade"
    assert {name: table[name].tolist() for name in table} == {
        "n": [2, 1, 1, 1],
        "mae": [3, 5, 3, 1],
        "bias": [1, 5, 3, 1],
        "coverage": [0.5, 1, 1, 1],
        "width": [7.5, 10, 7, 6],
    }
