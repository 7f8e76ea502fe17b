"""Neighbours of about the same year count as good; a poster that is everybody's is a hub."""

import numpy as np
from numpy.typing import NDArray

from posters.evaluation.neighbour_quality import nearest_others, neighbour_quality
from posters.years.year_distribution import Years


def quality_of(features: NDArray[np.float32], years: Years) -> dict[str, float]:
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    return neighbour_quality(nearest_others(features, 10)[0], years)


def test_neighbours_of_the_same_year_are_compared_with_any_pair() -> None:
    """Posters of four years, each in a direction of its own."""
    years = np.repeat([1920, 1950, 1980, 2010], 15)
    directions = np.eye(4, dtype=np.float32)[np.arange(60) // 15]
    noise = np.random.default_rng(0).normal(0, 0.1, (60, 4)).astype(np.float32)
    quality = quality_of(directions + noise, years)
    assert (quality["within_10"], quality["median_gap"]) == (1.0, 0.0)
    assert quality["within_10_chance"] == round(4 * (15 * 14) / (60 * 59), 4)
    assert quality["median_gap_chance"] == 30.0


def test_posters_near_all_others_are_hubs() -> None:
    features = np.random.default_rng(0).normal(size=(400, 40)).astype(np.float32)
    features[:, 0] += 4  # what all have in common
    without = quality_of(features, np.arange(400))
    features[:5, 1:] /= 4  # five have little else
    assert quality_of(features, np.arange(400))["hubness"] > without["hubness"] + 2


def test_equal_posters_and_few_posters() -> None:
    quality = quality_of(np.ones((3, 1), np.float32), np.array([1950, 1950, 1955]))
    assert (quality["within_10"], quality["hubness"]) == (1.0, 0.0)
