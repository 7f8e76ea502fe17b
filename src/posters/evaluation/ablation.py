"""The ablation: what each choice of the pipeline is worth, by cross-validation.

Each choice is changed alone. Only training rows are used: choices that were made on the tests would
make their errors too small. All variants predict the same rows, so that differences between them
are paired.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from posters.evaluation.cached_tables import cached_tables
from posters.evaluation.metrics import PRIOR_OF, bootstrap
from posters.params import Params
from posters.years.dataset import Part, read_parts
from posters.years.priors import importance_weights
from posters.years.splitting import group_folds
from posters.years.training import cross_validate, fit_priors
from posters.years.year_distribution import Years

_ROW = ["repeat", "imdb_id"]


@dataclass(frozen=True)
class Variant:
    """One way to train the year head.

    Attributes:
        choice: what is changed.
        name: what it is changed to.
        train: changed parameters of training.
        features: which part of the embeddings the head is trained on, see `BackboneInfo`.
    """

    choice: str
    name: str
    train: Mapping[str, object] = field(default_factory=dict)
    features: str = "year_features"


VARIANTS = (
    Variant("reference", "all defaults"),
    Variant("features", "year and retrieval features", features="features"),
    Variant("features", "retrieval features alone", features="retrieval_features"),
    Variant("head", "scalar", {"head": "scalar"}),
    Variant("head", "no hidden layer", {"hidden": ()}),
    Variant("head", "256 units", {"hidden": (256,)}),
    Variant("head", "two hidden layers", {"hidden": (128, 64)}),
    Variant("labels", "width 1 year", {"label_width": 1.0}),
    Variant("labels", "width 2 years", {"label_width": 2.0}),
    Variant("labels", "width 6 years", {"label_width": 6.0}),
    Variant("labels", "width 10 years", {"label_width": 10.0}),
    Variant("regularisation", "no dropout", {"dropout": 0.0, "input_dropout": 0.0}),
    Variant("regularisation", "no weight decay", {"weight_decay": 0.0}),
    Variant("training", "10 epochs", {"epochs": 10}),
    Variant("training", "50 epochs", {"epochs": 50}),
    Variant("prior", "smoothed by 10 years", {"prior_width": 10.0}),
)
"""All variants; differences are to the first."""


def ablate(params: Params, repeats: int, choices: Collection[str] = ()) -> pd.DataFrame:
    """Cross-validate the default and its variants on the training rows of the last run.

    The errors of each finished repeat are cached; the first one has the pipeline's own folds.
    `choices` are the choices to change; all if empty.
    """
    years = np.array(params.scrape.years, dtype=np.int64)
    variants = [
        variant for variant in VARIANTS if not choices or variant.choice in ("reference", *choices)
    ]
    parts = {name: read_parts(name)["train"] for name in {v.features for v in variants}}

    def repeat(number: int) -> pd.DataFrame:
        seed, folds = params.split.seed + number, params.split.folds
        for part in parts.values():
            part.movies["fold"] = group_folds(part.groups, seed=seed, folds=folds)
        return errors_of_variants(variants, parts, years, params).assign(repeat=number)

    errors = cached_tables("ablation", repeat, range(repeats), params, variants)
    return tabulate(errors, seed=params.split.seed)


def errors_of_variants(
    variants: Sequence[Variant], parts: Mapping[str, Part], years: Years, params: Params
) -> pd.DataFrame:
    """Cross-validate variants on the training rows, which `parts` has by the features in use.

    Returns:
        Columns `choice`, `name`, `imdb_id`, `group`; for each test the absolute `error_` in years
        under its prior, and the `weight_` that gives the rows its mix of years.
    """
    tables = []
    for variant in variants:
        part = parts[variant.features]
        changed = params.train.model_copy(update=dict(variant.train))
        validated = cross_validate(part, years, changed)
        priors = fit_priors(part, years, params.train)  # the same for all variants
        table = part.movies[["imdb_id", "group"]].assign(choice=variant.choice, name=variant.name)
        for test, prior in PRIOR_OF.items():
            table[f"error_{test}"] = validated.errors(prior)
            weights = importance_weights(part.years, years, priors.named(prior))
            table[f"weight_{test}"] = weights
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def tabulate(errors: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The mean errors over all repeats, and the differences between variants and the reference.

    `errors` has the columns of `errors_of_variants`, and `repeat`; `seed` is that of the bootstrap.

    Returns:
        One row for each variant: `choice`, `name`, and for the mix of years of each test the mean
        error and `_difference`, each with 95% confidence limits `_low` and `_high`.
    """
    reference = errors[errors["choice"] == "reference"]
    columns = [*_ROW, *(f"error_{test}" for test in PRIOR_OF)]
    table = []
    for (choice, name), rows in errors.groupby(["choice", "name"], sort=False):
        row = {"choice": choice, "name": name}
        pairs = rows.merge(reference[columns], on=_ROW, suffixes=("", "_of_reference"))
        for test in PRIOR_OF:
            error = pairs[f"error_{test}"]
            values = {test: error}
            if choice != "reference":
                values[f"{test}_difference"] = error - pairs[f"error_{test}_of_reference"]
            weights = pairs[f"weight_{test}"].to_numpy()
            for column, value in values.items():
                mean = float(np.average(value, weights=weights))
                low, high = bootstrap(
                    value.to_numpy(), list(pairs["group"]), weights=weights, seed=seed
                )
                row |= {column: mean, f"{column}_low": low, f"{column}_high": high}
        table.append(row)
    return pd.DataFrame(table).round(3)
