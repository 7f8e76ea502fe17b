"""The model of a run, kept in MLflow under one name; the best one is called champion."""

import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from posters import paths
from posters.params import EvaluateParams
from posters.tracking.runs_page import NOTE
from posters.years.splitting import TESTS

CHAMPION = "champion"
_DESCRIPTION = """Give it a movie poster: it says in which year it was made, in which interval and
decade that year lies, and which posters look like it.

The alias `champion` is on the version with the smallest `{metric}` (mean absolute error, years). It
moves when a new version errs less **on the same test posters**; versions that were tested on other
posters are not compared. The tag `decision` of each version says how it went."""
_KEPT = {
    paths.MODEL.name: ("about.json", "head.xml", "head.bin", "priors.csv"),
    paths.EMBEDDINGS.name: (
        *(
            "backbone.json",
            "backbone.xml",
            "backbone.bin",
            "embeddings.npy",
            "retrieval_features.npy",
        ),
        *("retrieval_scale.npy", "movies.csv"),
    ),
}
# What answering imports; a test compares them with what is imported.
_PACKAGES = ("mlflow", "numpy", "openvino", "pandas", "pillow", "tqdm")


@dataclass(frozen=True)
class Version:
    """A registered model.

    Attributes:
        name, number: `models:/name/number` is its address.
        champion: whether it is the champion now.
        decision: in words, why.
    """

    name: str
    number: int
    champion: bool
    decision: str


def register(run_id: str, params: EvaluateParams) -> Version:
    """Keep what `data/` holds as the model of a run, register it, and decide who is champion.

    Args:
        run_id: as `tracking.log_run` returned it; the tracking server is the one it went to.
        params: under which name, and which test decides.
    """
    for chatty in ("mlflow.pyfunc", "mlflow.models.model"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    import mlflow

    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    model_id = _log_model(client, run, params.model_name)
    metric = f"{params.champion_by}.mae"
    _name(client, params.model_name, metric)
    champion, decision = _decide(client, params, run)
    version = client.create_model_version(
        params.model_name,
        source=f"models:/{model_id}",
        run_id=run_id,
        model_id=model_id,
        tags={"decision": decision, metric: f"{run.data.metrics[metric]:.3f}"},
        description=run.data.tags.get(NOTE),
        await_creation_for=0,
    )
    if champion:
        client.set_registered_model_alias(params.model_name, CHAMPION, version.version)
    return Version(params.model_name, int(version.version), champion, decision)


def _log_model(client: Any, run: Any, name: str) -> str:
    """Write the model beside the run's artifacts, and return its id.

    Not by `mlflow.pyfunc.log_model`, which looks for requirements and tries the input example in
    ways that take longer than the rest of the stage.
    """
    import mlflow
    from mlflow.entities import LoggedModelOutput, Metric
    from mlflow.models import Model

    from posters.tracking import served_model

    model = client.create_logged_model(run.info.experiment_id, name, run.info.run_id)
    with tempfile.TemporaryDirectory() as folder:
        data, saved = Path(folder) / "data", Path(folder) / "model"
        package = Path(__file__).parents[1]
        code = Path(folder) / package.name
        shutil.copytree(package, code, ignore=shutil.ignore_patterns("__pycache__"))
        for part, files in _KEPT.items():
            (data / part).mkdir(parents=True)
            for file in files:
                # MLflow copies what a link points at.
                (data / part / file).symlink_to(paths.DATA / part / file)
        mlflow.pyfunc.save_model(
            saved,
            mlflow_model=Model(
                artifact_path=model.artifact_location,
                run_id=run.info.run_id,
                model_uuid=model.model_id,
                model_id=model.model_id,
            ),
            loader_module=served_model.__name__,
            data_path=str(data),
            code_paths=[str(code)],
            signature=served_model.signature(),
            input_example=served_model.input_example(),
            model_config=served_model.CONFIG,
            pip_requirements=[f"{package}=={metadata.version(package)}" for package in _PACKAGES],
        )
        client.log_model_artifacts(model.model_id, str(saved))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, step=0)])
    # The run's errors, once more as the model's: so the list of models can be sorted by them.
    errors = [
        Metric(one.key, one.value, one.timestamp, one.step, model_id=model.model_id)
        for test in TESTS
        for one in client.get_metric_history(run.info.run_id, f"{test}.mae")
    ]
    client.log_batch(run.info.run_id, metrics=errors)
    return str(model.model_id)


def _name(client: Any, name: str, metric: str) -> None:
    """Make the name known, unless it is."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=_DESCRIPTION.format(metric=metric))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _decide(client: Any, params: EvaluateParams, run: Any) -> tuple[bool, str]:
    """Whether the model of a run is to be champion, and why."""
    metric, tested_on = f"{params.champion_by}.mae", f"{params.champion_by}_test_sha256"
    error = run.data.metrics[metric]
    champion = _found(client.get_model_version_by_alias, params.model_name, CHAMPION)
    if champion is None:
        return True, f"{metric} {error:.2f}; there was no champion"
    before = f"version {champion.version}"
    rival = _found(client.get_run, champion.run_id)
    if rival is None or rival.info.lifecycle_stage == "deleted":
        return True, f"{metric} {error:.2f}; the run of the last champion, {before}, is gone"
    if metric not in rival.data.metrics:
        return True, f"{metric} {error:.2f}; the last champion, {before}, was never measured by it"
    if rival.data.tags.get(tested_on) != run.data.tags.get(tested_on):
        return False, (
            f"not compared with the champion, {before}, which was tested on other posters: set "
            "evaluate.model_name to another name, or move the alias by hand in `make ui`"
        )
    least = rival.data.metrics[metric]
    if error < least:
        return True, f"{metric} {error:.2f}, less than the {least:.2f} of {before}"
    return False, f"{metric} {error:.2f}, no less than the {least:.2f} of the champion, {before}"


def _found(ask: Callable[..., Any], *about: str) -> Any:
    """What MLflow answers; None where there is no such thing."""
    from mlflow.exceptions import MlflowException

    try:
        return ask(*about)
    except MlflowException as error:
        # An alias that is missing is an invalid parameter to it, a run that is missing is not.
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None
