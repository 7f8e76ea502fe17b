"""Evaluate the year model on both tests, draw figures, write the report, log the run to MLflow.

dvc repro evaluate
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from dataclasses import asdict

import pandas as pd

from posters import paths
from posters.catalogue.caveats import marked
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.metrics import PRIOR_OF, metrics_of_test
from posters.evaluation.origin_check import check_origin
from posters.evaluation.sweep_table import read_sweep
from posters.evaluation.tables import decade_table, prediction_table, short_metrics
from posters.files import write_json, write_text
from posters.params import load_params
from posters.reports.contact_sheet import neighbours_sheet
from posters.reports.figures import draw_errors, draw_histograms, loss_curve
from posters.reports.report import Findings, find_neighbours, render
from posters.reports.words import result_in_words
from posters.tracking.registry import register
from posters.tracking.run_contents import catalogue_metrics, log_evaluation, model_digest
from posters.years import provenance
from posters.years.dataset import concatenate, read_parts
from posters.years.priors import PRIORS
from posters.years.splitting import TESTS
from posters.years.year_model import YearModel


def main() -> None:
    """Write metrics, predictions, figures and the report, then log all of it as one run."""
    params = load_params()
    parts = read_parts()
    year_model = YearModel.open()
    predictions = {
        test: {prior: year_model.predict(parts[test].vectors, prior) for prior in PRIORS}
        for test in TESTS
    }
    own = {test: predictions[test][PRIOR_OF[test]] for test in TESTS}
    baselines = fit_baselines(parts["train"], parts["validation"])
    seed = params.split.seed
    metrics = {
        test: metrics_of_test(parts[test], predictions[test], baselines, test, seed=seed)
        for test in TESTS
    }
    origin = check_origin(concatenate(parts["train"], parts["validation"]), seed=seed)
    run = {
        **provenance.describe(params, parts),
        "model_sha256": model_digest(),
        "baselines": baselines.settings,
    }
    caveats = run["caveats"]
    evaluation = {**metrics, "origin": asdict(origin) if origin else {}, "run": run}
    write_json(paths.METRICS / "evaluation.json", evaluation)
    for test in TESTS:
        write_json(paths.METRICS / f"{test}.json", short_metrics(metrics[test]))
    tested = prediction_table(parts, own)
    write_text(paths.PREDICTIONS, tested.to_csv(index=False))
    decades = decade_table(parts, predictions)
    write_text(paths.METRICS / "decades.csv", decades.to_csv(index=False, float_format="%.3f"))

    draw_histograms(parts.catalogue, params.scrape.years, params.rebalance, paths.PLOTS, caveats)
    history = pd.read_csv(paths.MODEL / "history.csv")
    loss_curve(history, paths.PLOTS / "loss_curve.png", caveats=caveats)
    draw_errors(parts, own, metrics, year_model.level, paths.PLOTS, caveats)
    neighbours = find_neighbours(parts, read_embeddings(paths.EMBEDDINGS), params.evaluate)
    neighbours_sheet(neighbours, paths.DATA, paths.PLOTS / "neighbours.png", caveats=caveats)
    findings = Findings(
        evaluation=evaluation,
        catalogue=catalogue_metrics(),
        decades=decades,
        tested=tested.merge(parts.catalogue[["imdb_id", "file"]], on="imdb_id"),
        neighbours=neighbours,
        posters=paths.DATA,
        before=params.rebalance.before,
        head=params.train.head,
        level=year_model.level,
        sweep=read_sweep(paths.INPUTS / "sweep.csv"),
    )
    write_text(paths.PLOTS / "report.html", render(findings))

    run_id = log_evaluation(params, parts, evaluation)
    for test in TESTS:
        print(f"evaluate: {test} test: {result_in_words(metrics[test])}{marked(caveats)}")
    if params.evaluate.log_model:
        print(f"evaluate: {register(run_id, params.evaluate)}")


if __name__ == "__main__":
    command.run("evaluate", main)
