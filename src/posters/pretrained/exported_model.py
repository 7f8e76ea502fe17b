"""Exports the model of the last run to `pretrained/`: small, without pictures, fit for git."""

import json
import shutil
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from posters import paths
from posters.catalogue.caveats import GENERATED
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.embedding.exported_backbone import network_choices
from posters.errors import DataError
from posters.evaluation.metrics import PRIOR_OF, predict_tests, year_metrics
from posters.explore.shown_predictions import ShownPredictions
from posters.files import replacing, write_json, write_text
from posters.git import git
from posters.model_choice import NETWORK_CHOICES
from posters.neighbours.index import nearest_rows
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.params import Params, flatten, parse_params
from posters.pretrained.small_head import write_small_head
from posters.reports.model_card import model_card
from posters.tracking.run_contents import catalogue_metrics, model_digest
from posters.years.dataset import read_parts
from posters.years.splitting import TESTS
from posters.years.year_model import YearModel, read_about

COMPONENTS, STEP = 256, 0.0085
RANK = 128


def export_model(params: Params, description: str) -> dict[str, Any]:
    """Write the model of the last run to `pretrained/`, which is replaced as a whole.

    `description` says what the posters are and where their titles and years are from, for the card.
    The result says what the export lost: `kept_neighbours` and the errors on both tests (`mae`).

    Raises:
        DataError: there is no run, its files don't match, or its network can't be built elsewhere.
    """
    if params.embed.weights not in ("imagenet", "random"):
        raise DataError(
            "the network has weights from a file, which others don't have: only a run with "
            "embed.weights imagenet (or random, to try it) can be exported"
        )
    about = read_about(paths.MODEL)
    if GENERATED in about["caveats"]:
        raise DataError(
            "the last run learned from generated posters, and pretrained/ is for a model of real "
            "ones: set `source` in params.yaml, and run `make repro`"
        )
    evaluation = json.loads((paths.METRICS / "evaluation.json").read_text(encoding="utf-8"))
    if evaluation["run"]["model_sha256"] != model_digest():
        raise DataError("metrics/ and data/model are of different runs: run `dvc repro`")
    table = (paths.INPUTS / "table.json").read_text(encoding="utf-8")
    parts, embeddings = read_parts(), read_embeddings(paths.EMBEDDINGS)
    catalogue = ReducedCatalogue.of(embeddings, COMPONENTS, STEP)
    whole_model = YearModel.open()
    tested = embeddings.rows([name for test in TESTS for name in parts[test].movies["imdb_id"]])
    with replacing(paths.PRETRAINED) as new:
        model = new / paths.MODEL.name
        model.mkdir(parents=True)
        catalogue.write(new / paths.EMBEDDINGS.name)
        write_json(new / paths.EMBEDDINGS.name / NETWORK_CHOICES, network_choices(params.embed))
        write_small_head(paths.MODEL, model, parts["train"].vectors, RANK)
        predictions = predict_tests(whole_model, parts)
        ShownPredictions.of(parts, embeddings, predictions, whole_model).write(model)
        for name in ("priors.csv", "thresholds.csv"):
            shutil.copyfile(paths.MODEL / name, model / name)
        write_json(model / "about.json", about)
        small = predict_tests(YearModel.open(model), parts)
        exported = {
            "description": description,
            "commit": git(paths.WORKSPACE, "rev-parse", "HEAD") or "unknown",
            "table": json.loads(table).get("sha256"),
            "changed_params": changed_params(params),
            "components": COMPONENTS,
            "rank": RANK,
            "neighbours": kept_neighbours(embeddings, catalogue, tested),
            "mae": {
                test: round(year_metrics(parts[test].years, small[test][prior].year)["mae"], 4)
                for test, prior in PRIOR_OF.items()
            },
            "learning_curve": read_learning_curve(evaluation),
        }
        write_json(new / "evaluation.json", {**evaluation, "exported": exported})
        decades = pd.read_csv(paths.METRICS / "decades.csv")
        card = model_card(evaluation, decades, catalogue_metrics(), exported)
        write_text(new / "README.md", card)
    return exported


def read_learning_curve(evaluation: Mapping[str, Any]) -> list[dict[Hashable, Any]]:
    """The rows of `metrics/learning_curve.csv`, if `make learning-curve` was run for this run.

    Raises:
        DataError: the table is of another run.
    """
    file = paths.METRICS / "learning_curve.csv"
    if not file.exists():
        return []
    table = pd.read_csv(file)
    whole = table[table["trained_on"] == table["trained_on"].max()].set_index("test")["mae"]
    if any(abs(whole[test] - evaluation[test]["mae"]) > 1e-3 for test in TESTS):
        raise DataError(f"metrics/{file.name} is of another run: run `make learning-curve`")
    return table.to_dict("records")


def kept_neighbours(
    embeddings: Embeddings, catalogue: ReducedCatalogue, rows: NDArray[np.intp]
) -> dict[str, float]:
    """How often the nearest posters by whole and by reduced features are the same ones.

    `rows` are those of the posters whose neighbours are compared; themselves don't count.

    Returns:
        `first`: the share of posters whose nearest poster stays the nearest; `first_among_3`:
        stays among the nearest three; `ten`: mean share of the nearest ten that stay among them.
    """
    whole = _others(embeddings.retrieval_features, embeddings.retrieval_features[rows], rows)
    vectors = np.asarray(embeddings.matrix[rows])
    reduced = _others(catalogue.retrieval_features, catalogue.retrieval_features_of(vectors), rows)
    nearest = whole[:, :1]
    shared = [len(set(one) & set(other)) for one, other in zip(whole, reduced, strict=True)]
    kept = {
        "first": (reduced[:, :1] == nearest).mean(),
        "first_among_3": (reduced[:, :3] == nearest).any(axis=1).mean(),
        "ten": np.mean(shared) / 10,
    }
    return {"posters": len(rows), **{name: round(float(share), 4) for name, share in kept.items()}}


def _others(
    features: NDArray[np.float32], queries: NDArray[np.float32], rows: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The ten nearest rows of each query that are not its own, shape (n, 10)."""
    found, _ = nearest_rows(features, queries, 11)
    return np.array([near[near != own][:10] for near, own in zip(found, rows, strict=True)])


def changed_params(params: Params) -> dict[str, Any]:
    """The parameters that make this model, of those that differ from the ones in git.

    How runs are evaluated makes no difference, and the names of tables are this machine's.
    """
    in_git = git(paths.WORKSPACE, "show", "HEAD:params.yaml")
    before = flatten(parse_params(yaml.safe_load(in_git))) if in_git else {}
    return {
        name: "TABLE.csv" if name in ("source.table", "source.pool") else value
        for name, value in flatten(params).items()
        if value != before.get(name) and not name.startswith("evaluate.")
    }
