"""The check finds a leak of the origin, and no leak where only the years differ."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from parts import concatenate, part_of

from posters.evaluation.origin_check import check_origin
from posters.years.dataset import Part

SEEDS = range(12)


def posters(seed: int, rows: int = 600, *, leak: float = 0.0, year_signal: float = 0.0) -> Part:
    """Posters of 1960 to 1999, of which the older ones are mostly top-ups.

    The leak is the difference between the origins in one of 20 dimensions, in standard deviations;
    two other dimensions depend on the year.
    """
    generator = np.random.default_rng(seed)
    years = generator.integers(1960, 2000, rows)
    initial = generator.random(rows) >= (2005 - years) / 50
    vectors = generator.normal(0, 1, (rows, 20))
    vectors[:, 0] += leak * initial
    scaled = (years - 1980) / 12
    vectors[:, 1] += year_signal * scaled
    vectors[:, 2] += year_signal * scaled**2
    return part_of(years, initial=initial, vectors=vectors.astype(np.float32))


def checked(part: Part, seed: int = 0) -> SimpleNamespace:
    return SimpleNamespace(**check_origin(part, seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("year_signal", "rows"),
    [
        pytest.param(0, 600, id="uninformative"),
        pytest.param(3, 600, id="informative about the year"),
        # A model that is tested on many rows of one origin was trained on few of them; scores that
        # are compared across folds would then give an AUC below 0.5.
        pytest.param(0, 150, id="few rows"),
    ],
)
def test_features_without_leak_are_within_the_limits_of_chance(
    year_signal: float, rows: int
) -> None:
    parts = [posters(seed, rows, year_signal=year_signal) for seed in SEEDS]
    checks = [checked(part, seed) for seed, part in enumerate(parts)]
    within = np.mean([found.chance_low <= found.auc <= found.chance_high for found in checks])
    assert np.mean([found.auc for found in checks]) == pytest.approx(
        0.5, abs=0.025 if rows == 600 else 0.06
    )
    # With 95% limits, fewer than 10 of 12 are within them in 1 of 50 cases.
    assert within >= 10 / 12


def test_leak_is_found_and_a_stronger_one_has_a_higher_auc() -> None:
    for seed in range(3):
        found = checked(posters(seed, leak=1.5, year_signal=3), seed)
        assert found.auc > max(0.7, found.chance_high + 0.1)
    aucs = [checked(posters(1, leak=leak)).auc for leak in (0, 1, 2, 4)]
    assert aucs == sorted(aucs)
    assert aucs[-1] > 0.95


def test_groups_are_not_split_between_folds() -> None:
    # All posters of a title are similar and have the same origin.
    generator = np.random.default_rng(3)
    titles = np.repeat(np.arange(60), 10)
    initial = (generator.random(60) < 0.5)[titles]
    vectors = generator.normal(0, 5, (60, 20))[titles] + generator.normal(0, 0.1, (600, 20))
    years = generator.integers(1960, 2000, 600)
    vectors = vectors.astype(np.float32)
    by_poster = part_of(years, initial=initial, vectors=vectors)
    by_title = part_of(
        years, initial=initial, vectors=vectors, groups=[f"title {title}" for title in titles]
    )
    assert checked(by_poster).auc > 0.65
    assert checked(by_title).auc < 0.6


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part_of(range(1900, 2000)), id="no top-ups"),
        pytest.param(part_of([1950] * 40, initial=[True, False] * 20), id="one year with both"),
        pytest.param(part_of([]), id="no posters"),
    ],
)
def test_too_few_years_with_both_origins_give_no_result(part: Part) -> None:
    assert check_origin(part, seed=0) == {}


def test_years_with_one_origin_alone_are_ignored() -> None:
    part = posters(6, 300, leak=1)
    topups = part_of([1900] * 50, initial=False, vectors=part.vectors[:50] + 100)
    both = concatenate(part, topups)
    both = replace(both, movies=both.movies.assign(group=part_of(both.years).movies["group"].array))
    assert checked(both) == checked(part)
