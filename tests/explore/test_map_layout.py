"""Positions on the map: alike posters are near each other, and years rise to the right."""

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.explore import map_layout
from posters.explore.map_layout import map_positions

GROUPS, EACH = 4, 30


@pytest.fixture(scope="module")
def features() -> NDArray[np.float32]:
    """Four groups of posters that look alike, rows of length 1."""
    generator = np.random.default_rng(5)
    centres = np.repeat(np.eye(GROUPS, 16), EACH, axis=0)
    rows = centres + generator.normal(0, 0.05, centres.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


YEARS = np.repeat([1920, 1950, 1980, 2010], EACH)


@pytest.mark.parametrize("max_drawn", [10_000, 60])
def test_alike_posters_are_near_and_later_years_to_the_right(
    features: NDArray[np.float32], max_drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_layout, "MAX_DRAWN", max_drawn)
    positions = map_positions(features, YEARS)
    distances = np.linalg.norm(positions[:, None] - positions[None].astype(float), axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(axis=1)[:, :5]
    assert (YEARS[nearest] == YEARS[:, None]).mean() > 0.95
    assert {0, 65535} <= set(positions.ravel().tolist())
    assert np.corrcoef(positions[:, 0], YEARS)[0, 1] > 0.2
    assert abs(np.linalg.lstsq(positions - positions.mean(axis=0), YEARS)[0][1]) < 1e-4


@pytest.mark.parametrize("count", [3, 7])
def test_a_few_posters_have_positions_too(features: NDArray[np.float32], count: int) -> None:
    positions = map_positions(features[:count], YEARS[:count])
    assert len(np.unique(positions, axis=0)) == count
