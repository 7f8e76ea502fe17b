"""What any year head must beat: guessing, and simpler models of the same vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from posters.years.dataset import Part, concatenate

Answer = Callable[[Part], NDArray[np.float64]]
"""Years of posters, shape (n,)."""
_Fit = Callable[["_Rows", float], Answer]
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
    everything = concatenate(training, validation)
    settings, models = {}, {}
    first, last = _Rows(training), _Rows(everything)
    for name, (fit, values) in _MODELS.items():
        errors = {
            value: float(np.abs(fit(first, value)(validation) - validation.years).mean())
            for value in values
        }
        settings[name] = min(errors, key=errors.__getitem__)
        models[name] = fit(last, settings[name])
    years = everything.years
    initial = everything.initial
    return Baselines(
        constant=float(np.median(years)),
        natural_constant=float(np.median(years[initial] if initial.any() else years)),
        uniform_constant=float(np.median(np.unique(years))),
        models=models,
        settings=settings,
    )


class _Rows:
    """Rows that are learned from, their standardised vectors multiplied with one another once.

    There are fewer rows than numbers in a vector, so ridge regression and the Gaussian kernel are
    both had from these products, whatever the penalty.

    Attributes:
        part: the rows.
        products: of each with each, shape (n, n).
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._scaler = StandardScaler().fit(part.vectors)
        self._known = self._scaler.transform(part.vectors)
        self._lengths = _squared_lengths(self._known)
        self.products = self._with_known(self._known)

    def products_with(self, asked: Part) -> NDArray[np.float64]:
        """Of other rows with these, shape (n_asked, n)."""
        return self._with_known(self._scaler.transform(asked.vectors))

    def gaussian(self) -> NDArray[np.float64]:
        """The Gaussian kernel of each with each, shape (n, n)."""
        return self._gaussian(self.products, self._lengths)

    def gaussian_with(self, asked: Part) -> NDArray[np.float64]:
        """The Gaussian kernel of other rows with these, shape (n_asked, n)."""
        scaled = self._scaler.transform(asked.vectors)
        return self._gaussian(self._with_known(scaled), _squared_lengths(scaled))

    def _with_known(self, scaled: NDArray[np.float32]) -> NDArray[np.float64]:
        products: NDArray[np.float32] = scaled @ self._known.T
        return products.astype(np.float64)

    def _gaussian(
        self, products: NDArray[np.float64], lengths: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        distances = np.maximum(lengths[:, None] + self._lengths - 2 * products, 0)
        kernel: NDArray[np.float64] = np.exp(-distances / self._known.shape[1])
        return kernel


def _squared_lengths(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.square(vectors).sum(axis=1, dtype=np.float64)
    return lengths


def _ridge(rows: _Rows, alpha: float) -> Answer:
    # Standardised vectors have the mean zero: what is left of the years beside it is linear.
    years = rows.part.years
    mean = float(years.mean())
    model = KernelRidge(alpha=alpha, kernel="precomputed")
    model.fit(rows.products, years - mean)
    return lambda asked: np.asarray(model.predict(rows.products_with(asked)) + mean)


def _knn(rows: _Rows, k: float) -> Answer:
    part = rows.part
    model = KNeighborsRegressor(min(int(k), len(part.years)), metric="cosine", weights="distance")
    model.fit(part.vectors, part.years)
    return lambda asked: np.asarray(model.predict(asked.vectors))


def _svr(rows: _Rows, penalty: float) -> Answer:
    # libsvm's own loop over vectors takes minutes.
    model = SVR(kernel="precomputed", C=penalty, epsilon=1.0)
    model.fit(rows.gaussian(), rows.part.years)
    return lambda asked: np.asarray(model.predict(rows.gaussian_with(asked)))


def _colour(rows: _Rows, alpha: float) -> Answer:
    part = rows.part
    scaler = StandardScaler().fit(part.colours)
    model = Ridge(alpha=alpha).fit(scaler.transform(part.colours), part.years)
    return lambda asked: np.asarray(model.predict(scaler.transform(asked.colours)))


_MODELS: dict[str, tuple[_Fit, Sequence[float]]] = {
    "ridge": (_ridge, (100.0, 1000.0, 3000.0, 10_000.0, 30_000.0, 100_000.0)),
    "knn": (_knn, (3, 5, 10, 20, 40)),
    "svr": (_svr, (10.0, 30.0, 100.0)),
    "colour": (_colour, (0.1, 1.0, 10.0, 100.0, 1000.0)),
}
