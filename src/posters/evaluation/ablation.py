"""What each choice of the pipeline is worth: it is changed alone, over several splits.

All variants are asked about the same posters of the same splits, so their differences are of pairs.
A split draws other natural tests and other training rows; the balanced test stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.evaluation.baselines import fit_baselines
from posters.evaluation.metrics import PRIOR_OF, bootstrap
from posters.params import TrainParams
from posters.years import year_distribution
from posters.years.dataset import Part, Parts, concatenate
from posters.years.intervals import hold
from posters.years.priors import Priors, fit_priors
from posters.years.splitting import TESTS
from posters.years.training import train
from posters.years.year_distribution import Probabilities, Years
from posters.years.year_head import fit_head, predict

Vectors = NDArray[np.float32]
Read = Callable[[Probabilities, Priors, str], NDArray[np.float64]]
"""Years of posters: what a head says, its priors and the test's own prior in; shape (n,) out."""


@dataclass(frozen=True)
class Variant:
    """One way to do it.

    Attributes:
        choice: which choice it is about.
        name: what is done instead of the default.
        features: which vectors it is given (see `ablate.py`).
        change: of the parameters of training.
        read: reads years off what the head says.
    """

    choice: str
    name: str
    features: str = "default"
    change: Mapping[str, Any] | None = None
    read: Read | None = None


def adjusted_median(said: Probabilities, priors: Priors, prior: str) -> NDArray[np.float64]:
    """The default: the median under the test's own prior."""
    return year_distribution.median(priors.adjusted(said, prior), priors.years)


def adjusted_mean(said: Probabilities, priors: Priors, prior: str) -> NDArray[np.float64]:
    """The expected year under the test's own prior."""
    return year_distribution.mean(priors.adjusted(said, prior), priors.years)


def adjusted_mode(said: Probabilities, priors: Priors, prior: str) -> NDArray[np.float64]:
    """The likeliest year under the test's own prior."""
    best = priors.adjusted(said, prior).argmax(axis=1)
    years: NDArray[np.float64] = priors.years[best].astype(np.float64)
    return years


def learned_median(said: Probabilities, priors: Priors, prior: str) -> NDArray[np.float64]:
    """The median as the head says it: its prior stays what it was trained with."""
    return year_distribution.median(said, priors.years)


def variants() -> list[Variant]:
    """The ones that the table shows; the first is what the others are compared with."""
    one = {"members": 1}
    return [
        Variant("reference", "one head, all defaults", change=one),
        Variant("members", "3 heads", change={"members": 3}),
        Variant(
            "features",
            "year and retrieval features",
            features="year and retrieval features",
            change=one,
        ),
        Variant(
            "features",
            "retrieval features alone",
            features="retrieval features alone",
            change=one,
        ),
        Variant("features", "last layer alone", features="last layer", change=one),
        Variant("features", "square posters", features="square", change=one),
        Variant("features", "grey posters", features="grey", change=one),
        Variant("head", "scalar", change={**one, "head": "scalar"}, read=learned_median),
        Variant("head", "no hidden layer", change={**one, "hidden": ()}),
        Variant("head", "128 units", change={**one, "hidden": (128,)}),
        Variant("head", "two hidden layers", change={**one, "hidden": (256, 128)}),
        Variant("labels", "width 1 year", change={**one, "label_width": 1.0}),
        Variant("labels", "width 3 years", change={**one, "label_width": 3.0}),
        Variant("labels", "width 10 years", change={**one, "label_width": 10.0}),
        Variant("regularising", "no mixing", change={**one, "mixup": 0.0}),
        Variant("regularising", "no dropout", change={**one, "dropout": 0.0, "input_dropout": 0.0}),
        Variant("regularising", "no weight decay", change={**one, "weight_decay": 0.0}),
        Variant("fitting", "10 epochs", change={**one, "epochs": 10}),
        Variant("fitting", "50 epochs", change={**one, "epochs": 50}),
        Variant("prior", "as learned", change=one, read=learned_median),
        Variant("prior", "natural one of width 10", change={**one, "prior_width": 10.0}),
        Variant("answer", "mean", change=one, read=adjusted_mean),
        Variant("answer", "likeliest year", change=one, read=adjusted_mode),
    ]


def rows_of_variant(
    variant: Variant, parts: Parts, years: Years, params: TrainParams, said: dict[Any, Any]
) -> pd.DataFrame:
    """Train one variant on one split and ask it about both tests.

    Args:
        variant: what is changed.
        parts: the split, with the vectors of `variant.features`.
        years: all that can be answered.
        params: of the default.
        said: what heads trained alike on this split said before; another one is added.

    Returns:
        Columns `test`, `imdb_id`, `group`, `error` (absolute, in years).
    """
    changed = params.model_copy(update=dict(variant.change or {}))
    everything = concatenate(parts["train"], parts["validation"])
    trained_as = changed.model_copy(update={"prior_width": params.prior_width})
    key = (variant.features, trained_as.model_dump_json())
    if key not in said:
        model = fit_head(everything.vectors, everything.years, years, changed).model
        said[key] = {test: predict(model, parts[test].vectors, years) for test in TESTS}
    priors = fit_priors(
        everything.years,
        everything.initial,
        years,
        label_width=changed.label_width,
        prior_width=changed.prior_width,
    )
    read = variant.read or adjusted_median
    answers = {test: read(said[key][test], priors, PRIOR_OF[test]) for test in TESTS}
    return _errors(parts, answers)


def rows_of_models(parts: Parts, years: Years, params: TrainParams) -> pd.DataFrame:
    """The pipeline as it stands, intervals included, and the baselines, on one split.

    Returns:
        The columns of `rows_of_variant` and `name`: `default`, or a baseline's; of the default also
        `held` (whether the interval held the year: 0 or 1) and `width` (of it, in years).
    """
    year_model = train(parts["train"], parts["validation"], years, params).year_model
    dates = {test: year_model.predict(parts[test].vectors, PRIOR_OF[test]) for test in TESTS}
    default = _errors(parts, {test: said.year for test, said in dates.items()})
    default["held"] = np.concatenate(
        [hold(said.low, said.high, parts[test].years) for test, said in dates.items()]
    ).astype(float)
    default["width"] = np.concatenate([said.high - said.low for said in dates.values()])
    baselines = fit_baselines(parts["train"], parts["validation"])
    informed = {"natural": baselines.natural_constant, "balanced": baselines.uniform_constant}
    answers: dict[str, Callable[[str, Part], NDArray[np.float64]]] = {
        "best constant": lambda test, part: np.full(len(part.years), informed[test]),
        **{
            name: lambda _test, part, answer=answer: answer(part)  # type: ignore[misc]
            for name, answer in baselines.models.items()
        },
    }
    tables = [
        _errors(parts, {test: answer(test, parts[test]) for test in TESTS}).assign(name=name)
        for name, answer in answers.items()
    ]
    return pd.concat([default.assign(name="default"), *tables], ignore_index=True)


def summarise(
    errors: pd.DataFrame, reference: pd.DataFrame | None, *, seed: int
) -> dict[str, float]:
    """Pooled over splits: error of each test, its limits, and the difference to a reference.

    Args:
        errors: columns `split`, `test`, `imdb_id`, `group`, `error`.
        reference: the same of what it is compared with, or None.
        seed: of the bootstrap.
    """
    summary: dict[str, float] = {}
    for test in TESTS:
        rows = errors[errors["test"] == test]
        low, high = bootstrap(rows["error"].to_numpy(), list(rows["group"]), seed=seed)
        summary |= {test: rows["error"].mean(), f"{test}_low": low, f"{test}_high": high}
        if reference is not None:
            both = rows.merge(reference, on=["split", "test", "imdb_id", "group"])
            difference = (both["error_x"] - both["error_y"]).to_numpy()
            low, high = bootstrap(difference, list(both["group"]), seed=seed)
            summary |= {
                f"{test}_difference": difference.mean(),
                f"{test}_difference_low": low,
                f"{test}_difference_high": high,
            }
        if "held" in rows:
            summary |= {
                f"{test}_coverage": rows["held"].mean(),
                f"{test}_interval_width": rows["width"].mean(),
            }
    return {name: round(float(value), 3) for name, value in summary.items()}


def _errors(parts: Parts, answers: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    tables: Sequence[pd.DataFrame] = [
        pd.DataFrame(
            {
                "test": test,
                "imdb_id": list(parts[test].movies["imdb_id"]),
                "group": parts[test].groups,
                "error": np.abs(years - parts[test].years),
            }
        )
        for test, years in answers.items()
    ]
    return pd.concat(tables, ignore_index=True)
