"""All runs in MLflow as one table: how good each model is, and what it was made with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from posters.errors import DataError
from posters.tracking.runs import open_client
from posters.years.splitting import TESTS

WIDTH = 100
_MAX_RUNS = 1000
_HEADER = (
    *("t", "network", *(f"{test} MAE, coverage" for test in TESTS)),
    *("tests", "date", "run"),
)
_LEGEND = """\
MAE: mean absolute error in years (95% limits). coverage: intervals that contain the true year.
tests: compare errors only between runs with the same number; others had different test posters.
run: the DVC experiment, or the git commit."""


def comparison(experiments: Sequence[str] = ()) -> str:
    """A table of at most 100 columns, one line per run: the newest tests first, then the best run.

    `experiments` names MLflow experiments; without any, all of them are compared.

    Raises:
        DataError: there are no evaluated runs.
        TrackingError: the server at `MLFLOW_TRACKING_URI` does not respond.
    """
    runs = _evaluated_runs(experiments)
    if not runs:
        of = f" in {', '.join(experiments)}" if experiments else ""
        raise DataError(f"there are no evaluated runs{of} yet: run `make repro`")
    digests = [
        tuple(run.data.tags.get(f"{test}_test_sha256") for test in TESTS)
        for run in runs  # the newest first
    ]
    numbers = {tests: number for number, tests in enumerate(dict.fromkeys(digests), start=1)}
    ordered = sorted(
        ((numbers[tests], run) for tests, run in zip(digests, runs, strict=True)),
        key=lambda numbered: (numbered[0], numbered[1].data.metrics["balanced.mae"]),
    )
    rows = [_HEADER, *(_row(run, number) for number, run in ordered)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    caveats = dict.fromkeys(filter(None, (_caveats(run) for _, run in ordered)))
    lines += [f"* caveats: {text}" for text in caveats]
    return "\n".join([*(line[:WIDTH].rstrip() for line in lines), _LEGEND])


def _evaluated_runs(experiments: Sequence[str]) -> list[Any]:
    """The runs with errors on both tests, the newest first."""
    client = open_client(must_exist=True)
    found = [
        experiment.experiment_id
        for experiment in client.search_experiments()
        if not experiments or experiment.name in experiments
    ]
    if not found:
        return []
    runs = client.search_runs(found, max_results=_MAX_RUNS, order_by=["attributes.start_time DESC"])
    return [run for run in runs if all(f"{test}.mae" in run.data.metrics for test in TESTS)]


def _row(run: Any, tests: int) -> tuple[str, ...]:
    params, tags, metrics = run.data.params, run.data.tags, run.data.metrics
    result = "{mae:4.1f} ({mae_low:.1f}-{mae_high:.1f}) {coverage:.0%}"
    names = ("mae", "mae_low", "mae_high", "coverage")
    return (
        params["rebalance.t"],
        params["embed.backbone"] + ("*" if _caveats(run) else ""),
        *(result.format(**{name: metrics[f"{test}.{name}"] for name in names}) for test in TESTS),
        str(tests),
        f"{datetime.fromtimestamp(run.info.start_time / 1000):%Y-%m-%d}",
        tags.get("dvc_exp_name") or tags["git_commit"][:7],
    )


def _caveats(run: Any) -> str:
    caveats = str(run.data.tags.get("caveats", "none"))
    return "" if caveats == "none" else caveats
