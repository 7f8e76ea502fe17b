"""Evaluate the year model on both tests, draw figures, write the report, log the run to MLflow.

dvc repro evaluate
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import numpy as np
import pandas as pd

from posters import paths
from posters.catalogue.caveats import marked
from posters.catalogue.entries import quote_formulas
from posters.embedding.embeddings import read_embeddings
from posters.evaluation import metrics, sweep_table
from posters.evaluation.baselines import fit_baselines
from posters.evaluation.neighbour_quality import neighbour_quality
from posters.evaluation.origin_check import check_origin
from posters.evaluation.reliability import reliability_table, stated_and_found
from posters.evaluation.risk_coverage import risk_coverage_table
from posters.explore.explore_page import explore_run
from posters.explore.map_layout import map_positions
from posters.files import write_json, write_text
from posters.params import load_params
from posters.processors import second_process
from posters.reports import figures
from posters.reports.contact_sheet import neighbours_sheet
from posters.reports.prior_example import most_changed
from posters.reports.reliability_figure import draw_reliability
from posters.reports.report import Findings, find_neighbours, render
from posters.reports.words import result_in_words
from posters.tracking.registry import register
from posters.tracking.run_contents import catalogue_metrics, log_evaluation, model_digest
from posters.years.dataset import read_parts
from posters.years.splitting import TESTS
from posters.years.year_model import YearModel, read_about


def main() -> None:
    """Write metrics, predictions, figures and the report, then log all of it as one run."""
    params, parts, year_model = load_params(), read_parts(), YearModel.open()
    embeddings = read_embeddings(paths.EMBEDDINGS)
    movie_years = np.array([movie.year for movie in embeddings.movies])
    predictions = metrics.predict_tests(year_model, parts)
    own = {test: predictions[test][metrics.PRIOR_OF[test]] for test in TESTS}
    baselines = fit_baselines(parts["train"], year_model.priors)
    seed = params.split.seed
    by_test = {
        test: metrics.metrics_of_test(
            parts[test], predictions[test], baselines[prior], test, seed=seed
        )
        for test, prior in metrics.PRIOR_OF.items()
    }
    origin = check_origin(parts["train"], seed=seed)
    # Only now: beside the baselines, which use all processors, it would slow both down.
    second = second_process()
    positions = second.submit(map_positions, embeddings.retrieval_features, movie_years)
    second.shutdown(wait=False)
    quality = neighbour_quality(embeddings.retrieval_features, movie_years)
    settings = {prior: fitted.settings for prior, fitted in baselines.items()}
    about = read_about(paths.MODEL)
    for test, prior in metrics.PRIOR_OF.items():
        by_test[test]["validation_mae"] = about["validation_mae"][prior]
    made_from = {
        "model_sha256": model_digest(),
        "baselines": settings,
        "calibration": about["calibration"],
        "interval": year_model.level,
    }
    run = {**parts.provenance(params), **made_from}
    evaluation = {**by_test, "neighbours": quality, "origin": origin, "run": run}
    write_json(paths.METRICS / "evaluation.json", evaluation)
    for test in TESTS:
        write_json(paths.METRICS / f"{test}.json", metrics.short_metrics(by_test[test]))
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

    caveats, plots = run["caveats"], paths.PLOTS
    figures.draw_histograms(parts.catalogue, params.scrape.years, params.rebalance, plots, caveats)
    history = pd.read_csv(paths.MODEL / "history.csv")
    figures.loss_curve(history, plots / "loss_curve.png", caveats=caveats)
    figures.draw_errors(parts, own, by_test, year_model.level, plots, caveats)
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

    run_id = log_evaluation(params, parts, evaluation)
    lines = [f"{test} test: {result_in_words(by_test[test])}{marked(caveats)}" for test in TESTS]
    if params.evaluate.log_model:
        lines.append(register(run_id, params.evaluate))
    page = explore_run(parts, embeddings, predictions, year_model, positions.result())
    write_text(plots / "explore.html", page)
    for line in lines:
        print(f"evaluate: {line}")


if __name__ == "__main__":
    command.run("evaluate", main)
