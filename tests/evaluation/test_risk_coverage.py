"""Errors of the most certain answers, computed by hand."""

import numpy as np
import pytest
from parts import year_predictions

from posters.evaluation.risk_coverage import risk_coverage_table, uncertain_metrics
from posters.years.year_distribution import smoothed
from posters.years.year_model import YearPredictions

YEARS = np.arange(1900, 2000)
TRUE = np.array([1930, 1940, 1950, 1960, 1970])
# The most certain answer is in the middle, and the error grows with the uncertainty but once.
UNCERTAINTY = np.array([0.5, 0.3, 0.1, 0.2, 0.9])
ERRORS = np.array([8.0, 6.0, 0.0, 2.0, -24.0])


def predictions(other: int = 1970, uncertainty: float = 0.9) -> YearPredictions:
    """Answers of which the last one may be uncertain in either way."""
    decade = TRUE // 10 * 10
    return year_predictions(
        *(smoothed(TRUE, YEARS, 4.0), YEARS),
        year=TRUE + ERRORS,
        decade=decade,
        other_decade=np.array([*decade[:-1], other]),
        uncertainty=np.array([*UNCERTAINTY[:-1], uncertainty]),
    )


def test_most_certain_posters_come_first() -> None:
    table = risk_coverage_table(predictions(), TRUE)
    assert table.index.tolist() == pytest.approx(np.arange(1, 21) / 20)
    assert table["n"].tolist() == [count for count in (1, 2, 3, 4, 5) for _ in range(4)]
    assert table["mae"][[0.2, 0.4, 0.6, 0.8, 1.0]].tolist() == pytest.approx([0, 1, 8 / 3, 4, 8])
    assert table["uncertainty"][[0.2, 0.4, 1.0]].tolist() == [0.1, 0.2, 0.9]


@pytest.mark.parametrize("answers", [predictions(), predictions(other=1910, uncertainty=0.0)])
def test_errors_with_and_without_the_uncertain_answers(answers: YearPredictions) -> None:
    assert uncertain_metrics(answers, TRUE) == {
        "uncertain": pytest.approx(0.2),
        "uncertain_mae": 24,
        "certain_mae": 4,
    }


def test_error_of_no_answers_is_left_out() -> None:
    certain = uncertain_metrics(predictions(uncertainty=0.0), TRUE)
    assert certain == {"uncertain": 0, "certain_mae": 8}
