"""What a year head has to beat: constants, and scikit-learn's models of the same vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from posters.years.dataset import Part, concatenate


@dataclass(frozen=True)
class Baselines:
    """Fitted on the training and validation rows; settings chosen on the validation rows.

    Attributes:
        constant: the median year of the rows, predicted for every poster.
        best_constant: the best single year for each test's mix of years: the median year of the
            initial catalogue (`natural`), the median of the years that occur (`balanced`).
        models: functions from posters to years, shape (n,): `ridge` (ridge regression), `knn` (the
            mean year of the nearest posters by cosine, weighted by distance), `svr` (support vector
            regression with a Gaussian kernel) on the vectors; `colour` (ridge regression on the
            colours).
        settings: the penalty or number of neighbours of each model.
    """

    constant: float
    best_constant: dict[str, float]
    models: dict[str, Callable[[Part], NDArray[np.float64]]]
    settings: dict[str, float]


def fit_baselines(training: Part, validation: Part) -> Baselines:
    """Choose the settings on the validation rows, then fit the models on both parts."""
    both = concatenate(training, validation)
    years = both.years
    validation_fold = PredefinedSplit([-1] * len(training.years) + [0] * len(validation.years))
    searches = {
        name: GridSearchCV(model, settings, cv=validation_fold, scoring="neg_mean_absolute_error")
        for name, (model, settings) in _models(len(training.years)).items()
    }
    for name, search in searches.items():
        search.fit(_inputs(name, both), years)
    return Baselines(
        constant=float(np.median(years)),
        best_constant={
            "natural": float(np.median(years[both.initial] if both.initial.any() else years)),
            "balanced": float(np.median(np.unique(years))),
        },
        models={name: partial(_predict, search, name) for name, search in searches.items()},
        settings={
            name: next(iter(search.best_params_.values())) for name, search in searches.items()
        },
    )


def _models(training_rows: int) -> dict[str, tuple[Any, dict[str, Sequence[float]]]]:
    """The models, each with the settings to try."""
    neighbours = sorted({min(count, training_rows) for count in (3, 5, 10, 20, 40)})
    return {
        "ridge": (
            make_pipeline(StandardScaler(), Ridge()),
            {"ridge__alpha": [100.0, 1000.0, 3000.0, 10_000.0, 30_000.0, 100_000.0]},
        ),
        "knn": (
            KNeighborsRegressor(metric="cosine", weights="distance"),
            {"n_neighbors": neighbours},
        ),
        "svr": (
            make_pipeline(StandardScaler(), SVR(kernel=_gaussian_kernel, epsilon=1.0)),
            {"svr__C": [10.0, 30.0, 100.0]},
        ),
        "colour": (
            make_pipeline(StandardScaler(), Ridge()),
            {"ridge__alpha": [0.1, 1.0, 10.0, 100.0, 1000.0]},
        ),
    }


def _inputs(name: str, part: Part) -> NDArray[np.float32]:
    return part.colours if name == "colour" else part.vectors


def _predict(search: GridSearchCV, name: str, part: Part) -> NDArray[np.float64]:
    return np.asarray(search.predict(_inputs(name, part)), dtype=np.float64)


def _gaussian_kernel(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    # In float64, which makes `rbf_kernel` three times faster. SVR's own kernel takes minutes.
    kernel: NDArray[np.float64] = rbf_kernel(one.astype(np.float64), other.astype(np.float64))
    return kernel
