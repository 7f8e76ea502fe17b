"""Measure the year head on both tests, draw figures, write the report, log the run to MLflow.

dvc repro evaluate
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
from dataclasses import asdict

import pandas as pd

from posters import paths
from posters.caveats import marked
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.metrics import PRIOR_OF, by_decade, metrics_of_test
from posters.evaluation.origin_check import check_origin
from posters.evaluation.sweep_table import read_sweep
from posters.files import write_json, write_text
from posters.neighbours.index import Neighbour, Neighbours
from posters.params import EvaluateParams, load_params
from posters.reports.error_plots import coverage_by_decade, error_by_decade, predicted_against_true
from posters.reports.findings import Findings, LookAlikes
from posters.reports.neighbour_sheet import neighbours_sheet
from posters.reports.report import render
from posters.tracking.registry import register
from posters.tracking.run_contents import catalogue_metrics, evaluated_run, model_digest
from posters.tracking.runs import log_run
from posters.years import provenance
from posters.years.dataset import Parts, concatenate, read_parts
from posters.years.priors import PRIORS
from posters.years.splitting import TESTS
from posters.years.year_model import YearModel, YearPredictions


def main() -> None:
    """Write metrics, predictions, figures and the report, then log all of it as one run."""
    params = load_params()
    parts = read_parts()
    sweep = read_sweep(paths.INPUTS / "sweep.csv")
    year_model = YearModel.open()
    dates = {
        test: {prior: year_model.predict(parts[test].vectors, prior) for prior in PRIORS}
        for test in TESTS
    }
    baselines = fit_baselines(parts["train"], parts["validation"])
    metrics = {
        test: metrics_of_test(parts[test], dates[test], baselines, test, seed=params.split.seed)
        for test in TESTS
    }
    origin = check_origin(concatenate(parts["train"], parts["validation"]), seed=params.split.seed)
    run = {
        **provenance.describe(params, parts),
        "model_sha256": model_digest(),
        "baselines": baselines.settings,
    }
    evaluation = {**metrics, "origin": asdict(origin) if origin else {}, "run": run}
    write_json(paths.METRICS / "evaluation.json", evaluation)
    own = {test: dates[test][PRIOR_OF[test]] for test in TESTS}
    tested = predictions(parts, own)
    write_text(paths.PREDICTIONS, tested.to_csv(index=False))
    decades = decade_table(parts, dates)
    write_text(paths.METRICS / "decades.csv", decades.to_csv(index=False, float_format="%.3f"))
    draw(parts, own, metrics, year_model.level, run["caveats"])
    look_alikes = draw_neighbours(parts, params.evaluate, run["caveats"])
    findings = Findings(
        evaluation=evaluation,
        catalogue=catalogue_metrics(),
        decades=decades,
        tested=tested.merge(parts.catalogue[["imdb_id", "file"]], on="imdb_id"),
        look_alikes=look_alikes,
        posters=paths.DATA,
        before=params.rebalance.before,
        head=params.train.head,
        level=year_model.level,
        sweep=sweep,
    )
    write_text(paths.PLOTS / "report.html", render(findings))
    run_id = log_run(params.evaluate.experiment, evaluated_run(params, parts, evaluation))
    for test in TESTS:
        said = {key: f"{value:.1f}" for key, value in metrics[test].items()}
        print(
            f"evaluate: {test}: MAE {said['mae']} years ({said['mae_low']}-{said['mae_high']}; "
            f"constant {said['constant_mae']}, informed {said['best_constant_mae']}, ridge "
            f"{said['ridge_mae']}, kNN {said['knn_mae']}, SVR {said['svr_mae']}, colour alone "
            f"{said['colour_mae']}); {metrics[test]['coverage']:.0%} of intervals hold"
            f"{marked(run['caveats'])}"
        )
    if params.evaluate.log_model:
        version = register(run_id, params.evaluate)
        print(
            f"evaluate: {version.name} version {version.number} is "
            f"{'the' if version.champion else 'not the'} champion: {version.decision}"
        )


def predictions(parts: Parts, dates: dict[str, YearPredictions]) -> pd.DataFrame:
    """Every tested movie with its year, the one that was guessed (to a tenth), and the interval."""
    tables = [
        parts[test]
        .movies[["imdb_id", "title", "year"]]
        .assign(test=test, predicted=said.year.round(1), low=said.low, high=said.high)
        for test, said in dates.items()
    ]
    return pd.concat(tables)


def decade_table(parts: Parts, dates: dict[str, dict[str, YearPredictions]]) -> pd.DataFrame:
    """Errors and intervals of each test by decade, under each prior."""
    tables = [
        by_decade(parts[test], said).reset_index().assign(test=test, prior=prior)
        for test, by_prior in dates.items()
        for prior, said in by_prior.items()
    ]
    table = pd.concat(tables)
    return table[["test", "prior", *(name for name in table if name not in ("test", "prior"))]]


def draw(
    parts: Parts,
    dates: dict[str, YearPredictions],
    metrics: dict[str, dict[str, float]],
    level: float,
    caveats: list[str],
) -> None:
    """The figures of the errors and of the intervals, each test under its own prior."""
    predicted_against_true(
        {test: (parts[test].years, said.year) for test, said in dates.items()},
        {test: (metrics[test]["mae"], metrics[test]["best_constant_mae"]) for test in dates},
        paths.PLOTS / "predicted_true.png",
        caveats=caveats,
    )
    decades = {test: by_decade(parts[test], said) for test, said in dates.items()}
    error_by_decade(decades, paths.PLOTS / "error_by_decade.png", caveats=caveats)
    coverage_by_decade(
        decades,
        level,
        paths.PLOTS / "coverage_by_decade.png",
        caveats=caveats,
    )


def draw_neighbours(parts: Parts, params: EvaluateParams, caveats: list[str]) -> LookAlikes:
    """Queries of the balanced test, evenly spread over the years, with their nearest posters."""
    movies = parts["balanced"].movies.sort_values(["year", "imdb_id"])
    count = min(params.queries, len(movies))
    embeddings = read_embeddings(paths.EMBEDDINGS)
    index = Neighbours(embeddings)
    rows = []
    for number in range(count):
        movie = movies.iloc[(2 * number + 1) * len(movies) // (2 * count)]
        query = Neighbour(movie["imdb_id"], movie["title"], movie["year"], movie["file"], 1.0)
        (row,) = embeddings.rows([query.imdb_id])
        rows.append((query, index.nearest_to_vector(embeddings.matrix[row], params.neighbours)))
    neighbours_sheet(rows, paths.DATA, paths.PLOTS / "neighbours.png", caveats=caveats)
    return rows


if __name__ == "__main__":
    command.run("evaluate", main)
