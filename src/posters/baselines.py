"""What any year head must beat: guessing, and simpler models of the same vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from posters.dataset import Part, together

Answer = Callable[[Part], NDArray[np.float64]]
"""Years of posters, shape (n,)."""
_Fit = Callable[[Part, float], Answer]
"""Fits a model with a setting."""


@dataclass(frozen=True)
class Baselines:
    """Fitted on the training and validation rows; settings chosen on validation.

    Attributes:
        constant: the median year of the rows, answered for every poster.
        natural_constant: the median year of those of the initial catalogue: the best guess of who
            knows how posters come, but sees none.
        uniform_constant: the middle one of the years that the rows are of: the best guess of who
            knows that every year counts the same.
        models: `ridge` (linear regression with a penalty), `knn` (the mean year of the nearest
            posters by cosine, the nearer weighing more), `svr` (support vector regression with a
            Gaussian kernel) on the vectors; `colour` (ridge on the colours alone).
        settings: the penalty or count that was best for each model.
    """

    constant: float
    natural_constant: float
    uniform_constant: float
    models: dict[str, Answer]
    settings: dict[str, float]


def fit_baselines(training: Part, validation: Part) -> Baselines:
    """Fit the baselines.

    Args:
        training: rows to learn from.
        validation: rows that choose the settings; then they are learned from too.
    """
    everything = together(training, validation)
    settings, models = {}, {}
    for name, (fit, values) in _MODELS.items():
        errors = {
            value: float(np.abs(fit(training, value)(validation) - validation.years).mean())
            for value in values
        }
        settings[name] = min(errors, key=errors.__getitem__)
        models[name] = fit(everything, settings[name])
    years = everything.years
    initial = everything.initial
    return Baselines(
        constant=float(np.median(years)),
        natural_constant=float(np.median(years[initial] if initial.any() else years)),
        uniform_constant=float(np.median(np.unique(years))),
        models=models,
        settings=settings,
    )


def _ridge(part: Part, alpha: float) -> Answer:
    return _linear(part, alpha, lambda asked: asked.vectors)


def _colour(part: Part, alpha: float) -> Answer:
    return _linear(part, alpha, lambda asked: asked.colours)


def _linear(part: Part, alpha: float, inputs: Callable[[Part], NDArray[np.float32]]) -> Answer:
    scaler = StandardScaler().fit(inputs(part))
    model = Ridge(alpha=alpha).fit(scaler.transform(inputs(part)), part.years)
    return lambda asked: np.asarray(model.predict(scaler.transform(inputs(asked))))


def _knn(part: Part, k: float) -> Answer:
    model = KNeighborsRegressor(min(int(k), len(part.years)), metric="cosine", weights="distance")
    model.fit(part.vectors, part.years)
    return lambda asked: np.asarray(model.predict(asked.vectors))


def _svr(part: Part, penalty: float) -> Answer:
    scaler = StandardScaler().fit(part.vectors)
    known = scaler.transform(part.vectors)
    # The kernel is computed beforehand, as one matrix product: libsvm's own loop takes minutes.
    model = SVR(kernel="precomputed", C=penalty, epsilon=1.0)
    gamma = 1 / known.shape[1]
    model.fit(rbf_kernel(known, gamma=gamma), part.years)

    def answer(asked: Part) -> NDArray[np.float64]:
        kernel = rbf_kernel(scaler.transform(asked.vectors), known, gamma=gamma)
        return np.asarray(model.predict(kernel))

    return answer


_MODELS: dict[str, tuple[_Fit, Sequence[float]]] = {
    "ridge": (_ridge, (100.0, 1000.0, 3000.0, 10_000.0, 30_000.0, 100_000.0)),
    "knn": (_knn, (3, 5, 10, 20, 40)),
    "svr": (_svr, (10.0, 30.0, 100.0)),
    "colour": (_colour, (0.1, 1.0, 10.0, 100.0, 1000.0)),
}
