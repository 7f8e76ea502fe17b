"""An evaluated model as an MLflow run: what is remembered of it, under which names."""

import json
import os
from typing import Any

import pandas as pd

from posters import paths
from posters.files import sha256, sha256_of_file
from posters.params import Params, flatten
from posters.tracking.runs import Run
from posters.tracking.runs_page import NOTE
from posters.years.dataset import Part, Parts
from posters.years.provenance import git_commit
from posters.years.splitting import TESTS

_FILES = (
    paths.PLOTS / "report.html",
    paths.PLOTS / "movies_distribution_1.png",
    paths.PLOTS / "movies_distribution_2.png",
    paths.PLOTS / "loss_curve.png",
    paths.PLOTS / "predicted_true.png",
    paths.PLOTS / "error_by_decade.png",
    paths.PLOTS / "coverage_by_decade.png",
    paths.PLOTS / "neighbours.png",
    paths.METRICS / "catalogue.json",
    paths.METRICS / "evaluation.json",
    paths.METRICS / "decades.csv",
)


def evaluated_run(params: Params, parts: Parts, evaluation: dict[str, Any]) -> Run:
    """Gather what the stages left about one model.

    Args:
        params: what it was made with.
        parts: what it was trained and tested on.
        evaluation: the content of `metrics/evaluation.json`.
    """
    model_sha256 = evaluation["run"]["model_sha256"]
    backbone = parts.backbone
    caveats = evaluation["run"]["caveats"]
    tags = {
        "model_sha256": model_sha256,
        "catalogue_sha256": sha256_of_file(paths.CATALOGUE),
        "embeddings_sha256": sha256_of_file(paths.EMBEDDINGS / "embeddings.npy"),
        "split_sha256": sha256_of_file(paths.SPLIT),
        **{f"{test}_test_sha256": _test_digest(parts[test]) for test in TESTS},
        "weights": backbone.weights,
        "weights_sha256": backbone.weights_digest,
        "source": ", ".join(evaluation["run"]["source"]),
        "caveats": ", ".join(caveats) or "none",
        "git_commit": git_commit(paths.root()) or "none",
        NOTE: in_words(parts, evaluation),
    }
    for name, dataset in catalogue_metrics()["source"].get("datasets", {}).items():
        tags[f"{name}_sha256"] = dataset["sha256"]
    experiment_name = os.environ.get("DVC_EXP_NAME")
    if experiment_name:
        tags["dvc_exp_name"] = experiment_name
    return Run(
        name=_name(params, backbone.name, model_sha256),
        # Whom a site may write to is nobody else's business, and how it was asked changes nothing.
        params={k: v for k, v in flatten(params).items() if not k.startswith("fetch.")},
        metrics={
            f"{section}.{key}": float(value)
            for section, numbers in _sections(evaluation).items()
            for key, value in numbers.items()
        },
        history=pd.read_csv(paths.MODEL / "history.csv"),
        tags=tags,
        files=_FILES,
        dataset=parts.catalogue,
        dataset_digest=tags["catalogue_sha256"],
    )


def model_digest() -> str:
    """The SHA-256 of the trained head's weights."""
    return sha256_of_file(paths.MODEL / "head.weights.h5")


def _name(params: Params, network: str, model_sha256: str) -> str:
    """Short, as lists and charts of MLflow show the first 20 letters."""
    head = "" if params.train.head == "distribution" else f"{params.train.head} "
    return f"t={params.rebalance.t} {network} {head}{model_sha256[:7]}"


def in_words(parts: Parts, evaluation: dict[str, Any]) -> str:
    """How good a model is and what it was made from, for a person who compares runs."""
    run = evaluation["run"]
    errors = [
        f"{told['mae']:.1f} years on the {test} test ({told['n']:.0f} posters; a constant errs "
        f"by {told['best_constant_mae']:.1f}; {told['coverage']:.0%} of the intervals hold)"
        for test, told in ((test, evaluation[test]) for test in reversed(TESTS))
    ]
    trained_on = run["counts"]["train"] + run["counts"]["validation"]
    caveats = f" Beware: {', '.join(run['caveats'])}." if run["caveats"] else ""
    return (
        f"Errs by {' and by '.join(errors)}. Trained on {trained_on:,} posters, topped up towards "
        f"{run['t']} a year, as seen by {parts.backbone.name} ({parts.backbone.weights} weights)."
        f"{caveats}"
    )


def _test_digest(part: Part) -> str:
    """The same for two runs that were tested on the same posters: only then errors compare."""
    rows = part.movies.sort_values("imdb_id")[["imdb_id", "year", "sha256"]]
    return sha256(rows.to_csv(index=False, lineterminator="\n").encode())


def catalogue_metrics() -> dict[str, Any]:
    """The content of `metrics/catalogue.json`."""
    content: dict[str, Any] = json.loads(
        (paths.METRICS / "catalogue.json").read_text(encoding="utf-8")
    )
    return content


def _sections(evaluation: dict[str, Any]) -> dict[str, dict[str, float]]:
    catalogue = catalogue_metrics()
    return {
        **{name: evaluation[name] for name in (*TESTS, "origin")},
        "posters": evaluation["run"]["counts"],
        "catalogue": {
            "before": catalogue["before"]["movies"],
            "added": catalogue["added"],
            "after": catalogue["after"]["movies"],
            "short_years": catalogue["short"]["years"],
            "short_movies": catalogue["short"]["movies"],
        },
    }
