"""The subsets of the learning curve: nested, random, and of whole groups."""

from itertools import pairwise

import numpy as np
import pytest

from posters.evaluation.training_sizes import nested_subset

LARGEST = 4


def test_smaller_subset_of_whole_groups_is_part_of_each_larger_one() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat([f"title {n}" for n in range(100)], generator.integers(1, LARGEST + 1, 100))
    generator.shuffle(groups)
    rows = len(groups)
    subsets = [nested_subset(list(groups), size, seed=7) for size in range(1, rows + 1)]
    for size, (chosen, larger) in enumerate(pairwise(subsets), start=1):
        assert size - LARGEST < chosen.sum() <= size
        assert not (chosen & ~larger).any()
        assert not set(groups[chosen]) & set(groups[~chosen])
    assert subsets[-1].all()
    other = nested_subset(list(groups), rows // 2, seed=8)
    assert (other != subsets[rows // 2 - 1]).mean() == pytest.approx(0.5, abs=0.15)
