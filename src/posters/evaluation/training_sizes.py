"""The learning curve: the errors on both tests against the number of training posters.

Each size is a random subset of the training rows, and part of each larger one. Groups are taken
whole. So a subset has the mix of years and of origins of all rows, and with them the priors, apart
from chance. The number of epochs is the same for all sizes, as in the pipeline.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters import paths
from posters.catalogue.pseudo_random import unit_interval
from posters.errors import DataError
from posters.evaluation.cached_tables import cached_tables
from posters.evaluation.metrics import PRIOR_OF, bootstrap, coverage_by_era
from posters.params import Params
from posters.years.dataset import Parts
from posters.years.training import train
from posters.years.year_model import YearModel, read_about

DOUBLING = tuple(750 * 2**power for power in range(12))
"""Sizes to train on by default, as far as there are posters."""


def learning_curve(parts: Parts, params: Params, sizes: Iterable[int]) -> pd.DataFrame:
    """Predict both tests with models of subsets of the training rows, and with the last run's.

    `sizes` are the largest numbers of posters in the subsets. The result of each finished one is
    cached.

    Returns:
        One row for each size and test: `trained_on` (training posters), `test`, `n` (its posters),
        `mae` with 95% confidence limits `mae_low` and `mae_high`, `coverage` of the intervals, and
        `validation_mae` under the prior of the test.

    Raises:
        DataError: no size is smaller than all training posters, or one is so small that a fold is
            empty.
    """
    training, seed = parts["train"], params.split.seed
    everything = len(training.years)

    def subset(size: int) -> NDArray[np.bool_]:
        return nested_subset(training.groups, size, seed=seed)

    sizes = sorted({int(subset(size).sum()) for size in (*sizes, everything)})
    if len(sizes) < 2:
        raise DataError(
            f"there are {everything} training posters, and no size below that to compare with: "
            f"name smaller sizes (--sizes {everything // 4} {everything // 2}), or gather more "
            "posters (scrape.movies, rebalance.t)"
        )
    about = read_about(paths.MODEL)
    years = np.array(params.scrape.years, dtype=np.int64)

    def measure(size: int) -> pd.DataFrame:
        part = training.rows(subset(size))
        filled = len(set(part.folds))
        if filled < params.split.folds:
            raise DataError(
                f"only {filled} of {params.split.folds} folds have posters if {size} are trained "
                "on: name larger sizes (--sizes)"
            )
        if size == everything:
            model, validation = YearModel.open(), about["validation_mae"]
        else:
            trained = train(part, years, params.train)
            model, validation = trained.year_model, trained.validation
        rows = []
        for test, prior in PRIOR_OF.items():
            predicted = model.predict(parts[test].vectors, prior)
            true = parts[test].years
            errors = np.abs(predicted.year - true)
            low, high = bootstrap(errors, parts[test].groups, seed=seed)
            row = {"trained_on": size, "test": test, "n": len(true)}
            row |= {"mae": errors.mean(), "mae_low": low, "mae_high": high}
            row["coverage"] = coverage_by_era(predicted.low, predicted.high, true)["coverage"]
            rows.append(row | {"validation_mae": validation[prior]})
        return pd.DataFrame(rows).round(4)

    return cached_tables("learning_curve", measure, sizes, params, about)


def nested_subset(groups: Sequence[str], size: int, *, seed: int) -> NDArray[np.bool_]:
    """Choose whole groups in a random order, as long as they have no more than `size` rows.

    `groups` names the group of each row. The result says which rows are chosen, shape (n,); with
    the same seed, a larger size chooses them too.
    """
    order = pd.Series([unit_interval(seed, "learning curve", group) for group in groups])
    # The highest rank in a group is the number of rows up to its end.
    return (order.rank(method="max") <= size).to_numpy()
