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
# Widths in pixels: together as wide as the table on a screen of 1280 pixels, to `caveats`. MLflow
# always shows the first two.
_COLUMNS = {
    "attributes.`Run Name`": 120,
    "runDateAndNestInfo": 45,  # status and age
    "params.`rebalance.t`": 90,
    "params.`embed.backbone`": 105,
    "metrics.`balanced.mae`": 112,
    "metrics.`natural.mae`": 102,
    "metrics.`balanced.skill`": 112,
    "metrics.`balanced.coverage`": 140,
    "tags.`caveats`": 125,
    "metrics.`natural.skill`": 105,
    "metrics.`natural.coverage`": 130,
    "metrics.`posters.train`": 105,
}
_CHARTS = (
    *("balanced.mae", "natural.mae", "balanced.skill", "natural.skill"),
    *("balanced.coverage", "natural.coverage"),
)
_DESCRIPTION = """Each run is one trained and evaluated model. Errors are mean absolute errors in
years: `balanced.mae` on the balanced test (the same number of posters of every year), `natural.mae`
on the natural test (mostly recent posters). `balanced.skill` is the share by which the error is
smaller than that of the best constant prediction. `balanced.coverage` is the share of intervals
that contain the true year. `balanced.validation_mae` and `natural.validation_mae` are the
cross-validated errors on the training posters under each prior; one of them chooses the champion.
Compare errors only between runs with the same tag `balanced_test_sha256`. The tag `caveats` says
why the errors of a run may say nothing about real posters. The file `provenance.json` of a run has
the digests of its data, network and model."""


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
    # Without the workflow type MLflow opens its page for language models.
    query = f"workflowType=machine_learning&viewStateShareKey={_VIEW}"
    return {
        experiment.name: f"/#/experiments/{experiment.experiment_id}/runs?{query}"
        for experiment in sorted(newest, key=newest.__getitem__, reverse=True)
    }


def _view() -> dict[str, Any]:
    # MLflow adds a chart for each other metric to its section; in three columns, which is its
    # default, most titles are cut.
    sections = {"main": "Main results", "others": "Model metrics"}
    return {
        "orderByKey": "metrics.`balanced.mae`",
        "orderByAsc": True,
        "selectedColumns": list(_COLUMNS),
        "columnOrder": list(_COLUMNS),
        "columnWidths": _COLUMNS,
        "compareRunSections": [
            {"uuid": uuid, "name": name, "display": True, "isReordered": True, "columns": 2}
            for uuid, name in sections.items()
        ],
        "compareRunCharts": [
            {
                "uuid": metric,
                "type": "BAR",
                "metricKey": metric,
                "metricSectionId": "main",
                "runsCountToCompare": 20,
                "deleted": False,
                "isGenerated": False,
            }
            for metric in _CHARTS
        ],
    }
