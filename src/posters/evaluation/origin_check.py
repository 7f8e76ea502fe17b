"""Can it be told from a poster's pixels whether it came with the initial catalogue or a top-up?

If it could, a head might learn that top-ups are old instead of what old posters look like. So
posters of the same year are compared with each other only: by a linear discriminant of the vectors
(ridge regression on the origin), asked about posters of groups it was not fitted on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from posters.files import unit_interval
from posters.years.dataset import Part

_FOLDS = 5
_COMPONENTS = 100
_SHUFFLES = 50
_PENALTY = 1000.0


@dataclass(frozen=True)
class OriginCheck:
    """How well origins are told apart.

    Attributes:
        auc: the chance that of two posters of one year, one of the initial catalogue and one of
            a top-up, the former is the one that is taken for it: 0.5 is blind guessing.
        chance_low, chance_high: between which an AUC of blind guessing lies 95% of the time.
        pairs: how many such pairs there are.
    """

    auc: float
    chance_low: float
    chance_high: float
    pairs: int


def check_origin(part: Part, *, seed: int) -> OriginCheck | None:
    """Try to tell initial posters from top-ups of the same year.

    Args:
        part: rows of which years with both are looked at.
        seed: of folds and shuffles.

    Returns:
        None where there are too few years with both to say anything.
    """
    initial = part.initial
    both = np.intersect1d(part.years[initial], part.years[~initial])
    used = np.isin(part.years, both)
    years, labels = part.years[used], initial[used]
    fold = np.array([int(unit_interval(seed, "origin", group) * _FOLDS) for group in part.groups])[
        used
    ]
    # A model needs both origins in some year of what it learns from.
    if len(both) < 2 or not all(
        _weights(years[fold != number], labels[fold != number]).any() for number in range(_FOLDS)
    ):
        return None
    scaled = StandardScaler().fit_transform(part.vectors[used])
    components = min(_COMPONENTS, *scaled.shape)
    reduced = PCA(components, svd_solver="randomized", random_state=seed).fit_transform(scaled)
    auc, pairs = _auc_within_years(_scores(reduced, labels, years, fold), labels, years)
    generator = np.random.default_rng(seed)
    blind = []
    for _ in range(_SHUFFLES):
        shuffled = labels.copy()
        for year in both:
            rows = np.flatnonzero(years == year)
            shuffled[rows] = labels[generator.permutation(rows)]
        # Fitted again: scores of one fit, compared across folds, spread less than blind guesses do.
        scores = _scores(reduced, shuffled, years, fold)
        blind.append(_auc_within_years(scores, shuffled, years)[0])
    spread = 1.96 * float(np.std(blind))
    return OriginCheck(round(auc, 4), round(0.5 - spread, 4), round(0.5 + spread, 4), pairs)


def _scores(
    features: NDArray[np.float64],
    labels: NDArray[np.bool_],
    years: NDArray[np.int64],
    fold: NDArray[np.int64],
) -> NDArray[np.float64]:
    """How much each row looks like an initial one to a model that was fitted without its fold."""
    scores = np.zeros(len(years))
    for number in range(_FOLDS):
        asked = fold == number
        # Weighed by the rows that are learned from: weights of all rows would leave an excess of
        # the origin that the fold lacks, which alone makes blind guessing worse than blind.
        weights = _weights(years[~asked], labels[~asked])
        if asked.any() and weights.any():
            model = Ridge(_PENALTY, solver="cholesky")
            model.fit(features[~asked], labels[~asked].astype(float), sample_weight=weights)
            scores[asked] = model.predict(features[asked])
    return scores


def _weights(years: NDArray[np.int64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Both origins weigh the same in every year, so that the year tells nothing."""
    weights = np.zeros(len(years))
    for year in np.unique(years):
        sides = [np.flatnonzero((years == year) & (labels == side)) for side in (True, False)]
        for rows in sides:
            weights[rows] = min(map(len, sides)) / max(len(rows), 1)
    return weights


def _auc_within_years(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], years: NDArray[np.int64]
) -> tuple[float, int]:
    won, pairs = 0.0, 0
    for year in np.unique(years):
        one = scores[(years == year) & labels][:, None]
        other = scores[(years == year) & ~labels][None, :]
        won += float((one > other).sum()) + 0.5 * float((one == other).sum())
        pairs += one.size * other.size
    return won / pairs, pairs
