"""The ablation: what each choice of the pipeline is worth.

Each choice is changed alone, over several splits. All variants are tested on the same posters, so
differences between them are paired. A split has its own natural test and its own training rows; the
balanced test is always the same.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

import posters
from posters import paths
from posters.catalogue.entries import read_catalogue
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.metrics import PRIOR_OF, bootstrap
from posters.files import write_text
from posters.neighbours.near_duplicates import near_duplicate_movies
from posters.params import Params, TrainParams
from posters.years.dataset import Part, Parts, concatenate, join_parts
from posters.years.intervals import covered
from posters.years.splitting import TESTS, split_catalogue
from posters.years.training import fit_priors, train
from posters.years.year_distribution import Years

_ROW = ["split", "test", "imdb_id", "group"]


@dataclass(frozen=True)
class Variant:
    """One way to train the year head.

    Attributes:
        choice: what is changed.
        name: what it is changed to.
        train: changed parameters of training; all variants have one member.
        features: which part of the embeddings the head is trained on, see `BackboneInfo`.
    """

    choice: str
    name: str
    train: Mapping[str, object] = field(default_factory=dict)
    features: str = "year_features"


VARIANTS = (
    Variant("reference", "one head, all defaults"),
    Variant("features", "year and retrieval features", features="features"),
    Variant("features", "retrieval features alone", features="retrieval_features"),
    Variant("head", "scalar", {"head": "scalar"}),
    Variant("head", "no hidden layer", {"hidden": ()}),
    Variant("head", "128 units", {"hidden": (128,)}),
    Variant("head", "two hidden layers", {"hidden": (256, 128)}),
    Variant("labels", "width 1 year", {"label_width": 1.0}),
    Variant("labels", "width 3 years", {"label_width": 3.0}),
    Variant("labels", "width 10 years", {"label_width": 10.0}),
    Variant("regularisation", "no dropout", {"dropout": 0.0, "input_dropout": 0.0}),
    Variant("regularisation", "no weight decay", {"weight_decay": 0.0}),
    Variant("training", "10 epochs", {"epochs": 10}),
    Variant("training", "50 epochs", {"epochs": 50}),
    Variant("prior", "smoothed by 10 years", {"prior_width": 10.0}),
)
"""All variants; differences are to the first."""


def ablate(params: Params, splits: int, choices: Collection[str] = ()) -> pd.DataFrame:
    """Evaluate the pipeline, its variants and the baselines on the data of the last run.

    The errors of each finished split are cached in `.cache/ablation`.

    Args:
        params: of the pipeline.
        splits: their number; the first one is the pipeline's own.
        choices: the choices to change; all if empty.
    """
    catalogue = read_catalogue(paths.CATALOGUE)
    embeddings = read_embeddings(paths.EMBEDDINGS)
    pairs = near_duplicate_movies(catalogue, embeddings, params.split.near_duplicate, paths.DATA)
    years = np.array(params.scrape.years, dtype=np.int64)
    variants = [
        variant for variant in VARIANTS if not choices or variant.choice in ("reference", *choices)
    ]
    tables = []
    for number in tqdm(range(splits), desc="ablate", unit="split", disable=None):
        cached = _cache_file(params, variants, number)
        if not cached.exists():
            split = split_catalogue(
                catalogue,
                seed=params.split.seed + number,
                natural=params.split.natural,
                validation=params.split.validation,
                near_duplicate=pairs,
            )
            parts_with = {
                name: join_parts(catalogue, split, embeddings, getattr(embeddings.info, name))
                for name in {"year_features", *(variant.features for variant in variants)}
            }
            errors = errors_of_split(variants, parts_with, years, params.train)
            write_text(cached, errors.to_csv(index=False, lineterminator="\n"))
        errors = pd.read_csv(
            cached,
            dtype={"imdb_id": str, "group": str},
            keep_default_na=False,
            na_values={"covered": [""], "width": [""]},
        )
        tables.append(errors.assign(split=number))
    return tabulate(pd.concat(tables, ignore_index=True), seed=params.split.seed)


def errors_of_split(
    variants: Sequence[Variant], parts_with: Mapping[str, Parts], years: Years, params: TrainParams
) -> pd.DataFrame:
    """Train and test the pipeline's own model, the variants and the baselines on one split.

    `parts_with` holds the split by the features that are used.

    Returns:
        Columns `imdb_id`, `group`, `choice`, `name`, `test`, `error` (absolute, in years), and
        except for baselines `covered` (whether the interval contains the year: 0 or 1) and `width`
        (of the interval, in years).
    """
    pipeline = Variant("pipeline", "default", {"members": params.members})
    tables = []
    for variant in (pipeline, *variants):
        parts = parts_with[variant.features]
        changed = params.model_copy(update={"members": 1, **variant.train})
        model = train(parts["train"], parts["validation"], years, changed).year_model
        for test in TESTS:
            part = parts[test]
            predictions = model.predict(part.vectors, PRIOR_OF[test])
            table = _errors(variant.choice, variant.name, test, part, predictions.year)
            table["covered"] = covered(predictions.low, predictions.high, part.years).astype(float)
            table["width"] = (predictions.high - predictions.low).astype(float)
            tables.append(table)
    parts = parts_with["year_features"]
    priors = fit_priors(concatenate(parts["train"], parts["validation"]), years, params)
    fitted = fit_baselines(parts["train"], parts["validation"], priors)
    for test in TESTS:
        baselines = fitted[PRIOR_OF[test]]
        predicted = {name: predict(parts[test]) for name, predict in baselines.models.items()}
        predicted["best constant"] = np.full(len(parts[test].years), baselines.best_constant)
        for name, of_model in predicted.items():
            tables.append(_errors("other models", name, test, parts[test], of_model))
    return pd.concat(tables, ignore_index=True)


def tabulate(errors: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The mean errors over all splits, and the differences between variants and the reference.

    Args:
        errors: the columns of `errors_of_split`, and `split`.
        seed: of the bootstrap.

    Returns:
        One row for the pipeline, each variant and each baseline: `choice`, `name`, and for each
        test its mean error and `_difference`, each with 95% confidence limits `_low` and `_high`,
        and the `_coverage` and `_interval_width` of the intervals.
    """
    reference = errors.loc[errors["choice"] == "reference", [*_ROW, "error"]]
    table = []
    for (choice, name), of_variant in errors.groupby(["choice", "name"], sort=False):
        row = {"choice": choice, "name": name}
        for test in TESTS:
            rows = of_variant[of_variant["test"] == test]
            row |= _mean_with_limits(test, rows["error"], rows["group"], seed)
            if choice not in ("reference", "other models"):
                pairs = rows.merge(reference, on=_ROW)
                difference = pairs["error_x"] - pairs["error_y"]
                row |= _mean_with_limits(f"{test}_difference", difference, pairs["group"], seed)
            row[f"{test}_coverage"] = rows["covered"].mean()
            row[f"{test}_interval_width"] = rows["width"].mean()
        table.append(row)
    return pd.DataFrame(table).round(3)


def _mean_with_limits(
    name: str, values: pd.Series, groups: pd.Series, seed: int
) -> dict[str, float]:
    low, high = bootstrap(values.to_numpy(), list(groups), seed=seed)
    return {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def _cache_file(params: Params, *others: object) -> Path:
    """Where the errors of a split are cached: a digest of code, data and parameters."""
    code = sorted(Path(posters.__path__[0]).rglob("*.py"))
    digest = hashlib.sha256(f"{params.model_dump_json()} {others}".encode())
    for file in (*code, paths.CATALOGUE, paths.EMBEDDINGS / "backbone.json"):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return paths.cache() / "ablation" / f"{digest.hexdigest()[:32]}.csv"


def _errors(
    choice: str, name: str, test: str, part: Part, predicted: NDArray[np.float64]
) -> pd.DataFrame:
    return part.movies[["imdb_id", "group"]].assign(
        choice=choice, name=name, test=test, error=np.abs(predicted - part.years)
    )
