"""Metrics and tables of the tests: errors, coverage of the intervals, baselines' errors."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.evaluation.reliability import (
    reliability_metrics,
    reliability_table,
    stated_and_found,
    uncertain_metrics,
)
from posters.years.dataset import Part, Parts
from posters.years.intervals import NEAREST, covered
from posters.years.priors import PRIORS
from posters.years.splitting import TESTS
from posters.years.year_distribution import Years
from posters.years.year_model import YearModel, YearPredictions

if TYPE_CHECKING:  # scikit-learn takes a second to import, at each `make repro` for the model card
    from posters.evaluation.baselines import Baselines

PRIOR_OF = {"natural": "natural", "balanced": "uniform"}
"""The prior of each test: the mix of years of its posters."""

ERAS = {
    "before_1930": range(1930),
    "1930_to_1959": range(1930, 1960),
    "1960_to_1989": range(1960, 1990),
    "from_1990": range(1990, 10_000),
}

_RESAMPLES = 2000


def predict_tests(model: YearModel, parts: Parts) -> dict[str, dict[str, YearPredictions]]:
    """Predictions for each test under each prior."""
    return {
        test: {prior: model.predict(parts[test].vectors, prior) for prior in PRIORS}
        for test in TESTS
    }


def year_metrics(true: NDArray[np.int64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Errors of predicted years.

    Returns:
        `n`, `mae`, `rmse`, `r2`, `median_ae`, `within_5`, `within_10`, `within_20` (shares),
        `macro_mae` (mean over decades of their MAE), `bias` (mean of predicted - true). In years,
        except `n`, `r2` and the shares. `r2` is 0 if all true years are the same.
    """
    errors = predicted - true
    absolute = np.abs(errors)
    spread = float(((true - true.mean()) ** 2).sum())
    mae_by_decade = pd.Series(absolute).groupby(true // 10).mean()
    return {
        "n": len(true),
        "mae": float(absolute.mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 1 - float((errors**2).sum()) / spread if spread else 0.0,
        "median_ae": float(np.median(absolute)),
        **{f"within_{years}": float((absolute <= years).mean()) for years in (5, 10, 20)},
        "macro_mae": float(mae_by_decade.mean()),
        "bias": float(errors.mean()),
    }


def bootstrap(
    values: NDArray[np.float64],
    groups: Sequence[str],
    *,
    seed: int,
    weights: NDArray[np.float64] | None = None,
) -> tuple[float, float]:
    """95% confidence limits of the mean of values.

    Whole groups are resampled, as values of one group are not independent (the cluster bootstrap:
    Davison and Hinkley, 1997, "Bootstrap Methods and their Application", section 3.8). `values`
    and `weights` have the shape (n,); the weights are the same for all by default.
    """
    weights = np.ones(len(values)) if weights is None else weights
    rows = pd.DataFrame({"sum": values * weights, "weight": weights})
    sums, counts = rows.groupby(list(groups), sort=True).sum().to_numpy().T
    generator = np.random.default_rng(seed)
    resamples = generator.integers(0, len(sums), (_RESAMPLES, len(sums)))
    means = sums[resamples].sum(axis=1) / counts[resamples].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def metrics_of_test(
    part: Part,
    by_prior: dict[str, YearPredictions],
    baselines: "Baselines",
    test: str,
    *,
    seed: int,
) -> dict[str, float]:
    """The metrics of one test, `natural` or `balanced`, and of the baselines.

    `by_prior` has predictions under each prior; the baselines are those of the test's prior.

    Returns:
        `year_metrics` under the test's prior, with 95% confidence limits of the MAE; the MAE under
        each prior; the coverage of the intervals, in total and by era, and their mean width;
        `reliability_metrics`; `uncertain_metrics`; the MAE of each baseline, and `skill`: 1 - mae /
        best_constant_mae. Rounded to 4 digits, as further ones vary between processors.
    """
    true, predictions = part.years, by_prior[PRIOR_OF[test]]

    def mae(predicted: NDArray[np.float64] | float) -> float:
        return float(np.abs(predicted - true).mean())

    metrics = year_metrics(true, predictions.year)
    low, high = bootstrap(np.abs(predictions.year - true), part.groups, seed=seed)
    best_constant_mae = mae(baselines.best_constant)
    values = {
        **metrics,
        "mae_low": low,
        "mae_high": high,
        **{f"mae_{prior}_prior": mae(predicted.year) for prior, predicted in by_prior.items()},
        **coverage_by_era(predictions.low, predictions.high, true),
        "interval_width": float((predictions.high - predictions.low).mean()),
        **reliability_metrics(reliability_table(stated_and_found(predictions, true))),
        **uncertain_metrics(predictions, true),
        "best_constant_mae": best_constant_mae,
        **{f"{name}_mae": mae(predict(part)) for name, predict in baselines.models.items()},
        "skill": 1 - metrics["mae"] / best_constant_mae if best_constant_mae else 0.0,
    }
    return {
        key: value if isinstance(value, int) else round(value, 4) for key, value in values.items()
    }


def coverage_by_era(
    low: NDArray[np.int64], high: NDArray[np.int64], true: NDArray[np.int64]
) -> dict[str, float]:
    """The `coverage` of intervals, and `coverage_` and `n_` (posters) of each era that occurs."""
    contained = covered(low, high, true)
    values = {"coverage": float(contained.mean())}
    for name, era in ERAS.items():
        in_era = (true >= era.start) & (true < era.stop)
        if in_era.any():
            values[f"coverage_{name}"] = float(contained[in_era].mean())
            values[f"n_{name}"] = int(in_era.sum())
    return values


def short_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one test that `dvc metrics show` prints, from `metrics_of_test`."""
    names = {name: name for name in ("n", "mae", "mae_low", "mae_high")}
    names |= {"best_constant": "best_constant_mae", "skill": "skill", "coverage": "coverage"}
    return {name: metrics[key] for name, key in names.items()}


def prediction_table(parts: Parts, predictions: Mapping[str, YearPredictions]) -> pd.DataFrame:
    """Each tested movie: `imdb_id`, `title`, `year`, `test`, `predicted`, `low`, `high`."""
    return pd.concat(
        parts[test]
        .movies[["imdb_id", "title", "year"]]
        .assign(test=test, predicted=own.year.round(1), low=own.low, high=own.high)
        for test, own in predictions.items()
    )


def by_decade(true: Years, predicted: NDArray[np.float64], low: Years, high: Years) -> pd.DataFrame:
    """Errors and intervals by the decade of the true year, oldest first; arguments are (n,).

    Returns:
        Index `decade`; columns `n`, `mae`, `bias` (mean of predicted - true), `coverage` and
        `width` of the intervals. `mae`, `bias` and `width` are in years.
    """
    error = predicted - true
    table = pd.DataFrame(
        {
            "decade": true // 10 * 10,
            "mae": np.abs(error),
            "bias": error,
            "coverage": covered(low, high, true).astype(float),
            "width": (high - low).astype(float),
        }
    )
    groups = table.groupby("decade")
    means = groups.mean()
    means.insert(0, "n", groups.size())
    return means


def decade_table(
    parts: Parts, predictions: Mapping[str, Mapping[str, YearPredictions]]
) -> pd.DataFrame:
    """The table `by_decade` of each test under each prior, with columns `test` and `prior`."""
    return pd.concat(
        {
            (test, prior): by_decade(parts[test].years, found.year, found.low, found.high)
            for test, by_prior in predictions.items()
            for prior, found in by_prior.items()
        },
        names=["test", "prior"],
    ).reset_index()


def chance_limits(
    share: float | NDArray[np.float64],
    counts: NDArray[np.int64],
    *,
    calibration_rows: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits between which an observed share differs from the expected one by chance alone.

    Two standard errors below and above `share`, for each number of posters in `counts`, within 0
    and 1. If it is the coverage of intervals, their thresholds are fitted on `NEAREST` of the
    `calibration_rows`, which makes the coverage vary too.
    """
    of_threshold = 0.0 if calibration_rows is None else 1 / min(NEAREST, calibration_rows)
    variance = share * (1 - share) * (1 / counts + of_threshold)
    error = 2 * np.sqrt(variance)
    return np.maximum(share - error, 0), np.minimum(share + error, 1)
