"""Measure the year head on both tests, draw the figures, and log the run to MLflow.

dvc repro evaluate
"""

import numpy as np
import pandas as pd

from posters import command, paths, provenance
from posters.caveats import marked
from posters.dataset import Parts, read_parts
from posters.evaluation import Years, decade_errors, fit_baselines, report
from posters.files import write_json, write_text
from posters.neighbours import Neighbour, Neighbours
from posters.params import EvaluateParams, load_params
from posters.plots.evaluation import error_by_decade, predicted_against_true
from posters.plots.neighbours import neighbours_sheet
from posters.reporting import evaluated_run, model_digest
from posters.splitting import TESTS
from posters.tracking import log_run
from posters.year_head import load_head, predict_years


def main() -> None:
    """Write the metrics, the predictions and three figures, then log all of it as one run."""
    params = load_params()
    parts = read_parts()
    train, validation = parts["train"], parts["validation"]
    baselines = fit_baselines(
        train.vectors,
        train.years,
        (train.movies["origin"] == "initial").to_numpy(),
        validation.vectors,
        validation.years,
    )
    head = load_head(paths.MODEL)
    years = {name: parts[name].years for name in TESTS}
    predicted = {name: predict_years(head, parts[name].vectors) for name in TESTS}
    write_text(paths.PREDICTIONS, predictions(parts, predicted).to_csv(index=False))
    metrics = {
        name: report(parts[name].vectors, years[name], predicted[name], baselines, name)
        for name in TESTS
    }
    run = {
        **provenance.describe(params, parts),
        "model_sha256": model_digest(),
        "ridge_alpha": baselines.ridge_alpha,
        "knn_k": baselines.knn_k,
    }
    evaluation = {**metrics, "run": run}
    write_json(paths.METRICS / "evaluation.json", evaluation)

    caveats = run["caveats"]
    predicted_against_true(
        {name: (years[name], predicted[name]) for name in TESTS},
        {name: (metrics[name]["mae"], metrics[name]["constant_mae"]) for name in TESTS},
        paths.PLOTS / "predicted_true.png",
        caveats=caveats,
    )
    error_by_decade(
        {name: decade_errors(years[name], predicted[name]) for name in TESTS},
        paths.PLOTS / "error_by_decade.png",
        caveats=caveats,
    )
    draw_neighbours(parts, params.evaluate, caveats)
    log_run(params.evaluate.experiment, evaluated_run(params, parts, evaluation))
    for name in TESTS:
        said = {key: f"{metrics[name][key]:.1f}" for key in metrics[name] if key.endswith("mae")}
        print(
            f"evaluate: {name}: MAE {said['mae']} years (constant {said['constant_mae']}, ridge "
            f"{said['ridge_mae']}, kNN {said['knn_mae']}){marked(caveats)}"
        )


def predictions(parts: Parts, predicted: dict[str, Years]) -> pd.DataFrame:
    """Every tested movie with its year and the one that was guessed, to a tenth."""
    tables = [
        parts[name]
        .movies[["imdb_id", "title", "year"]]
        .assign(test=name, predicted=np.round(years, 1))
        for name, years in predicted.items()
    ]
    return pd.concat(tables)


def draw_neighbours(parts: Parts, params: EvaluateParams, caveats: list[str]) -> None:
    """Queries of the balanced test, evenly spread over the years, with their nearest posters."""
    test = parts["balanced"]
    order = test.movies.reset_index(drop=True).sort_values(["year", "imdb_id"]).index
    count = min(params.queries, len(order))
    chosen = [order[(2 * number + 1) * len(order) // (2 * count)] for number in range(count)]
    index = Neighbours.open()
    rows = []
    for row in chosen:
        movie = test.movies.iloc[row]
        query = Neighbour(movie["imdb_id"], movie["title"], movie["year"], movie["file"], 1.0)
        rows.append((query, index.nearest_to_vector(test.vectors[row], params.neighbours)))
    neighbours_sheet(rows, paths.DATA, paths.PLOTS / "neighbours.png", caveats=caveats)


if __name__ == "__main__":
    command.run("evaluate", main)
