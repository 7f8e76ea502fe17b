"""How good the years are, and against what."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

Years = NDArray[np.float64]
Vectors = NDArray[np.float32]

_RIDGE_ALPHAS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0)
_NEIGHBOUR_COUNTS = (3, 5, 10, 20, 40)


@dataclass(frozen=True)
class Baselines:
    """What any model must beat, fitted on the training rows; settings chosen on validation.

    Attributes:
        constant: the median year of the training rows, answered for every poster.
        natural_constant: the median year of the training rows of the initial catalogue: the best
            guess of who knows how posters come, but sees none.
        uniform_constant: the middle one of the years that the training rows are of: the best guess
            of who knows that every year counts the same.
        ridge: linear regression with a penalty, on standardised vectors.
        knn: the mean year of the nearest training posters by cosine, the nearer weighing more.
        ridge_alpha, knn_k: the settings that were best on validation.
    """

    constant: float
    natural_constant: float
    uniform_constant: float
    ridge: Callable[[Vectors], Years]
    knn: Callable[[Vectors], Years]
    ridge_alpha: float
    knn_k: int


def fit_baselines(
    vectors: Vectors,
    years: NDArray[np.int64],
    initial: NDArray[np.bool_],
    validation_vectors: Vectors,
    validation_years: NDArray[np.int64],
) -> Baselines:
    """Fit the baselines.

    Args:
        vectors: of the training rows, shape (n, embedding_size).
        years: shape (n,).
        initial: which training rows are of the initial catalogue, shape (n,).
        validation_vectors: they decide the penalty of ridge and the k of kNN.
        validation_years: theirs.
    """
    scaler = StandardScaler().fit(vectors)
    scaled = scaler.transform(vectors)

    def ridge(alpha: float) -> Callable[[Vectors], Years]:
        model = Ridge(alpha=alpha).fit(scaled, years)
        return lambda rows: np.asarray(model.predict(scaler.transform(rows)))

    def knn(k: int) -> Callable[[Vectors], Years]:
        model = KNeighborsRegressor(min(k, len(years)), metric="cosine", weights="distance")
        model.fit(vectors, years)
        return lambda rows: np.asarray(model.predict(rows))

    def validation_mae(predict: Callable[[Vectors], Years]) -> float:
        return float(np.abs(predict(validation_vectors) - validation_years).mean())

    ridge_alpha = min(_RIDGE_ALPHAS, key=lambda alpha: validation_mae(ridge(alpha)))
    knn_k = min(_NEIGHBOUR_COUNTS, key=lambda k: validation_mae(knn(k)))
    return Baselines(
        constant=float(np.median(years)),
        natural_constant=float(np.median(years[initial] if initial.any() else years)),
        uniform_constant=float(np.median(np.unique(years))),
        ridge=ridge(ridge_alpha),
        knn=knn(knn_k),
        ridge_alpha=ridge_alpha,
        knn_k=knn_k,
    )


def year_metrics(true: NDArray[np.int64], predicted: Years) -> dict[str, float]:
    """Errors of predicted years.

    Returns:
        `n`, `mae`, `rmse`, `r2`, `median_ae`, `within_5`, `within_10`, `within_20` (shares),
        `macro_mae` (mean over decades of their MAE), `bias` (mean of predicted - true). In years,
        but for `n`, `r2` and the shares. `r2` is 0 where all true years are the same.
    """
    errors = predicted - true
    absolute = np.abs(errors)
    spread = float(((true - true.mean()) ** 2).sum())
    return {
        "n": len(true),
        "mae": float(absolute.mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 1 - float((errors**2).sum()) / spread if spread else 0.0,
        "median_ae": float(np.median(absolute)),
        **{f"within_{years}": float((absolute <= years).mean()) for years in (5, 10, 20)},
        "macro_mae": float(decade_errors(true, predicted)["mae"].mean()),
        "bias": float(errors.mean()),
    }


def report(
    vectors: Vectors, true: NDArray[np.int64], predicted: Years, baselines: Baselines, test: str
) -> dict[str, float]:
    """The metrics of one test with those of the baselines beside them.

    Args:
        vectors: of the test's posters, shape (n, embedding_size).
        true: years, shape (n,).
        predicted: years, shape (n,).
        baselines: fitted on the training rows.
        test: `natural` or `balanced`: which informed constant belongs to it.

    Returns:
        `year_metrics`, the MAE of each baseline, and `skill`: 1 - mae / constant_mae; all rounded
        to 4 digits, as further ones are noise of the last float bits.
    """
    informed = {"natural": baselines.natural_constant, "balanced": baselines.uniform_constant}
    metrics = year_metrics(true, predicted)
    constant_mae = float(np.abs(baselines.constant - true).mean())
    full = {
        **metrics,
        "constant_mae": constant_mae,
        "informed_constant_mae": float(np.abs(informed[test] - true).mean()),
        "ridge_mae": float(np.abs(baselines.ridge(vectors) - true).mean()),
        "knn_mae": float(np.abs(baselines.knn(vectors) - true).mean()),
        "skill": 1 - metrics["mae"] / constant_mae if constant_mae else 0.0,
    }
    return {
        key: value if isinstance(value, int) else round(value, 4) for key, value in full.items()
    }


def decade_errors(true: NDArray[np.int64], predicted: Years) -> pd.DataFrame:
    """Error by decade: index `decade`, columns `n`, `mae`, `bias` (years), oldest first."""
    table = pd.DataFrame({"decade": true // 10 * 10, "error": predicted - true})
    by_decade = table.groupby("decade")["error"]
    return pd.DataFrame(
        {
            "n": by_decade.size(),
            "mae": table["error"].abs().groupby(table["decade"]).mean(),
            "bias": by_decade.mean(),
        }
    )
