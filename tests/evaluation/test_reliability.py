"""What answers say of their own reliability: probabilities and uncertainty, by hand."""

import numpy as np
import pandas as pd
import pytest
from parts import year_predictions

from posters.evaluation.reliability import (
    reliability_metrics,
    reliability_table,
    risk_coverage_table,
    stated_and_found,
    uncertain_metrics,
)
from posters.years.year_distribution import smoothed
from posters.years.year_model import YearPredictions

YEARS = np.arange(1900, 2000)
TRUE = np.array([1930, 1940, 1950, 1960, 1970])
# The most certain answer is in the middle, and the error grows with the uncertainty but once.
UNCERTAINTY = np.array([0.5, 0.3, 0.1, 0.2, 0.9])
ERRORS = np.array([8.0, 6.0, 0.0, 2.0, -24.0])


def test_decade_and_what_is_before_the_year_are_read_from_the_probabilities() -> None:
    years = np.array([1998, 1999, 2000, 2001])
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.4, 0.1, 0.1], [0.0, 0.0, 0.0, 1.0]])
    found = stated_and_found(year_predictions(probabilities, years), np.array([2000, 2001, 1998]))
    assert found["stated"].tolist() == pytest.approx([0.7, 0.8, 1.0])
    assert found["right"].tolist() == [1, 0, 0]
    assert found["before"].tolist() == pytest.approx([0.1 + 0.2 + 0.3 / 2, 0.9 + 0.1 / 2, 0])


def test_table_and_metrics_are_those_computed_by_hand() -> None:
    posters = pd.DataFrame(
        {
            "stated": [0.25, 0.29, 0.9, 1.0],
            "right": [1.0, 0.0, 1.0, 1.0],
            "before": [0.05, 0.45, 0.55, 1.0],
        }
    )
    table = reliability_table(posters)
    assert table.index.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    # An empty tenth has no means; the last one includes 1.
    assert table["n"].tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 2]
    assert table.dropna().index.tolist() == [0.2, 0.9]
    assert table.dropna()["stated"].tolist() == pytest.approx([0.27, 0.95])
    assert table.dropna()["right"].tolist() == [0.5, 1]
    assert table["share"].tolist() == [0.25, 0, 0, 0, 0.25, 0.25, 0, 0, 0, 0.25]
    metrics = reliability_metrics(table)
    assert metrics["calibration_error"] == pytest.approx((2 * 0.23 + 2 * 0.05) / 4)
    # Before 0.9: 75% of the posters, not 90%; before 0.1: 25%, not 10%; before 0.6: 75%, not 60%.
    assert metrics["pit_distance"] == pytest.approx(0.15)


# Uncertainty.


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
