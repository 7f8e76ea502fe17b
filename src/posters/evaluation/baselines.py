"""What a year head has to beat: the best constant, and scikit-learn's models of the same vectors.

Each model is fitted for each prior, so that on a test it knows as much about the mix of years as
the head does: its training rows are weighted so that they have the prior's mix of years. Logistic
regression predicts a distribution, which is corrected for label shift as the head's is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from tqdm import tqdm

from posters.years.dataset import Part
from posters.years.priors import PRIORS, Priors, importance_weights
from posters.years.year_distribution import Years, median

# 97% of the variance of VGG16's features. With 256, ridge is worse on the first fold.
_COMPONENTS = 512
# Of more rows, a support vector regression is fitted on so many drawn at random: its time grows
# with their square.
_MOST_SVR_ROWS = 5000
# Inverse penalty: of 3, 10, 30, 60 and 100 the best for both priors, on the five folds of generated
# and of real posters.
_LOGISTIC = 30.0
_MOST_NEIGHBOURS = 80

Inputs = NDArray[np.float32]
Predict = Callable[[Inputs], NDArray[np.float64]]
"""Inputs, shape (n, size), to years, shape (n,)."""


@dataclass(frozen=True)
class Baselines:
    """Fitted for one prior on the training rows.

    Attributes:
        best_constant: the best single year: the median year of the initial catalogue for the prior
            `natural`, the median of the years that occur for `uniform`.
        models: functions from posters to years, shape (n,): `ridge` (ridge regression), `knn` (the
            weighted median year of the nearest posters by cosine), `svr` (support vector regression
            with a Gaussian kernel), `logistic` (the median of a logistic regression of decades) on
            the vectors; `colour` (ridge regression on the colours).
        settings: the penalty (`ridge`, `colour`), its inverse (`svr`, `logistic`) or the number of
            neighbours.
    """

    best_constant: float
    models: Mapping[str, Callable[[Part], NDArray[np.float64]]]
    settings: Mapping[str, float]


class _Shared:
    """What is the same for all priors, or for all settings, and takes long: it is done once."""

    def __init__(self) -> None:
        self._results: dict[tuple[Any, ...], Any] = {}
        self._arrays: list[Any] = []

    def once(self, compute: Callable[..., Any], *arrays: Any) -> Any:
        """The result of a function of arrays; the same arrays give the first result again."""
        key = (compute, *map(id, arrays))
        if key not in self._results:
            self._results[key] = compute(*arrays)
            self._arrays += arrays  # kept, so that no other array gets the id of one of them
        return self._results[key]


@dataclass(frozen=True)
class _Rows:
    """Inputs, shape (n, size), with their years and weights, shape (n,)."""

    inputs: Inputs
    true: Years
    weights: NDArray[np.float64]

    def error(self, predict: Predict) -> float:
        """The weighted MAE of a model."""
        return float(np.average(np.abs(predict(self.inputs) - self.true), weights=self.weights))


def fit_baselines(part: Part, priors: Priors) -> dict[str, Baselines]:
    """Choose the settings on the first fold, then fit the models on all rows, for each prior.

    A setting is tried with the training rows outside the first fold; the one with the lowest MAE on
    that fold, weighted as above, is chosen.
    """
    held_out = part.folds == 0
    training, validation = part.rows(~held_out), part.rows(held_out)
    parts = (training, validation, part)
    features = _features(training)
    inputs = {name: [of(part) for part in parts] for name, of in features.items()}
    true = [part.years for part in parts]
    shared = _Shared()

    kinds = {prior: _models(len(training.years), priors, prior, shared) for prior in PRIORS}

    def fitted(prior: str) -> Baselines:
        weights = [importance_weights(own, priors.years, priors.named(prior)) for own in true]
        models, settings = {}, {}
        for name, (used, fit, tried) in kinds[prior].items():
            first, second, both = map(_Rows, inputs[used], true, weights)
            settings[name] = tried[0]
            if len(tried) > 1:
                errors = {setting: second.error(fit(first, setting)) for setting in tried}
                settings[name] = min(errors, key=errors.__getitem__)
            models[name] = partial(_predict, fit(both, settings[name]), features[used])
            bar.update()
        return Baselines(_best_constant(parts[-1], prior), models, settings)

    total = sum(map(len, kinds.values()))
    with tqdm(total=total, desc="baselines", unit="model", disable=None) as bar:
        return {prior: fitted(prior) for prior in PRIORS}


def _best_constant(part: Part, prior: str) -> float:
    if prior == "uniform":
        return float(np.median(np.unique(part.years)))
    return float(np.median(part.years[part.initial] if part.initial.any() else part.years))


def _features(training: Part) -> dict[str, Callable[[Part], Inputs]]:
    """What the models are fitted on, by name; scaled by the training rows alone."""
    components = PCA(min(_COMPONENTS, *training.vectors.shape), random_state=0)
    reduced = make_pipeline(StandardScaler(), components).fit(training.vectors)
    colours = StandardScaler().fit(training.colours)
    return {
        "vectors": lambda part: part.vectors,
        "components": lambda part: reduced.transform(part.vectors),
        "colours": lambda part: colours.transform(part.colours),
    }


def _models(
    rows: int, priors: Priors, prior: str, shared: _Shared
) -> dict[str, tuple[str, Callable[[_Rows, float], Predict], Sequence[float]]]:
    """The features of each model, how it is fitted, and the settings to try."""
    neighbours = sorted({min(count, rows) for count in (3, 5, 10, 20, 40, _MOST_NEIGHBOURS)})
    return {
        "ridge": ("components", _ridge, [100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0]),
        "knn": ("vectors", partial(_nearest, priors.years, shared), neighbours),
        "svr": ("components", partial(_support_vectors, shared), [10.0, 30.0, 100.0]),
        "logistic": ("components", partial(_logistic, priors, prior, shared), [_LOGISTIC]),
        "colour": ("colours", _ridge, [0.1, 1.0, 10.0, 100.0, 1000.0]),
    }


def _ridge(rows: _Rows, penalty: float) -> Predict:
    model = Ridge(penalty).fit(rows.inputs, rows.true, sample_weight=rows.weights)
    predict: Predict = model.predict
    return predict


def _nearest(years: Years, shared: _Shared, rows: _Rows, count: float) -> Predict:
    columns = np.searchsorted(years, rows.true)

    def predict(inputs: Inputs) -> NDArray[np.float64]:
        found = shared.once(_search, rows.inputs, inputs)
        distances, nearest = (array[:, : int(count)] for array in found)
        votes = np.zeros((len(inputs), len(years)))
        each = np.arange(len(inputs))[:, None]
        # As much as they are similar; a copy of the poster decides alone.
        np.add.at(votes, (each, columns[nearest]), rows.weights[nearest] / (distances + 1e-9))
        return median(votes, years)

    return predict


def _search(rows: Inputs, queries: Inputs) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cosine distances and row numbers of the nearest rows, two arrays (n_queries, n)."""
    model = NearestNeighbors(n_neighbors=min(_MOST_NEIGHBOURS, len(rows)), metric="cosine")
    found: tuple[NDArray[Any], NDArray[Any]] = model.fit(rows).kneighbors(queries)
    return found


def _support_vectors(shared: _Shared, rows: _Rows, inverse_penalty: float) -> Predict:
    inputs, drawn = shared.once(_draw, rows.inputs)
    model = SVR(kernel="precomputed", C=inverse_penalty, epsilon=1.0)
    model.fit(shared.once(_kernel, inputs, inputs), rows.true[drawn], rows.weights[drawn])
    return lambda queries: model.predict(shared.once(_kernel, inputs, queries))


def _draw(inputs: Inputs) -> tuple[Inputs, NDArray[Any]]:
    """At most `_MOST_SVR_ROWS` rows, and their numbers."""
    drawn = np.sort(np.random.default_rng(0).permutation(len(inputs))[:_MOST_SVR_ROWS])
    return inputs[drawn], drawn


def _kernel(rows: Inputs, queries: Inputs) -> Inputs:
    """The Gaussian kernel of rows and queries, shape (n_queries, n_rows)."""
    gamma = 1 / (rows.shape[1] * float(rows.var()))  # as scikit-learn's "scale"
    result: Inputs = rbf_kernel(queries, rows, gamma=gamma)
    return result


def _logistic(priors: Priors, prior: str, shared: _Shared, rows: _Rows, _: float) -> Predict:
    years, model = priors.years, shared.once(_classifier, rows.inputs, rows.true)
    # Within a decade, the years are as frequent as in the training rows.
    within = (years // 10 == model.classes_[:, None]) * priors.learned
    within /= within.sum(axis=1, keepdims=True)

    def predict(inputs: Inputs) -> NDArray[np.float64]:
        return median(priors.adjusted(model.predict_proba(inputs) @ within, prior), years)

    return predict


def _classifier(inputs: Inputs, true: Years) -> Any:
    """A logistic regression of decades, without weights, as the head is."""
    decades = true // 10
    if len(np.unique(decades)) == 1:
        return DummyClassifier().fit(inputs, decades)
    # Relative to the variance, so that the same setting suits networks of all sizes.
    penalty = float(inputs.var(axis=0).sum()) / _LOGISTIC
    return LogisticRegression(C=1 / penalty, solver="newton-cg", tol=1e-3).fit(inputs, decades)


def _predict(
    predict: Predict, features: Callable[[Part], Inputs], part: Part
) -> NDArray[np.float64]:
    return np.asarray(predict(features(part)), dtype=np.float64)
