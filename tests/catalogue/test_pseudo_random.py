"""Draws that are the same on every machine and in every version."""

import pytest

from posters.catalogue.pseudo_random import unit_interval


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((1,), 0.4200240643687784),
        (("a", "b"), 0.4043523740656047),
        ((7, "natural", "metropolis"), 0.6807207001767673),
    ],
)
def test_unit_interval_is_the_same_in_every_version(
    parts: tuple[object, ...], expected: float
) -> None:
    assert unit_interval(*parts) == expected


def test_unit_interval_is_uniform() -> None:
    numbers = [unit_interval("movie", number) for number in range(5000)]
    assert all(0 <= number < 1 for number in numbers)
    tenths = [sum(int(number * 10) == tenth for number in numbers) for tenth in range(10)]
    assert min(tenths) > 420
    assert max(tenths) < 580
