"""How MLflow's page of an experiment greets: what it is about, which numbers stand first.

The page shows no metric unless told. What a person clicks together and shares by a link, MLflow
keeps as a tag of the experiment; here that tag is written for them.
"""

import json
from typing import Any

NOTE = "mlflow.note.content"
"""The tag whose text the page shows as a description, of an experiment as of a run."""

_VIEW = "poster-year"
_VIEW_TAG = f"mlflow.sharedViewState.{_VIEW}"
_METRICS = (
    *("balanced.mae", "natural.mae", "balanced.coverage", "natural.coverage"),
    *("balanced.best_constant_mae", "posters.train"),
)
_PARAMS = ("rebalance.t", "embed.backbone", "train.head", "source.kind")
_TAGS = ("caveats",)
_WIDTHS = {"metrics": 115, "params": 110, "tags": 260}
_DESCRIPTION = """One run is one trained and evaluated model. Errors are mean absolute errors in
years: `balanced.mae` on the same number of posters of every year, `natural.mae` on posters as they
come; `balanced.best_constant_mae` is what the best constant guess errs by. `balanced.coverage`
is the share of intervals that hold the true year. Errors compare where the tag
`balanced_test_sha256` is the same, and `caveats` says what they don't mean."""


def tag_experiment(client: Any, experiment_id: str) -> None:
    """Let an experiment's page open on what is worth comparing; a person's own note is kept."""
    if NOTE not in client.get_experiment(experiment_id).tags:
        client.set_experiment_tag(experiment_id, NOTE, _DESCRIPTION)
    client.set_experiment_tag(experiment_id, "mlflow.experimentKind", "custom_model_development")
    client.set_experiment_tag(experiment_id, _VIEW_TAG, json.dumps(_view()))


def page(experiment_id: str) -> str:
    """The address of an experiment's page in that view, below the address of the server."""
    # Else MLflow opens on what it has for language models.
    asked = f"workflowType=machine_learning&viewStateShareKey={_VIEW}"
    return f"/#/experiments/{experiment_id}/runs?{asked}"


def _view() -> dict[str, Any]:
    columns = [
        f"{kind}.`{name}`"
        for kind, names in (("metrics", _METRICS), ("params", _PARAMS), ("tags", _TAGS))
        for name in names
    ]
    section = {"uuid": "errors", "name": "Errors", "display": True, "isReordered": True}
    return {
        "orderByKey": columns[0],
        "orderByAsc": True,
        "selectedColumns": columns,
        "columnOrder": columns,
        "columnWidths": {column: _WIDTHS[column.split(".")[0]] for column in columns},
        "isAccordionReordered": True,
        "compareRunSections": [section],
        "compareRunCharts": _charts(section["uuid"]),
    }


def _charts(section: Any) -> list[dict[str, Any]]:
    bars = ("balanced.mae", "natural.mae", "balanced.coverage")
    threshold = {"key": "rebalance.t", "type": "PARAM"}
    charts: list[dict[str, Any]] = [
        *({"type": "BAR", "metricKey": metric, "displayName": metric} for metric in bars),
        *(
            {
                "type": "SCATTER",
                "xaxis": threshold,
                "yaxis": {"key": metric, "type": "METRIC"},
                "runsCountToCompare": 100,
            }
            for metric in bars[:2]
        ),
        {"type": "LINE", "metricKey": "train.val_mae", "displayName": "train.val_mae"},
    ]
    always = {"metricSectionId": section, "deleted": False, "isGenerated": False}
    return [
        {"uuid": f"chart-{number}", "runsCountToCompare": 20, **always, **chart}
        for number, chart in enumerate(charts)
    ]
