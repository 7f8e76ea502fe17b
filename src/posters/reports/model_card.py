"""The model card: what the model is, what it is for and how good it is, from `metrics/` alone.

Its order follows Mitchell et al., 2019, "Model Cards for Model Reporting".
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from posters.reports import words
from posters.reports.charts import matching_prior
from posters.reports.rendering import render_template
from posters.years.splitting import TESTS


def model_card(
    evaluation: Mapping[str, Any],
    decades: pd.DataFrame,
    catalogue: Mapping[str, Any],
    exported: Mapping[str, Any] | None = None,
) -> str:
    """The card as Markdown, from the content of the files in `metrics/`.

    `exported` is for the card of the pretrained model (see `pretrained.exported_model`).
    """
    rows = matching_prior(decades)
    by_decade = {test: rows[rows["test"] == test].to_dict("records") for test in TESTS}
    content = {
        "evaluation": evaluation,
        "run": evaluation["run"],
        "caveats": words.caveat_texts(evaluation["run"]["caveats"]),
        "facts": words.facts(evaluation, catalogue),
        "terms": {name: words.source_text(name)[1] for name in evaluation["run"]["source"]},
        "weights_terms": words.weights_terms(evaluation["run"]["backbone"]["weights_digest"]),
        "datasets": catalogue["source"].get("datasets", {}),
        "out_of_scope": words.out_of_scope(evaluation),
        "results": _results([evaluation[test] for test in TESTS]),
        "decades": by_decade,
        "worst": {test: _worst(by_decade[test]) for test in TESTS},
        "few": words.FEW_POSTERS,
        "exported": exported,
        "learned": _learned(catalogue),
    }
    return render_template("model_card.md.jinja", content)


def _results(tests: Sequence[Mapping[str, float]]) -> list[list[str]]:
    """The rows of the table of results: a name and a value for each test."""

    def row(name: str, key: str, form: Callable[[float], str] = words.years) -> list[str]:
        return [name, *(form(test[key]) for test in tests)]

    own = [
        f"**{words.years(test['mae'])}** "
        f"({words.years(test['mae_low'])}–{words.years(test['mae_high'])})"
        for test in tests
    ]
    return [
        ["mix of years", *(words.TESTS_IN_WORDS[test] for test in TESTS)],
        row("posters", "n", words.count),
        ["MAE, this model", *own],
        *(row(f"MAE, {name}", key) for key, name in words.MODELS.items() if key != "mae"),
        row("median error", "median_ae"),
        row("within 10 years", "within_10", words.percent),
        row("coverage of the intervals", "coverage", words.percent),
        row("calibration error", "calibration_error", "{:.1%}".format),
        row("mean width of the intervals", "interval_width"),
    ]


def _worst(decades: list[dict[Any, Any]]) -> dict[Any, Any] | None:
    """The decade with the largest error, of those with enough posters."""
    sufficient = [row for row in decades if row["n"] >= words.FEW_POSTERS]
    return max(sufficient, key=lambda row: row["mae"], default=None)


def _learned(catalogue: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Each decade with the number of its movies in the catalogue, tests included."""
    counts = Counter[int]()
    for year in catalogue["years"]:
        counts[year["year"] // 10 * 10] += year["after"] + year["reserve"]
    return [(decade, count) for decade, count in sorted(counts.items()) if count]
