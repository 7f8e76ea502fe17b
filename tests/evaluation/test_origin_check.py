"""Origins are told apart where pixels tell them, and not where only years do."""

from dataclasses import replace

import numpy as np
import pytest
from parts import part_of

from posters.evaluation.origin_check import OriginCheck, check_origin
from posters.years.dataset import Part

SEEDS = range(12)


def posters(seed: int, rows: int = 600, *, leak: float = 0.0, tells_year: float = 0.0) -> Part:
    """Posters of 1960 to 1999, of which the older ones are mostly top-ups.

    Args:
        seed: of the posters.
        rows: how many there are.
        leak: how far apart the origins are in one of 20 dimensions, in standard deviations.
        tells_year: how much two other dimensions tell about the year.
    """
    generator = np.random.default_rng(seed)
    years = generator.integers(1960, 2000, rows)
    initial = generator.random(rows) >= (2005 - years) / 50
    vectors = generator.normal(0, 1, (rows, 20))
    vectors[:, 0] += leak * initial
    since = (years - 1980) / 12
    vectors[:, 1] += tells_year * since
    vectors[:, 2] += tells_year * since**2
    return part_of(years, initial=initial, vectors=vectors.astype(np.float32))


def checked(part: Part, seed: int = 0) -> OriginCheck:
    found = check_origin(part, seed=seed)
    assert found is not None
    return found


def within_chance(found: OriginCheck) -> bool:
    return found.chance_low <= found.auc <= found.chance_high


def told_apart(checks: list[OriginCheck]) -> tuple[float, float]:
    """The mean AUC, and the share of checks that lie within what chance allows."""
    return (
        float(np.mean([found.auc for found in checks])),
        float(np.mean([within_chance(found) for found in checks])),
    )


def test_blind_features_are_within_chance_as_often_as_its_limits_say() -> None:
    mean, within = told_apart([checked(posters(seed), seed) for seed in SEEDS])
    assert mean == pytest.approx(0.5, abs=0.025)
    # Of 12 checks with 95% limits fewer than 10 hold in 1 of 50 cases.
    assert within >= 10 / 12


def test_few_posters_are_not_taken_for_the_opposite_of_a_leak() -> None:
    # Who holds out a fold with many of one origin has fitted on few of it: compared across folds,
    # blind guessing would look worse than blind.
    mean, within = told_apart([checked(posters(seed, 150), seed) for seed in range(20)])
    assert mean == pytest.approx(0.5, abs=0.06)
    assert within >= 17 / 20


def test_a_feature_that_tells_the_year_alone_is_no_leak_though_topups_are_older() -> None:
    parts = [posters(seed, tells_year=3) for seed in SEEDS]
    older = [
        part.years[~part.initial].mean() < part.years[part.initial].mean() - 5 for part in parts
    ]
    assert all(older)
    mean, within = told_apart([checked(part, seed) for seed, part in enumerate(parts)])
    assert mean == pytest.approx(0.5, abs=0.025)
    assert within >= 10 / 12


def test_a_feature_that_leaks_the_origin_is_found_in_every_catalogue() -> None:
    for seed in range(5):
        found = checked(posters(seed, leak=1.5, tells_year=3), seed)
        assert found.auc > 0.7
        assert found.auc > found.chance_high + 0.1


def test_the_stronger_a_leak_the_better_origins_are_told_apart() -> None:
    found = [checked(posters(1, leak=leak)).auc for leak in (0, 1, 2, 4)]
    assert found == sorted(found)
    assert found[-1] > 0.95


def test_what_chance_allows_lies_around_blind_guessing_and_closer_with_more_posters() -> None:
    few, many = checked(posters(2, 200)), checked(posters(2, 2000))
    for found in (few, many):
        assert found.chance_low + found.chance_high == pytest.approx(1)
        assert 0 < found.chance_low < 0.5
    assert many.chance_high < few.chance_high
    assert many.pairs > few.pairs


def test_a_leak_in_groups_that_were_seen_is_not_a_leak() -> None:
    # All posters of a title look alike, and are of one origin: who knew the title knew the origin.
    generator = np.random.default_rng(3)
    titles = np.repeat(np.arange(60), 10)
    looks = generator.normal(0, 5, (60, 20))
    initial = (generator.random(60) < 0.5)[titles]
    vectors = looks[titles] + generator.normal(0, 0.1, (600, 20))
    part = part_of(
        generator.integers(1960, 2000, 600),
        initial=initial,
        vectors=vectors.astype(np.float32),
        groups=[f"title {title}" for title in titles],
    )
    by_title, by_poster = (
        checked(part),
        checked(replace(part, movies=part_of(part.years, initial=initial).movies)),
    )
    assert by_poster.auc > 0.65
    assert by_title.auc < 0.6


def test_the_order_of_the_rows_hardly_matters() -> None:
    part = posters(4, leak=1)
    order = np.random.default_rng(0).permutation(len(part.years))
    shuffled = replace(
        part,
        movies=part.movies.iloc[order],
        vectors=part.vectors[order],
        colours=part.colours[order],
        years=part.years[order],
    )
    one, other = checked(part), checked(shuffled)
    assert one.pairs == other.pairs
    assert one.auc == pytest.approx(other.auc, abs=0.005)


def test_the_same_seed_gives_the_same_numbers() -> None:
    part = posters(5, leak=1)
    assert check_origin(part, seed=7) == check_origin(part, seed=7)
    assert check_origin(part, seed=7) != check_origin(part, seed=8)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part_of(range(1900, 2000)), id="no top-ups"),
        pytest.param(part_of(range(1900, 2000), initial=False), id="top-ups alone"),
        pytest.param(
            part_of(range(1900, 2000), initial=np.arange(1900, 2000) >= 1950),
            id="no year with both",
        ),
        pytest.param(part_of([1950] * 40, initial=[True, False] * 20), id="one year with both"),
        pytest.param(
            part_of([1950, 1950, 1960, 1960], initial=[True, False] * 2), id="hardly any posters"
        ),
        pytest.param(part_of([]), id="no posters"),
    ],
)
def test_too_few_years_with_both_say_nothing(part: Part) -> None:
    assert check_origin(part, seed=0) is None


def test_years_with_one_origin_alone_are_left_out() -> None:
    part = posters(6, 300, leak=1)
    alone = part_of([1900] * 50, initial=False, vectors=part.vectors[:50] + 100)
    both = Part(
        part_of([*part.years, *alone.years]).movies.assign(
            origin=[*part.movies["origin"], *alone.movies["origin"]]
        ),
        np.vstack([part.vectors, alone.vectors]),
        np.vstack([part.colours, alone.colours]),
        np.concatenate([part.years, alone.years]),
    )
    assert checked(both) == checked(part)
