"""Random choices: pick an option, draw a number, decide with a probability."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator

Option = TypeVar("Option")


def pick(rng: Generator, options: Sequence[Option]) -> Option:
    """Return one of the options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def pick_weighted(rng: Generator, options: Sequence[Option], weights: Sequence[float]) -> Option:
    """Return one of the options, each as likely as its (unnormalised) weight."""
    share = np.asarray(weights, dtype=float)
    return options[int(rng.choice(len(options), p=share / share.sum()))]


def chance(rng: Generator, probability: float) -> bool:
    """Return True with the given probability."""
    return bool(rng.random() < probability)
