"""How good the neighbours are, measured by their years, and by how often each poster is one."""

import numpy as np
from numpy.typing import NDArray

from posters.neighbours.index import nearest_rows
from posters.years.year_distribution import Years

_CLOSE = 10  # years


def nearest_others(
    features: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The `k` nearest other posters of each, and their similarities, two arrays (n, k).

    `features` are retrieval features, rows of length 1, shape (n, retrieval_size).
    """
    nearest, similarities = nearest_rows(features, features, k + 1)
    # True except for the poster itself; of equal posters another may come first.
    other = nearest != np.arange(len(features))[:, None]
    other[other.all(axis=1), -1] = False
    shape = (len(features), -1)
    return nearest[other].reshape(shape), similarities[other].reshape(shape)


def neighbour_quality(rows: NDArray[np.intp], years: Years) -> dict[str, float]:
    """Compare the nearest other posters of each, shape (n, k), with pairs of any two posters.

    Returns:
        `within_10`: share of the nearest posters whose year differs by at most 10 years.
        `median_gap`: median difference in years. `within_10_chance`, `median_gap_chance`: the same
        of all pairs. `hubness`: skewness of how often a poster is among the nearest of another; 0
        if all posters are so equally often (Radovanović, Nanopoulos, Ivanović, 2010, "Hubs in
        Space").
    """
    gaps = np.abs(years[rows] - years[:, None])
    chance, pairs = _gaps_of_all_pairs(years)
    counts = np.bincount(rows.ravel(), minlength=len(years))
    deviations = counts - counts.mean()
    hubness = (deviations**3).mean() / max(counts.std() ** 3, 1e-12)
    return {
        "within_10": round(float((gaps <= _CLOSE).mean()), 4),
        "within_10_chance": round(float(pairs[chance <= _CLOSE].sum() / pairs.sum()), 4),
        "median_gap": float(np.median(gaps)),
        "median_gap_chance": float(chance[np.searchsorted(pairs.cumsum(), pairs.sum() / 2)]),
        "hubness": round(float(hubness), 2),
    }


def _gaps_of_all_pairs(years: Years) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Differences in years, and how many pairs of two posters have them.

    Counted by year, as the pairs of 40,000 posters would take gigabytes.
    """
    counts = np.bincount(years - years.min())
    pairs = np.correlate(counts, counts, "full")[len(counts) - 1 :]
    pairs[0] = (pairs[0] - len(years)) // 2
    return np.arange(len(counts)), pairs
