"""The report as one page of HTML that loads nothing: see `render`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from posters.evaluation.metrics import PRIOR_OF
from posters.evaluation.sweep_table import sweep_matches
from posters.neighbours.index import Neighbour
from posters.reports import report_charts as charts
from posters.reports import words
from posters.reports.findings import Findings, LookAlikes
from posters.reports.palette import DAY, NIGHT
from posters.reports.thumbnails import thumbnail
from posters.years.splitting import TESTS

# However many the figure shows: the page is to stay light.
_MAX_QUERIES, _MAX_NEIGHBOURS = 8, 6
_GUESSES = 6


def render(findings: Findings) -> str:
    """The report; its characters depend on the findings alone.

    Raises:
        PosterRefused: a poster that is shown can't be read.
    """
    environment = Environment(
        loader=PackageLoader("posters.reports", "templates"),
        autoescape=True,  # titles are the world's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "one": "{:.1f}".format,
        "signed": lambda value: f"{value:+.1f}".replace("-", "\N{MINUS SIGN}"),
        "count": "{:,}".format,
        "percent": "{:.0%}".format,
        "thumbnail": lambda file: thumbnail(findings.posters / file),
    }
    return environment.get_template("report.html.jinja").render(_content(findings))


def _content(findings: Findings) -> dict[str, Any]:
    """What the template shows, by name."""
    evaluation, catalogue = findings.evaluation, findings.catalogue
    run, years = evaluation["run"], [each["year"] for each in catalogue["years"]]
    tested = findings.tested.assign(
        error=(findings.tested["predicted"] - findings.tested["year"]).abs()
    )
    ends = charts.ends_of(tested)
    return {
        "colours": {"day": DAY, "night": NIGHT},
        "tests": TESTS,
        "titles": words.TITLES,
        "evaluation": evaluation,
        "catalogue": catalogue,
        "run": run,
        "caveats": {caveat: words.meaning(caveat) for caveat in run["caveats"]},
        "source": words.source(run["source"]),
        "attribution": catalogue["source"]["attribution"],
        "weights": words.weights(run["backbone"]),
        "head": words.HEADS.get(findings.head, findings.head),
        "level": findings.level,
        "before": findings.before,
        "answers": {test: _answers(evaluation[test]) for test in TESTS},
        "furthest": _furthest(evaluation),
        "histograms": [
            charts.movies_by_year(catalogue, findings.before, topped_up=topped_up)
            for topped_up in (False, True)
        ],
        "movies": _by_decade(catalogue["years"]),
        "clouds": {
            test: charts.predicted_against_true(tested[tested["test"] == test], test, ends)
            for test in TESTS
        },
        "max_dots": charts.MAX_DOTS,
        "few": charts.FEW,
        "error_chart": charts.error_by_decade(findings.decades),
        "coverage_chart": charts.coverage_by_decade(findings.decades, findings.level),
        "decades": {
            test: findings.decades.query("test == @test and prior == @prior").to_dict("records")
            for test, prior in PRIOR_OF.items()
        },
        "look_alikes": _few(findings.look_alikes),
        "guesses": {
            test: {
                name: rows.head(_GUESSES).to_dict("records")
                for name, rows in _best_and_worst(tested[tested["test"] == test])
            }
            for test in TESTS
        },
        **_sweep(findings),
        "out_of_scope": words.out_of_scope(evaluation, years[0], years[-1]),
    }


def _answers(metrics: Mapping[str, float]) -> dict[str, float]:
    """The errors of all that were asked, by what they are called, the smallest first."""
    named = {name: metrics[key] for key, name in words.ANSWERS.items()}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _furthest(evaluation: Mapping[str, Mapping[str, float]]) -> float:
    """The years that the longest bar stands for: more than 0, even if every guess is right."""
    keys = ("mae_high", *words.ANSWERS)
    return max(evaluation[test][key] for test in TESTS for key in keys) or 1


def _by_decade(years: Iterable[Mapping[str, int]]) -> list[dict[str, int]]:
    """Movies before and after, how many are short of t, and the reserve, summed over decades."""
    decades: dict[int, Counter[str]] = {}
    for each in years:
        decades.setdefault(each["year"] // 10 * 10, Counter()).update(each)
    return [{**counts, "decade": decade} for decade, counts in decades.items()]


def _best_and_worst(rows: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Each poster's guess, the nearest to its year first, and the furthest off first."""
    ordered = rows.sort_values(["error", "imdb_id"])
    worst = rows.sort_values(["error", "imdb_id"], ascending=[False, True])
    return (("best", ordered), ("worst", worst))


def _few(look_alikes: LookAlikes) -> list[tuple[Neighbour, list[Neighbour]]]:
    """As many as a page can show: queries spread over all of them, each with its nearest."""
    count = min(len(look_alikes), _MAX_QUERIES)
    middles = [(2 * number + 1) * len(look_alikes) // (2 * count) for number in range(count)]
    chosen = [look_alikes[middle] for middle in middles]
    return [(query, list(found[:_MAX_NEIGHBOURS])) for query, found in chosen]


def _sweep(findings: Findings) -> dict[str, Any]:
    sweep = findings.sweep
    if sweep is None or not sweep_matches(sweep, findings.evaluation):
        return {"sweep": [], "other_sweep": sweep is not None}
    pairs = sweep.sort_values("t").groupby("t")
    return {
        "sweep": [
            {"t": t, "trained_on": rows["trained_on"].iloc[0]}
            | {str(row["test"]): row for row in rows.to_dict("records")}
            for t, rows in pairs
        ],
        "sweep_charts": {test: charts.error_by_threshold(sweep, test) for test in TESTS},
        "other_sweep": False,
    }
