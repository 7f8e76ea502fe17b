"""The report on one evaluated model: a single HTML file that loads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from posters.embedding.embeddings import EmbeddedMovie, Embeddings
from posters.evaluation.sweep_table import sweep_matches
from posters.neighbours.index import Neighbour, nearest_movies
from posters.params import EvaluateParams
from posters.reports import charts, words
from posters.reports.rendering import render_template, thumbnail
from posters.years.dataset import Part, Parts
from posters.years.splitting import TESTS
from posters.years.year_model import YearPredictions

# Limits that keep the file small, whatever the figure of neighbours shows.
_MAX_QUERIES, _MAX_NEIGHBOURS = 8, 6
_EXAMPLES = 6
_OLD = 1930

# By the name of the template in `templates/report`.
_SECTIONS = {
    "setup": "Data and model",
    "errors": "Error against baselines",
    "movies": "Movies per year",
    "predictions": "Predicted and true year",
    "decades": "Error and coverage by decade",
    "priors": "One poster, two priors",
    "uncertainty": "Uncertain answers",
    "reliability": "Are the probabilities right?",
    "sweep": "Effect of the top-up",
    "neighbours": "Nearest posters",
    "examples": "Closest and worst guesses",
    "scope": "Out of scope",
    "next": "Next steps",
}

QueryNeighbours = Sequence[tuple[EmbeddedMovie, Sequence[Neighbour]]]
"""Query posters, each with its nearest posters."""


@dataclass(frozen=True)
class PriorExample:
    """One poster's prediction under each prior.

    Attributes:
        curves: the probability of each year (index), one column for each prior.
        predicted: the predicted year by prior.
    """

    movie: EmbeddedMovie
    curves: pd.DataFrame
    predicted: Mapping[str, float]


@dataclass(frozen=True)
class Findings:
    """What is known of an evaluated model.

    Attributes:
        evaluation, catalogue, decades, risk_coverage: the content of these files in `metrics/`.
        tested: every tested movie: `imdb_id`, `title`, `year`, `file`, `test`, the year
            `predicted`, and its interval, `low` to `high`.
        neighbours: of some tested posters.
        example: a poster of the balanced test under both priors.
        posters: `file` is relative to this folder.
        before: the first year that is not topped up.
        head: kind of the year model, as in `train.head`.
        sweep: see `posters.evaluation.sweep_table`; None without a sweep.
    """

    evaluation: Mapping[str, Any]
    catalogue: Mapping[str, Any]
    decades: pd.DataFrame
    risk_coverage: pd.DataFrame
    tested: pd.DataFrame
    neighbours: QueryNeighbours
    example: PriorExample
    posters: Path
    before: int
    head: str
    sweep: pd.DataFrame | None = None


def find_neighbours(
    parts: Parts, embeddings: Embeddings, params: EvaluateParams
) -> QueryNeighbours:
    """Queries of the balanced test, evenly spaced over the years, each with its nearest posters."""
    movies = parts["balanced"].movies.sort_values(["year", "imdb_id"])
    count = min(params.queries, len(movies))
    chosen = [(2 * number + 1) * len(movies) // (2 * count) for number in range(count)]
    rows = embeddings.rows(list(movies["imdb_id"].iloc[chosen]))
    nearest = nearest_movies(embeddings, embeddings.matrix[rows], params.neighbours)
    return [*zip((embeddings.movies[row] for row in rows), nearest, strict=True)]


def most_changed(part: Part, by_prior: Mapping[str, YearPredictions]) -> PriorExample:
    """The poster of a test whose predictions under the priors differ most.

    `by_prior` are the predictions for the posters of `part`.
    """
    predicted = np.array([found.year for found in by_prior.values()])
    row = int(np.ptp(predicted, axis=0).argmax())
    movie = part.movies.iloc[row]
    return PriorExample(
        EmbeddedMovie(movie["imdb_id"], movie["title"], int(movie["year"]), movie["file"]),
        pd.DataFrame(
            {prior: found.probabilities[row] for prior, found in by_prior.items()},
            index=next(iter(by_prior.values())).years,
        ),
        {prior: float(found.year[row]) for prior, found in by_prior.items()},
    )


def render(findings: Findings) -> str:
    """The report; the same findings give the same text.

    Raises:
        PosterRefused: a poster that is shown can't be read.
    """
    evaluation, catalogue = findings.evaluation, findings.catalogue
    run = evaluation["run"]
    tested = findings.tested.assign(
        error=(findings.tested["predicted"] - findings.tested["year"]).abs()
    )
    by_test = {test: tested[tested["test"] == test] for test in TESTS}
    years = tested[["year", "predicted"]].to_numpy(dtype=float)
    limits = (float(years.min()) - 4, float(years.max()) + 4)
    count = len(findings.neighbours)
    decades = charts.matching_prior(findings.decades)
    by_year = pd.DataFrame(catalogue["years"])
    movies = by_year.groupby(by_year["year"].rename("decade") // 10 * 10).sum()
    content = {
        "tests": words.TESTS_IN_WORDS,
        "evaluation": evaluation,
        "catalogue": catalogue,
        "run": run,
        "caveats": words.caveat_texts(run["caveats"]),
        "facts": words.facts(evaluation, catalogue)
        | {"Year model": words.YEAR_MODELS[findings.head]},
        "attribution": catalogue["source"]["attribution"],
        "level": run["interval"],
        "models": {
            test: sorted((evaluation[test][key], name) for key, name in words.MODELS.items())
            for test in TESTS
        },
        "largest": max(
            evaluation[test][key] for test in TESTS for key in ("mae_high", *words.MODELS)
        ),
        "histograms": [
            charts.movies_by_year(catalogue, findings.before, topped_up=topped_up)
            for topped_up in (False, True)
        ],
        "movies": movies.reset_index().to_dict("records"),
        "scatter_plots": {
            test: charts.predicted_against_true(rows, test, limits)
            for test, rows in by_test.items()
        },
        "max_dots": charts.MAX_DOTS,
        "few": words.FEW_POSTERS,
        "error_chart": charts.error_by_decade(decades),
        "coverage_chart": charts.coverage_by_decade(
            decades, run["interval"], run["counts"]["train"]
        ),
        "old": _old_posters(findings.decades),
        "example": findings.example,
        "example_chart": charts.both_priors(
            findings.example.curves, findings.example.predicted, findings.example.movie.year
        ),
        "risk_coverage_chart": charts.error_by_share_answered(findings.risk_coverage, evaluation),
        "decades": {test: decades[decades["test"] == test].to_dict("records") for test in TESTS},
        "neighbours": [
            (query, neighbours[:_MAX_NEIGHBOURS])
            for query, neighbours in findings.neighbours[:: -(-count // _MAX_QUERIES)]
        ],
        "examples": {test: _examples(rows) for test, rows in by_test.items()},
        "thumbnail": lambda file: thumbnail(findings.posters / file),
        "out_of_scope": words.out_of_scope(evaluation),
        "next_steps": words.next_steps(evaluation),
        "sweep": _sweep(findings),
        "sections": {
            name: title
            for name, title in _SECTIONS.items()
            if name != "sweep" or findings.sweep is not None
        },
    }
    return render_template("report.html.jinja", content)


def _examples(rows: pd.DataFrame) -> dict[str, list[dict[Any, Any]]]:
    """The predictions of one test with the smallest and with the largest errors."""
    by_id = rows.sort_values("imdb_id")
    return {
        "Closest guesses": by_id.nsmallest(_EXAMPLES, "error").to_dict("records"),
        "Worst guesses": by_id.nlargest(_EXAMPLES, "error").to_dict("records"),
    }


def _old_posters(decades: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By prior: `n`, `mae` and `bias` of the old posters of the balanced test; empty if none."""
    old = decades[(decades["test"] == "balanced") & (decades["decade"] < _OLD)]
    return {
        str(prior): {"n": int(rows["n"].sum())}
        | {name: (rows[name] * rows["n"]).sum() / rows["n"].sum() for name in ("mae", "bias")}
        for prior, rows in old.groupby("prior")
    }


def _sweep(findings: Findings) -> list[dict[str, Any]]:
    """The results for each t; empty if there is no sweep or it is of another model."""
    sweep = findings.sweep
    if sweep is None or not sweep_matches(sweep, findings.evaluation):
        return []
    return [
        {"t": t, "trained_on": rows["trained_on"].iloc[0]}
        | {str(row["test"]): row for row in rows.to_dict("records")}
        for t, rows in sweep.groupby("t")
    ]
