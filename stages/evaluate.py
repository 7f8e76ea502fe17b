"""Evaluate the year model on both tests, draw figures, write the report, log the run to MLflow.

dvc repro evaluate
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from posters import paths
from posters.catalogue.caveats import marked
from posters.catalogue.entries import quote_formulas
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.evaluation import metrics, sweep_table
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.neighbour_quality import nearest_others, neighbour_quality
from posters.evaluation.origin_check import check_origin
from posters.evaluation.reliability import (
    reliability_table,
    risk_coverage_table,
    stated_and_found,
)
from posters.explore.explore_page import explore_run
from posters.explore.map_layout import map_positions
from posters.files import write_json, write_text
from posters.params import Params, load_params
from posters.processors import second_process
from posters.reports import figures
from posters.reports.contact_sheet import neighbours_sheet
from posters.reports.reliability_figure import draw_reliability
from posters.reports.report import Findings, find_neighbours, most_changed, render
from posters.reports.words import result_in_words
from posters.tracking.registry import register
from posters.tracking.run_contents import catalogue_metrics, log_evaluation, model_digest
from posters.years.dataset import Parts, read_parts
from posters.years.splitting import TESTS
from posters.years.year_model import YearModel, YearPredictions, read_about


def main() -> None:
    """Write metrics, predictions, figures and both pages, then log all of it as one run."""
    params, parts, year_model = load_params(), read_parts(), YearModel.open()
    embeddings = read_embeddings(paths.EMBEDDINGS)
    predictions = metrics.predict_tests(year_model, parts)
    baselines = fit_baselines(parts["train"], year_model.priors)
    origin = check_origin(parts["train"], seed=params.split.seed)
    years = np.array([movie.year for movie in embeddings.movies])
    # Only now: beside the baselines, which use all processors, it would slow both down.
    second = second_process()
    positions = second.submit(map_positions, embeddings.retrieval_features, years)
    second.shutdown(wait=False)

    about = read_about(paths.MODEL)
    evaluation: dict[str, Any] = {}
    for test, prior in metrics.PRIOR_OF.items():
        evaluation[test] = metrics.metrics_of_test(
            parts[test], predictions[test], baselines[prior], test, seed=params.split.seed
        )
        evaluation[test]["validation_mae"] = about["validation_mae"][prior]
    nearest, _ = nearest_others(embeddings.retrieval_features, 10)
    evaluation["neighbours"] = neighbour_quality(nearest, years)
    evaluation["origin"] = origin
    evaluation["run"] = {
        **parts.provenance(params),
        "model_sha256": model_digest(),
        "baselines": {prior: fitted.settings for prior, fitted in baselines.items()},
        "calibration": about["calibration"],
        "interval": year_model.level,
    }
    write_json(paths.METRICS / "evaluation.json", evaluation)
    for test in TESTS:
        write_json(paths.METRICS / f"{test}.json", metrics.short_metrics(evaluation[test]))

    draw_figures_and_report(params, parts, embeddings, predictions, evaluation)
    page = explore_run(parts, embeddings, predictions, year_model, positions)
    write_text(paths.PLOTS / "explore.html", page)

    run_id = log_evaluation(params, parts, evaluation)
    if params.evaluate.log_model:
        registered = register(run_id, params.evaluate)
    caveats = marked(evaluation["run"]["caveats"])
    for test in TESTS:
        print(f"evaluate: {test} test: {result_in_words(evaluation[test])}{caveats}")
    if params.evaluate.log_model:
        print(f"evaluate: {registered}")


def draw_figures_and_report(
    params: Params,
    parts: Parts,
    embeddings: Embeddings,
    predictions: Mapping[str, dict[str, YearPredictions]],
    evaluation: dict[str, Any],
) -> None:
    """Write what the figures are drawn from, then the figures and the report."""
    own = {test: predictions[test][prior] for test, prior in metrics.PRIOR_OF.items()}
    tested = metrics.prediction_table(parts, own)
    write_text(paths.PREDICTIONS, quote_formulas(tested).to_csv(index=False))
    reliability = {
        test: reliability_table(stated_and_found(own[test], parts[test].years)) for test in TESTS
    }
    table = pd.concat(reliability, names=["test"])
    write_text(paths.METRICS / "reliability.csv", table.to_csv(float_format="%.4f"))
    risk_coverage = pd.concat(
        {test: risk_coverage_table(own[test], parts[test].years) for test in TESTS}, names=["test"]
    ).reset_index()
    text = risk_coverage.to_csv(index=False, float_format="%.4f")
    write_text(paths.METRICS / "risk_coverage.csv", text)
    decades = metrics.decade_table(parts, predictions)
    write_text(paths.METRICS / "decades.csv", decades.to_csv(index=False, float_format="%.3f"))

    caveats, plots, level = evaluation["run"]["caveats"], paths.PLOTS, evaluation["run"]["interval"]
    figures.draw_histograms(parts.catalogue, params.scrape.years, params.rebalance, plots, caveats)
    history = pd.read_csv(paths.MODEL / "history.csv")
    figures.loss_curve(history, plots / "loss_curve.png", caveats=caveats)
    figures.draw_errors(parts, own, evaluation, level, plots, caveats)
    draw_reliability(reliability, plots / "reliability.png", caveats=caveats)
    neighbours = find_neighbours(parts, embeddings, params.evaluate)
    neighbours_sheet(neighbours, paths.DATA, plots / "neighbours.png", caveats=caveats)
    findings = Findings(
        evaluation=evaluation,
        catalogue=catalogue_metrics(),
        decades=decades,
        risk_coverage=risk_coverage,
        tested=tested.merge(parts.catalogue[["imdb_id", "file"]], on="imdb_id"),
        neighbours=neighbours,
        example=most_changed(parts["balanced"], predictions["balanced"]),
        posters=paths.DATA,
        before=params.rebalance.before,
        head=params.train.head,
        sweep=sweep_table.read_sweep(paths.INPUTS / "sweep.csv"),
    )
    write_text(plots / "report.html", render(findings))


if __name__ == "__main__":
    command.run("evaluate", main, end_at_once=True)
