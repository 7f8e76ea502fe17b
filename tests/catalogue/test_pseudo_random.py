"""Draws are uniform, and the same on every machine and in every version."""

from posters.catalogue.pseudo_random import unit_interval


def test_unit_interval_is_the_same_everywhere_and_uniform() -> None:
    assert unit_interval(1) == 0.4200240643687784
    assert unit_interval(7, "natural", "metropolis") == 0.6807207001767673
    tenths = [int(10 * unit_interval("movie", number)) for number in range(5000)]
    assert all(420 < tenths.count(tenth) < 580 for tenth in range(10))
