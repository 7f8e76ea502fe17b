"""How good the years are, and against what."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.evaluation.baselines import Baselines
from posters.years.dataset import Part
from posters.years.intervals import hold
from posters.years.year_model import YearPredictions

Years = NDArray[np.float64]

PRIOR_OF = {"natural": "natural", "balanced": "uniform"}
"""The prior that each test asks under: how its posters come."""

ERAS = {
    "before_1930": range(1930),
    "1930_to_1959": range(1930, 1960),
    "1960_to_1989": range(1960, 1990),
    "from_1990": range(1990, 10_000),
}

_DRAWS = 2000


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
    by_decade = pd.Series(absolute).groupby(true // 10).mean()
    return {
        "n": len(true),
        "mae": float(absolute.mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 1 - float((errors**2).sum()) / spread if spread else 0.0,
        "median_ae": float(np.median(absolute)),
        **{f"within_{years}": float((absolute <= years).mean()) for years in (5, 10, 20)},
        "macro_mae": float(by_decade.mean()),
        "bias": float(errors.mean()),
    }


def bootstrap(
    values: NDArray[np.float64], groups: Sequence[str], *, seed: int, level: float = 0.95
) -> tuple[float, float]:
    """Between which limits the mean of values lies, were others drawn like these.

    Whole groups are drawn, as what stands in one group is not independent (the cluster bootstrap:
    Davison and Hinkley, 1997, "Bootstrap Methods and their Application", section 3.8).

    Args:
        values: shape (n,), such as absolute errors.
        groups: the group of each.
        seed: of the draws.
        level: share of draws whose mean lies between the limits.
    """
    of_group = pd.Series(values).groupby(list(groups), sort=True)
    sums, counts = of_group.sum().to_numpy(), of_group.size().to_numpy()
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(sums), (_DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def report(
    part: Part, by_prior: dict[str, YearPredictions], baselines: Baselines, test: str, *, seed: int
) -> dict[str, float]:
    """The metrics of one test with those of the baselines beside them.

    Args:
        part: the test.
        by_prior: what is said of its posters under each prior.
        baselines: fitted on the training rows.
        test: `natural` or `balanced`: which prior and which informed constant belong to it.
        seed: of the bootstrap.

    Returns:
        `year_metrics` under the test's own prior, with the limits of the MAE (95%, bootstrap over
        groups); the MAE under each prior; the share of intervals that hold their year, in all and
        by era, and their mean width; the MAE of each baseline, and `skill`: 1 - mae /
        constant_mae; all rounded to 4 digits, as further ones are noise of the last float bits.
    """
    informed = {"natural": baselines.natural_constant, "balanced": baselines.uniform_constant}
    true, dates = part.years, by_prior[PRIOR_OF[test]]
    metrics = year_metrics(true, dates.year)
    low, high = bootstrap(np.abs(dates.year - true), part.groups, seed=seed)
    held = hold(dates.low, dates.high, true)
    constant_mae = float(np.abs(baselines.constant - true).mean())
    full = {
        **metrics,
        "mae_low": low,
        "mae_high": high,
        **{
            f"mae_{prior}_prior": float(np.abs(said.year - true).mean())
            for prior, said in by_prior.items()
        },
        "coverage": float(held.mean()),
        **{
            f"coverage_{name}": float(held[within].mean())
            for name, era in ERAS.items()
            if (within := (true >= era.start) & (true < era.stop)).any()
        },
        "interval_width": float((dates.high - dates.low).mean()),
        "constant_mae": constant_mae,
        "best_constant_mae": float(np.abs(informed[test] - true).mean()),
        **{
            f"{name}_mae": float(np.abs(answer(part) - true).mean())
            for name, answer in baselines.models.items()
        },
        "skill": 1 - metrics["mae"] / constant_mae if constant_mae else 0.0,
    }
    return {
        key: value if isinstance(value, int) else round(value, 4) for key, value in full.items()
    }


def by_decade(part: Part, dates: YearPredictions) -> pd.DataFrame:
    """Errors and intervals by decade, oldest first.

    Returns:
        Index `decade`; columns `n`, `mae`, `bias` (mean of predicted - true), `width` of the
        intervals (all in years) and `coverage` (share of them that hold their year).
    """
    error = dates.year - part.years
    table = pd.DataFrame(
        {
            "decade": part.years // 10 * 10,
            "mae": np.abs(error),
            "bias": error,
            "coverage": hold(dates.low, dates.high, part.years).astype(float),
            "width": (dates.high - dates.low).astype(float),
        }
    )
    groups = table.groupby("decade")
    means = groups.mean()
    means.insert(0, "n", groups.size())
    return means


def chance_limits(
    level: float, counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between which shares of intervals chance alone lets lie what aims at `level`.

    Args:
        level: the share that is aimed at.
        counts: of how many posters each share is.

    Returns:
        Two standard errors below and above the level, within 0 and 1; both of the shape of counts.
    """
    error = 2 * np.sqrt(level * (1 - level) / counts)
    return np.maximum(level - error, 0), np.minimum(level + error, 1)
