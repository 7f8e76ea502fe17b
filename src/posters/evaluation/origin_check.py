"""Can a model tell from a poster whether it came with the initial catalogue or with a top-up?

If so, the year head might learn that top-ups are old instead of what old posters look like. Only
posters of the same year are compared: a linear discriminant (ridge regression on the origin) is
fitted on the vectors and evaluated by cross-validation over groups.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from posters.years.dataset import Part

_COMPONENTS = 100
_PERMUTATIONS = 50
_PENALTY = 1000.0


def check_origin(part: Part, *, seed: int) -> dict[str, float]:
    """Try to separate initial posters from top-ups of the same year.

    Returns:
        `auc`: the probability that, of two posters of one year, one initial and one top-up, the
        initial one has the higher score (0.5 is chance); `chance_low`, `chance_high`: 95% limits
        of the AUC if the origin has no effect; `pairs`: the number of such pairs. Empty if there
        are too few years with both origins.
    """
    initial = part.initial
    both = np.intersect1d(part.years[initial], part.years[~initial])
    used = np.isin(part.years, both)
    years, labels = part.years[used], initial[used]
    fold = part.folds[used]
    # Every model needs a training year with both origins.
    if len(both) < 2 or not all(
        _weights(years[fold != number], labels[fold != number]).any()
        for number in np.unique(part.folds)
    ):
        return {}
    scaled = StandardScaler().fit_transform(part.vectors[used])
    components = min(_COMPONENTS, *scaled.shape)
    reduced = PCA(components, svd_solver="randomized", random_state=seed).fit_transform(scaled)
    auc, pairs = _auc_within_years(_scores(reduced, labels, years, fold), labels, years)
    generator = np.random.default_rng(seed)
    permuted_aucs = []
    for _ in range(_PERMUTATIONS):
        permuted = labels.copy()
        for year in both:
            rows = np.flatnonzero(years == year)
            permuted[rows] = labels[generator.permutation(rows)]
        # The models are fitted again: with fixed scores the AUC would vary less.
        scores = _scores(reduced, permuted, years, fold)
        permuted_aucs.append(_auc_within_years(scores, permuted, years)[0])
    half_width = 1.96 * float(np.std(permuted_aucs))
    low, high = 0.5 - half_width, 0.5 + half_width
    limits = {"chance_low": round(low, 4), "chance_high": round(high, 4)}
    return {"auc": round(auc, 4), **limits, "pairs": pairs}


def _scores(
    features: NDArray[np.float64],
    labels: NDArray[np.bool_],
    years: NDArray[np.int64],
    fold: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Scores from models that were fitted without the row's fold; high means initial."""
    scores = np.zeros(len(years))
    for number in np.unique(fold):
        evaluated = fold == number
        # Balanced within the training folds: with weights balanced over all rows, training rows
        # would have an excess of the origin that the fold lacks, and the AUC would be biased.
        weights = _weights(years[~evaluated], labels[~evaluated])
        if weights.any():
            model = Ridge(_PENALTY, solver="cholesky")
            model.fit(features[~evaluated], labels[~evaluated].astype(float), sample_weight=weights)
            scores[evaluated] = model.predict(features[evaluated])
    return scores


def _weights(years: NDArray[np.int64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that balance both origins in every year, so that the year is not predictive."""
    year = np.unique(years, return_inverse=True)[1]
    count = np.zeros((year.max(initial=-1) + 1, 2))
    np.add.at(count, (year, labels.astype(int)), 1)
    weights: NDArray[np.float64] = count.min(axis=1)[year] / count[year, labels.astype(int)]
    return weights


def _auc_within_years(
    scores: NDArray[np.float64], labels: NDArray[np.bool_], years: NDArray[np.int64]
) -> tuple[float, int]:
    """The AUC over pairs of posters of one year, and the number of pairs."""
    correct, pairs = 0.0, 0
    for year in np.unique(years):
        initial = scores[(years == year) & labels][:, None]
        topup = scores[(years == year) & ~labels][None, :]
        correct += float((initial > topup).sum()) + 0.5 * float((initial == topup).sum())
        pairs += initial.size * topup.size
    return correct / pairs, pairs
