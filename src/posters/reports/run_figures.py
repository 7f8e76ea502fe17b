"""All figures of one run, as `evaluate` writes them to `plots/`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from posters.embedding.embeddings import Embeddings
from posters.evaluation.metrics import by_decade
from posters.neighbours.index import Neighbour, Neighbours
from posters.params import EvaluateParams, RebalanceParams
from posters.reports.figures import (
    coverage_by_decade,
    error_by_decade,
    movies_by_year,
    predicted_against_true,
)
from posters.reports.report import QueryNeighbours
from posters.years.dataset import Parts
from posters.years.year_model import YearPredictions


def draw_histograms(
    catalogue: pd.DataFrame,
    years: range,
    params: RebalanceParams,
    folder: Path,
    caveats: Sequence[str],
) -> None:
    """Movies by year before and after the top-up, on one scale; the reserve is in neither.

    Args:
        catalogue: see `catalogue.entries.read_catalogue`.
        years: all years of the axis.
        params: the threshold t, and the first year that is not topped up.
        folder: for `movies_distribution_1.png` and `movies_distribution_2.png`.
        caveats: shown in the corner of each figure.
    """
    counts = {
        label: Counter(catalogue["year"][catalogue["origin"] == origin])
        for label, origin in (("initial catalogue", "initial"), ("added", "topup"))
    }
    before = {"initial catalogue": counts["initial catalogue"]}
    top = max(params.t, *sum(counts.values(), Counter()).values()) * 1.18
    for number, shown, title in (
        (1, before, "Movies by year before the top-up"),
        (
            2,
            counts,
            f"Movies by year after the top-up (t = {params.t}, years before {params.before})",
        ),
    ):
        movies_by_year(
            shown,
            years,
            folder / f"movies_distribution_{number}.png",
            title=title,
            threshold=params.t,
            before=params.before,
            top=top,
            caveats=caveats,
        )


def draw_errors(
    parts: Parts,
    predictions: Mapping[str, YearPredictions],
    metrics: Mapping[str, Mapping[str, Any]],
    level: float,
    folder: Path,
    caveats: Sequence[str],
) -> None:
    """Predicted against true years, and errors and coverage by decade.

    Args:
        parts: the split.
        predictions: of each test, under its own prior.
        metrics: of each test (see `metrics_of_test`).
        level: the share of intervals that should contain the true year.
        folder: for `predicted_true.png`, `error_by_decade.png` and `coverage_by_decade.png`.
        caveats: shown in the corner of each figure.
    """
    predicted_against_true(
        {test: (parts[test].years, own.year) for test, own in predictions.items()},
        {test: (metrics[test]["mae"], metrics[test]["best_constant_mae"]) for test in predictions},
        folder / "predicted_true.png",
        caveats=caveats,
    )
    decades = {test: by_decade(parts[test], own) for test, own in predictions.items()}
    error_by_decade(decades, folder / "error_by_decade.png", caveats=caveats)
    coverage_by_decade(decades, level, folder / "coverage_by_decade.png", caveats=caveats)


def find_neighbours(
    parts: Parts, embeddings: Embeddings, params: EvaluateParams
) -> QueryNeighbours:
    """Queries of the balanced test, evenly spaced over the years, each with its nearest posters."""
    movies = parts["balanced"].movies.sort_values(["year", "imdb_id"])
    count = min(params.queries, len(movies))
    index = Neighbours(embeddings)
    rows = []
    for number in range(count):
        movie = movies.iloc[(2 * number + 1) * len(movies) // (2 * count)]
        query = Neighbour(movie["imdb_id"], movie["title"], movie["year"], movie["file"], 1.0)
        vector = embeddings.matrix[embeddings.rows([query.imdb_id])]
        rows.append((query, index.nearest_to_vectors(vector, params.neighbours)[0]))
    return rows
