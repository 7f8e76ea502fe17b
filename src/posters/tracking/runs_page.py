"""What MLflow's page of an experiment shows first: a description and the columns to compare.

By default the page shows no metrics. MLflow stores a view that a person shares by link in a tag of
the experiment; this module writes that tag.
"""

import json
from typing import Any

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of an experiment or a run."""

_VIEW = "poster-year"
_VIEW_TAG = f"mlflow.sharedViewState.{_VIEW}"
_COLUMNS = {
    "params": ("rebalance.t", "embed.backbone"),
    "metrics": (
        *("balanced.mae", "natural.mae", "balanced.coverage", "natural.coverage"),
        *("balanced.best_constant_mae", "posters.train"),
    ),
    "tags": ("caveats",),
}
_WIDTHS = {"params": 110, "metrics": 115, "tags": 260}
_DESCRIPTION = """Each run is one trained and evaluated model. Errors are mean absolute errors in
years: `balanced.mae` on the balanced test (the same number of posters of every year), `natural.mae`
on the natural test (mostly recent posters). `balanced.best_constant_mae` is the error of the best
constant prediction. `balanced.coverage` is the share of intervals that contain the true year.
`balanced.validation_mae` and `natural.validation_mae` are the cross-validated errors on the
training posters under each prior; one of them chooses the champion.
Compare errors only between runs with the same tag `balanced_test_sha256`. The tag `caveats` says
why the errors of a run may say nothing about real posters."""


def describe_experiment(client: Any, experiment_id: str) -> None:
    """Write an experiment's description and view; a description by a person is kept."""
    if NOTE not in client.get_experiment(experiment_id).tags:
        client.set_experiment_tag(experiment_id, NOTE, _DESCRIPTION)
    client.set_experiment_tag(experiment_id, "mlflow.experimentKind", "custom_model_development")
    client.set_experiment_tag(experiment_id, _VIEW_TAG, json.dumps(_view()))


def pages(client: Any) -> dict[str, str]:
    """The page of each experiment that has runs, as a path of the server; the newest run first."""
    newest = {}
    for experiment in client.search_experiments():
        runs = client.search_runs([experiment.experiment_id], max_results=1)
        if runs:
            newest[experiment] = runs[0].info.start_time
            describe_experiment(client, experiment.experiment_id)
    return {
        experiment.name: _page(experiment.experiment_id)
        for experiment in sorted(newest, key=newest.__getitem__, reverse=True)
    }


def _page(experiment_id: str) -> str:
    # Without the workflow type MLflow opens its page for language models.
    query = f"workflowType=machine_learning&viewStateShareKey={_VIEW}"
    return f"/#/experiments/{experiment_id}/runs?{query}"


def _view() -> dict[str, Any]:
    columns = {f"{kind}.`{name}`": kind for kind, names in _COLUMNS.items() for name in names}
    return {
        "orderByKey": "metrics.`balanced.mae`",
        "orderByAsc": True,
        "selectedColumns": list(columns),
        "columnOrder": list(columns),
        "columnWidths": {column: _WIDTHS[kind] for column, kind in columns.items()},
    }
