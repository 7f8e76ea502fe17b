"""The numbers are those of the textbooks, and their limits what chance allows."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import part_of, random_years
from sklearn import metrics as sklearn_metrics

from posters.evaluation.baselines import Baselines, fit_baselines
from posters.evaluation.metrics import (
    ERAS,
    bootstrap,
    by_decade,
    chance_limits,
    report,
    year_metrics,
)
from posters.years.dataset import Part
from posters.years.year_model import YearPredictions

KEYS = [
    *("n", "mae", "rmse", "r2", "median_ae", "within_5", "within_10", "within_20"),
    *("macro_mae", "bias", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior"),
    *("coverage", "coverage_before_1930", "coverage_1930_to_1959", "coverage_1960_to_1989"),
    *("coverage_from_1990", "interval_width", "constant_mae", "best_constant_mae"),
    *("ridge_mae", "knn_mae", "svr_mae", "colour_mae", "skill"),
]
TRUE = np.array([1931, 1938, 1950, 1955, 2001])
PREDICTED = np.array([1936.0, 1928.0, 1950.0, 1976.0, 1995.0])  # errors 5, -10, 0, 21, -6


def guesses(seed: int, rows: int = 400) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Years, and what is guessed of them."""
    true = random_years(seed, rows)
    return true, true + np.random.default_rng(seed + 100).normal(3, 15, rows)


def dates_of(year: Any, low: Any = None, high: Any = None) -> YearPredictions:
    """What is said of posters: years, and intervals of 10 years to each side unless given."""
    year = np.asarray(year, dtype=np.float64)
    low = np.rint(year - 10) if low is None else np.asarray(low)
    high = np.rint(year + 10) if high is None else np.asarray(high)
    nothing = np.zeros((len(year), 0))
    decade = np.rint(year).astype(np.int64) // 10 * 10
    return YearPredictions(
        nothing, year, low.astype(np.int64), high.astype(np.int64), decade, np.ones(len(year))
    )


def reported(
    part: Part, year: Any, baselines: Baselines, test: str = "natural", seed: int = 0
) -> dict[str, float]:
    """The report of a test of which the same is said under each prior."""
    said = dates_of(year)
    return report(part, {"natural": said, "uniform": said}, baselines, test, seed=seed)


def constants(constant: float, natural: float = 0, uniform: float = 0) -> Baselines:
    """Baselines that only guess."""
    return Baselines(constant, natural, uniform, {}, {})


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return fit_baselines(part_of(random_years(0, 200)), part_of(random_years(1, 60), seed=1))


@pytest.mark.parametrize("seed", range(3))
def test_errors_agree_with_scikit_learn(seed: int) -> None:
    true, predicted = guesses(seed)
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


def test_right_years_have_no_error() -> None:
    found = year_metrics(TRUE, TRUE.astype(float))
    assert found["mae"] == found["rmse"] == found["macro_mae"] == found["bias"] == 0
    assert found["r2"] == found["within_5"] == 1


def test_r2_is_zero_where_all_true_years_are_the_same() -> None:
    assert year_metrics(np.full(3, 1950), np.array([1940.0, 1950.0, 1960.0]))["r2"] == 0


# The limits of a mean.


def of_their_own(values: NDArray[np.float64]) -> list[str]:
    """A group for each value."""
    return [f"group {number}" for number in range(len(values))]


def errors(seed: int, rows: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).exponential(10, rows)


@pytest.mark.parametrize("rows", [2, 5, 50, 500])
@pytest.mark.parametrize("seed", range(3))
def test_the_limits_of_a_mean_lie_around_it(rows: int, seed: int) -> None:
    values = errors(seed, rows)
    low, high = bootstrap(values, of_their_own(values), seed=seed)
    assert values.min() <= low < values.mean() < high <= values.max()


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_the_limits_are_the_normal_ones_where_many_values_are_independent(
    seed: int, level: float
) -> None:
    values = errors(seed, 2000)
    low, high = bootstrap(values, of_their_own(values), seed=seed, level=level)
    deviations = {0.8: 1.2816, 0.95: 1.96}[level]
    half = deviations * values.std() / np.sqrt(len(values))
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=0.1 * half)


def test_the_limits_are_wider_where_what_stands_in_a_group_is_alike() -> None:
    values = np.repeat(errors(0, 100), 4)
    clustered = [f"group {number // 4}" for number in range(400)]
    low, high = bootstrap(values, clustered, seed=0)
    narrow_low, narrow_high = bootstrap(values, of_their_own(values), seed=0)
    # Four that are the same say as much as one: the limits are those of 100 values, not of 400.
    assert (high - low) / (narrow_high - narrow_low) == pytest.approx(2, rel=0.1)


def test_groups_of_different_sizes_are_drawn_whole() -> None:
    values = np.array([0.0] * 9 + [10.0])
    low, high = bootstrap(values, ["many"] * 9 + ["one"], seed=0)
    # Both draws are of the many, or both of the one: each a quarter of the time.
    assert (low, high) == (0, 10)


def test_one_group_alone_has_its_mean_for_limits() -> None:
    values = errors(0, 20)
    assert bootstrap(values, ["one"] * 20, seed=0) == pytest.approx((values.mean(), values.mean()))


def test_the_same_seed_gives_the_same_limits_and_another_nearly_the_same() -> None:
    values = errors(0, 300)
    limits = bootstrap(values, of_their_own(values), seed=3)
    assert bootstrap(values, of_their_own(values), seed=3) == limits
    other = bootstrap(values, of_their_own(values), seed=4)
    assert other != limits
    assert other == pytest.approx(limits, rel=0.05)


def test_the_order_of_the_rows_does_not_change_the_limits() -> None:
    values = errors(0, 300)
    groups = [f"group {number // 3}" for number in range(300)]
    order = np.random.default_rng(0).permutation(300)
    shuffled = bootstrap(values[order], [groups[row] for row in order], seed=3)
    assert shuffled == pytest.approx(bootstrap(values, groups, seed=3), rel=1e-12)


def test_the_limits_of_many_samples_hold_the_true_mean_as_often_as_they_say() -> None:
    held = 0
    for seed in range(200):
        # 60 groups of three, which share most of their error.
        shared = np.random.default_rng(seed).normal(10, 3, 60)
        values = np.repeat(shared, 3) + np.random.default_rng(seed + 500).normal(0, 1, 180)
        low, high = bootstrap(values, [f"group {n // 3}" for n in range(180)], seed=seed)
        held += low <= 10 <= high
    assert 0.91 <= held / 200 <= 0.985


# The report.


@pytest.mark.parametrize("test", ["natural", "balanced"])
def test_a_report_has_exactly_its_keys(baselines: Baselines, test: str) -> None:
    true, predicted = guesses(1)
    assert list(reported(part_of(true), predicted, baselines, test)) == KEYS


def test_a_report_holds_the_metrics_of_the_years_to_4_digits() -> None:
    true, predicted = guesses(1)
    full = reported(part_of(true), predicted, constants(1950))
    expected = {key: round(value, 4) for key, value in year_metrics(true, predicted).items()}
    assert {key: full[key] for key in expected} == expected
    assert isinstance(full["n"], int)


@pytest.mark.parametrize(("test", "prior"), [("natural", "natural"), ("balanced", "uniform")])
def test_each_test_is_asked_under_its_own_prior(test: str, prior: str) -> None:
    said = {
        "natural": dates_of(TRUE + 1.0, TRUE - 2, TRUE + 2),
        "uniform": dates_of(TRUE + 3.0, TRUE + 1, TRUE + 4),
    }
    full = report(part_of(TRUE), said, constants(1950), test, seed=0)
    assert full["mae"] == full[f"mae_{prior}_prior"]
    assert (full["mae_natural_prior"], full["mae_uniform_prior"]) == (1, 3)
    own = {"natural": (1, 4), "uniform": (0, 3)}[prior]
    assert (full["coverage"], full["interval_width"]) == own


def test_the_error_stands_between_its_limits_which_are_those_of_the_groups() -> None:
    true, predicted = guesses(1)
    groups = [f"group {number // 4}" for number in range(len(true))]
    full = reported(part_of(true, groups=groups), predicted, constants(1950), seed=5)
    limits = bootstrap(np.abs(predicted - true), groups, seed=5)
    assert (full["mae_low"], full["mae_high"]) == pytest.approx(limits, abs=1e-4)
    assert full["mae_low"] < full["mae"] < full["mae_high"]


def test_every_year_is_of_one_era() -> None:
    for year in range(1870, 2101):
        assert sum(year in era for era in ERAS.values()) == 1


def test_coverage_is_counted_by_era_with_the_ends_of_an_interval_in_it() -> None:
    true = np.array([1900, 1929, 1930, 1959, 1960, 1989, 1989, 1990, 2016])
    low = np.array([1901, 1929, 1931, 1900, 1950, 1970, 1989, 1980, 2016])
    high = np.array([1910, 1940, 1940, 1958, 1960, 1988, 1989, 2000, 2016])
    said = dates_of(true, low, high)
    full = report(
        part_of(true), {"natural": said, "uniform": said}, constants(1950), "natural", seed=0
    )
    found = {key: full[key] for key in full if key.startswith("coverage")}
    assert found == {
        "coverage": round(5 / 9, 4),
        "coverage_before_1930": 0.5,
        "coverage_1930_to_1959": 0,
        "coverage_1960_to_1989": round(2 / 3, 4),
        "coverage_from_1990": 1,
    }
    assert full["interval_width"] == pytest.approx((high - low).mean(), abs=1e-4)


def test_an_era_without_posters_is_left_out() -> None:
    full = reported(part_of([1950, 2001]), [1950, 2001], constants(1950))
    eras = [key for key in full if key.startswith("coverage_")]
    assert eras == ["coverage_1930_to_1959", "coverage_from_1990"]


@pytest.mark.parametrize(("test", "informed"), [("natural", 2005), ("balanced", 1950)])
def test_each_test_is_held_against_the_constant_that_knows_it(test: str, informed: int) -> None:
    years = np.array([1900] * 20 + [1930] * 30 + [1950] * 30 + [1980] * 5 + [2005] * 9)
    known = fit_baselines(
        part_of(years[::2], initial=years[::2] == 2005),
        part_of(years[1::2], initial=years[1::2] == 2005),
    )
    true, predicted = guesses(2)
    full = reported(part_of(true), predicted, known, test)
    assert full["constant_mae"] == pytest.approx(np.abs(true - 1930).mean(), abs=1e-4)
    assert full["best_constant_mae"] == pytest.approx(np.abs(true - informed).mean(), abs=1e-4)


def test_skill_is_the_share_of_the_constants_error_that_is_gone() -> None:
    true = np.array([1900, 1910, 1990, 2000])
    part = part_of(true)
    for predicted, skill in ((true * 1.0, 1), (np.full(4, 1950.0), 0), (2 * true - 1950.0, 0)):
        assert reported(part, predicted, constants(1950))["skill"] == skill
    assert reported(part, (true + 1950) / 2, constants(1950))["skill"] == 0.5


def test_skill_is_zero_where_the_constant_is_right_already() -> None:
    true = np.full(4, 1950)
    assert reported(part_of(true), true + 1.0, constants(1950))["skill"] == 0


def test_each_baseline_reports_the_error_of_its_own_predictions(baselines: Baselines) -> None:
    true, predicted = guesses(3)
    part = part_of(true, seed=5)
    full = reported(part, predicted, baselines)
    for name, model in baselines.models.items():
        expected = sklearn_metrics.mean_absolute_error(true, model(part))
        assert full[f"{name}_mae"] == pytest.approx(expected, abs=1e-4)
        assert full[f"{name}_mae"] < 0.5 * full["constant_mae"]


def test_a_report_on_one_test_does_not_change_the_next(baselines: Baselines) -> None:
    true, predicted = guesses(4)
    part = part_of(true)
    before = reported(part, predicted, baselines)
    strange = part_of(true, vectors=part.vectors * 100, colours=part.colours * 100)
    reported(strange, predicted - 50, baselines, "balanced")
    assert reported(part, predicted, baselines) == before


def test_few_training_rows_are_enough_for_every_number() -> None:
    true, predicted = guesses(6)
    full = reported(part_of(true), predicted, fit_baselines(part_of([1950]), part_of([1980])))
    assert all(np.isfinite(value) for value in full.values())


def test_chance_lets_nineteen_of_twenty_shares_lie_between_its_limits() -> None:
    counts = np.array([55, 410])
    low, high = chance_limits(0.8, counts)
    drawn = np.random.default_rng(0).binomial(counts, 0.8, (20_000, 2)) / counts
    assert ((low <= drawn) & (drawn <= high)).mean(axis=0) == pytest.approx(0.95, abs=0.02)


def test_chance_lets_no_share_lie_below_nothing_or_above_all() -> None:
    low, high = chance_limits(0.8, np.array([1, 4, 100]))
    assert list(low) == pytest.approx([0, 0.4, 0.72])
    assert list(high) == pytest.approx([1, 1, 0.88])


# By decade.


def test_decades_begin_with_their_round_year_and_come_oldest_first() -> None:
    true = np.array([2000, 1899, 1890, 1999, 1900])
    table = by_decade(part_of(true), dates_of(true + np.array([1.0, -2.0, 4.0, 3.0, 5.0])))
    assert table.index.tolist() == [1890, 1900, 1990, 2000]
    assert table.index.name == "decade"
    assert table["n"].tolist() == [2, 1, 1, 1]
    assert table["mae"].tolist() == [3, 5, 3, 1]
    assert table["bias"].tolist() == [1, 5, 3, 1]


def test_decades_say_how_wide_their_intervals_are_and_how_often_they_hold() -> None:
    true = np.array([1950, 1955, 1959, 1960])
    table = by_decade(
        part_of(true), dates_of(true, [1950, 1950, 1960, 1940], [1950, 1956, 1964, 1960])
    )
    assert list(table.columns) == ["n", "mae", "bias", "coverage", "width"]
    assert table["coverage"].tolist() == pytest.approx([2 / 3, 1])
    assert table["width"].tolist() == pytest.approx([10 / 3, 20])


def test_decades_weighed_by_their_posters_make_the_whole() -> None:
    true, predicted = guesses(7)
    part = part_of(true)
    table, full = by_decade(part, dates_of(predicted)), reported(part, predicted, constants(1950))
    assert table["n"].sum() == full["n"]
    for column, key in (("mae", "mae"), ("bias", "bias"), ("coverage", "coverage")):
        mean = np.average(table[column], weights=table["n"])
        assert mean == pytest.approx(full[key], abs=1e-4)
    assert table["mae"].mean() == pytest.approx(full["macro_mae"], abs=1e-4)
