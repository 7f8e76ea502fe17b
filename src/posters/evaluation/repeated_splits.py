"""Both tests over several splits: the errors of one split depend much on what is in it.

A split has its own natural test and its own training rows; the balanced test is always the same.
Nothing is chosen here, as what is chosen on the tests makes their errors too small.
"""

import numpy as np
import pandas as pd

from posters import paths
from posters.catalogue.entries import read_catalogue
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.cached_tables import cached_tables
from posters.evaluation.metrics import PRIOR_OF, bootstrap, by_decade, coverage_by_era
from posters.evaluation.reliability import reliability_metrics, reliability_table, stated_and_found
from posters.neighbours.near_duplicates import read_pairs
from posters.params import Params
from posters.years.dataset import Parts, join_parts
from posters.years.splitting import split_catalogue
from posters.years.training import train

HEAD, CONSTANT = "year model", "best constant"


def predict_splits(params: Params, splits: int) -> pd.DataFrame:
    """Train and test the year model and the baselines on several splits of the last run's posters.

    The first split is the pipeline's own. The predictions of each finished one are cached.

    Returns:
        The tables of `predictions_of_split` of all splits, one after the other.
    """
    catalogue = read_catalogue(paths.CATALOGUE)
    embeddings = read_embeddings(paths.EMBEDDINGS)
    pairs = read_pairs(paths.NEAR_DUPLICATES)

    def measure(number: int) -> pd.DataFrame:
        split = split_catalogue(
            catalogue,
            seed=params.split.seed + number,
            natural=params.split.natural,
            folds=params.split.folds,
            near_duplicate=pairs,
        )
        columns = embeddings.info.year_features
        return predictions_of_split(join_parts(catalogue, split, embeddings, columns), params)

    return cached_tables("splits", measure, range(splits), params)


def predictions_of_split(parts: Parts, params: Params) -> pd.DataFrame:
    """Train on one split, and predict both tests.

    Returns:
        One row for each tested poster: `test`, `imdb_id`, `group`, `year`, the predicted year of
        each model by its name, `low` and `high` of the interval, and the columns of
        `stated_and_found`.
    """
    years = np.array(params.scrape.years, dtype=np.int64)
    model = train(parts["train"], years, params.train).year_model
    baselines = fit_baselines(parts["train"], model.priors)
    tables = []
    for test, prior in PRIOR_OF.items():
        part = parts[test]
        predictions = model.predict(part.vectors, prior)
        table = part.movies[["imdb_id", "group", "year"]].reset_index(drop=True)
        table = table.assign(test=test, low=predictions.low, high=predictions.high)
        table[HEAD] = predictions.year
        for name, predict in baselines[prior].models.items():
            table[name] = predict(part)
        table[CONSTANT] = baselines[prior].best_constant
        tables.append(table.join(stated_and_found(predictions, part.years)))
    return pd.concat(tables, ignore_index=True)


def tabulate(posters: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Errors of all models over all splits, and how good the year model's intervals are.

    `posters` are the rows of `predictions_of_split`; `seed` is that of the bootstrap.

    Returns:
        One row for each test and model: `test`, `model`, `mae` with 95% confidence limits `mae_low`
        and `mae_high`, `skill` (1 - mae / that of the best constant); for the year model also
        `coverage`, `coverage_` of each era and `n_` (posters in it), `calibration_error` and
        `pit_distance`.
    """
    models = list(posters.loc[:, HEAD:CONSTANT].columns)
    table = []
    for test, rows in posters.groupby("test", sort=False):
        errors = rows[models].sub(rows["year"], axis=0).abs()
        for model in models:
            mae = errors[model].mean()
            low, high = bootstrap(errors[model].to_numpy(), list(rows["group"]), seed=seed)
            row = {"test": test, "model": model, "mae": mae, "mae_low": low, "mae_high": high}
            row["skill"] = 1 - mae / errors[CONSTANT].mean()
            if model == HEAD:
                columns = (rows[name].to_numpy() for name in ("low", "high", "year"))
                row |= coverage_by_era(*columns)
                row |= reliability_metrics(reliability_table(rows))
            table.append(row)
    return pd.DataFrame(table).round(4)


def tabulate_decades(posters: pd.DataFrame) -> pd.DataFrame:
    """The year model's errors and intervals by decade, over the same rows as `tabulate`.

    Returns:
        The columns of `by_decade`, for each `test` and `decade`.
    """
    tables = {
        test: by_decade(*(rows[name].to_numpy() for name in ("year", HEAD, "low", "high")))
        for test, rows in posters.groupby("test", sort=False)
    }
    return pd.concat(tables, names=["test"]).reset_index().round(4)
