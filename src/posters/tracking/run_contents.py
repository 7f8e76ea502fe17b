"""The MLflow run of an evaluated model: parameters, metrics, tags, description and files."""

import json
import os
from typing import Any

import pandas as pd

from posters import paths
from posters.files import sha256, sha256_of_file
from posters.git import git
from posters.params import Params, flatten
from posters.reports.words import result_in_words
from posters.tracking.runs import open_client, open_experiment
from posters.tracking.runs_page import NOTE, describe_experiment
from posters.years.dataset import Part, Parts
from posters.years.splitting import TESTS

_FILES = (
    *("plots/report.html", "plots/movies_distribution_1.png", "plots/movies_distribution_2.png"),
    *("plots/loss_curve.png", "plots/predicted_true.png", "plots/error_by_decade.png"),
    *("plots/coverage_by_decade.png", "plots/reliability.png", "plots/neighbours.png"),
    *("metrics/catalogue.json", "metrics/evaluation.json", "metrics/decades.csv"),
    *("metrics/reliability.csv", "metrics/risk_coverage.csv"),
)


def log_evaluation(params: Params, parts: Parts, evaluation: dict[str, Any]) -> str:
    """Log everything that the stages wrote about one model, and return the run's id.

    `evaluation` is the content of `metrics/evaluation.json`.

    Raises:
        TrackingError: the server at `MLFLOW_TRACKING_URI` does not respond.
    """
    run, backbone = evaluation["run"], parts.backbone
    catalogue = catalogue_metrics()
    tags = {
        # Errors of two runs compare only if the tests are the same.
        **{f"{test}_test_sha256": _test_digest(parts[test]) for test in TESTS},
        "weights": backbone.weights,
        "source": ", ".join(run["source"]),
        "caveats": ", ".join(run["caveats"]) or "none",
        "git_commit": git(paths.root(), "rev-parse", "HEAD") or "none",
        NOTE: _description(parts, evaluation),
    }
    if "DVC_EXP_NAME" in os.environ:
        tags["dvc_exp_name"] = os.environ["DVC_EXP_NAME"]
    # MLflow's lists and charts show the first 20 characters of a name.
    head = "" if params.train.head == "distribution" else f"{params.train.head} "
    name = f"t={params.rebalance.t} {backbone.name} {head}{run['model_sha256'][:7]}"
    client = open_client()
    import mlflow

    experiment_id = open_experiment(client, params.evaluate.experiment)
    describe_experiment(client, experiment_id)
    with mlflow.start_run(experiment_id=experiment_id, run_name=name) as active:
        mlflow.set_tags(tags)
        # The section `fetch` is left out: it holds an e-mail address and does not affect results.
        # The weights are those that were used: `imagenet` may have become `random`.
        used = {k: v for k, v in flatten(params).items() if not k.startswith("fetch.")}
        mlflow.log_params(used | {"embed.weights": backbone.weights})
        mlflow.log_metrics(_metrics(evaluation, catalogue))
        for row in pd.read_csv(paths.MODEL / "history.csv").to_dict("records"):
            curves = {f"train.{curve}": value for curve, value in row.items() if curve != "epoch"}
            mlflow.log_metrics(curves, step=int(row["epoch"]))
        mlflow.log_dict(_provenance(parts, run, catalogue, tags), "provenance.json")
        for file in _FILES:
            mlflow.log_artifact(str(paths.WORKSPACE / file))
    return str(active.info.run_id)


def _provenance(
    parts: Parts, run: dict[str, Any], catalogue: dict[str, Any], tags: dict[str, str]
) -> dict[str, Any]:
    """Digests (SHA-256) of the model and of everything that it was made from."""
    datasets = catalogue["source"].get("datasets", {})
    return {
        "model": run["model_sha256"],
        "weights": parts.backbone.weights_digest,
        "catalogue": sha256_of_file(paths.CATALOGUE),
        "embeddings": sha256_of_file(paths.EMBEDDINGS / "embeddings.npy"),
        "split": sha256_of_file(paths.SPLIT),
        "tests": {test: tags[f"{test}_test_sha256"] for test in TESTS},
        "datasets": {name: dataset["sha256"] for name, dataset in datasets.items()},
        "git_commit": tags["git_commit"],
    }


def model_digest() -> str:
    """The SHA-256 of the trained year model's weights."""
    return sha256_of_file(paths.MODEL / "head.weights.h5")


def catalogue_metrics() -> dict[str, Any]:
    """The content of `metrics/catalogue.json`."""
    content: dict[str, Any] = json.loads(
        (paths.METRICS / "catalogue.json").read_text(encoding="utf-8")
    )
    return content


def _description(parts: Parts, evaluation: dict[str, Any]) -> str:
    """The run's errors and training data in words."""
    run = evaluation["run"]
    errors = " ".join(
        f"{test.capitalize()} test: {result_in_words(evaluation[test])}."
        for test in reversed(TESTS)
    )
    trained_on = run["counts"]["train"]
    caveats = f" Caveats: {', '.join(run['caveats'])}." if run["caveats"] else ""
    return (
        f"{errors} Trained on {trained_on:,} posters, topped up to {run['t']} per year, embedded "
        f"by {parts.backbone.name} ({parts.backbone.weights} weights).{caveats}"
    )


def _test_digest(part: Part) -> str:
    """A digest of a test's posters and their years."""
    rows = part.movies.sort_values("imdb_id")[["imdb_id", "year", "sha256"]]
    return sha256(rows.to_csv(index=False, lineterminator="\n").encode())


def _metrics(evaluation: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, float]:
    sections = {
        **{name: evaluation[name] for name in (*TESTS, "neighbours", "origin")},
        "posters": evaluation["run"]["counts"],
        "catalogue": {
            "before": catalogue["before"]["movies"],
            "added": catalogue["added"],
            "after": catalogue["after"]["movies"],
            "short_years": catalogue["short"]["years"],
            "short_movies": catalogue["short"]["movies"],
        },
    }
    return {
        f"{section}.{key}": float(value)
        for section, numbers in sections.items()
        for key, value in numbers.items()
    }
