"""Where posters are on the map: posters that look alike are near each other."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from posters.neighbours.index import nearest_rows
from posters.years.year_distribution import Years

MAX_DRAWN = 10_000
"""Of more posters only so many are laid out; the time grows a little faster than their number."""

_COMPONENTS = 50
# With these, 3,652 posters take 6 seconds on one core, and the ten nearest posters are kept as well
# as by scikit-learn's defaults, which take 23 (trustworthiness 0.955 and 0.954).
_SETTINGS = {"perplexity": 20, "angle": 0.8, "max_iter": 400}
_ANCHORS = 4
_LAST = 2**16 - 1


def map_positions(features: NDArray[np.float32], years: Years) -> NDArray[np.uint16]:
    """Positions on a square map, shape (n, 2), from 0 to 65535; the later years are to the right.

    The method is t-SNE (van der Maaten, 2014, "Accelerating t-SNE using Tree-Based Algorithms")
    of the first 50 principal components. Of more than `MAX_DRAWN` posters, drawn ones are laid out,
    and each other poster is put between the drawn posters that it is most similar to.

    Args:
        features: retrieval features, shape (n, retrieval_size).
        years: of the posters, shape (n,).
    """
    count = len(features)
    drawn = np.sort(np.random.default_rng(0).permutation(count)[:MAX_DRAWN])
    # In one thread: several would add up in an order that depends on their number.
    with threadpool_limits(1):
        laid_out = _lay_out(features[drawn])
    positions = np.empty((count, 2))
    positions[drawn] = laid_out
    others = np.setdiff1d(np.arange(count), drawn)
    near, similarity = nearest_rows(features[drawn], features[others], _ANCHORS)
    weights = np.exp(20 * (similarity - similarity.max(axis=1, keepdims=True, initial=-1)))
    weights /= weights.sum(axis=1, keepdims=True)
    positions[others] = (laid_out[near] * weights[:, :, None]).sum(axis=1)
    return _fit_to_square(_turn(positions, years))


def _lay_out(features: NDArray[np.float32]) -> NDArray[np.float64]:
    size = min(_COMPONENTS, *features.shape)
    reduced = PCA(size, svd_solver="randomized", random_state=0).fit_transform(features)
    perplexity = min(_SETTINGS["perplexity"], (len(reduced) - 1) / 3)
    method = TSNE(**(_SETTINGS | {"perplexity": perplexity}), init="pca", random_state=0)
    laid_out: NDArray[np.float64] = method.fit_transform(reduced).astype(np.float64)
    return laid_out


def _turn(positions: NDArray[np.float64], years: Years) -> NDArray[np.float64]:
    """Turn the map so that the years rise from left to right, as far as they do at all."""
    centred = positions - positions.mean(axis=0)
    (x, y), *_ = np.linalg.lstsq(centred, years - years.mean(), rcond=None)
    angle = np.arctan2(y, x)
    cosine, sine = np.cos(angle), np.sin(angle)
    turned: NDArray[np.float64] = centred @ np.array([[cosine, -sine], [sine, cosine]])
    return turned


def _fit_to_square(positions: NDArray[np.float64]) -> NDArray[np.uint16]:
    low, high = positions.min(axis=0), positions.max(axis=0)
    middle, side = (low + high) / 2, (high - low).max() or 1.0
    fitted = np.rint(((positions - middle) / side + 0.5) * _LAST)
    return np.asarray(fitted.clip(0, _LAST), dtype=np.uint16)
