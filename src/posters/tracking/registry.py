"""The MLflow model registry: every model is a version, the best one has the alias `champion`."""

import logging
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from posters import paths
from posters.params import EvaluateParams
from posters.tracking.runs_page import NOTE
from posters.years.splitting import TESTS

CHAMPION = "champion"
_DESCRIPTION = """Predicts the year of a movie poster, with an interval and a decade, and lists the
movies with the most similar posters.

The alias `champion` marks the version with the smallest `{metric}` (mean absolute error in years).
It moves to a new version whose error is smaller **on the same test posters**; versions with other
test posters are not compared. The tag `decision` of each version gives the reason."""
_FILES = {
    paths.MODEL.name: ("about.json", "head.xml", "head.bin", "priors.csv"),
    paths.EMBEDDINGS.name: (
        *("backbone.json", "backbone.xml", "backbone.bin"),
        *("embeddings.npy", "retrieval_features.npy", "retrieval_scale.npy"),
        "movies.csv",
    ),
}
# What the served model imports; a test checks that the list is complete.
_PACKAGES = ("mlflow", "numpy", "openvino", "pandas", "pillow", "tqdm")


@dataclass(frozen=True)
class Version:
    """A registered model.

    Attributes:
        name, number: its URI is `models:/name/number`.
        champion: whether it is the champion now.
        decision: the reason, in words.
    """

    name: str
    number: int
    champion: bool
    decision: str


def register(run_id: str, params: EvaluateParams) -> Version:
    """Store the model in `data/` as the model of a run, register it, and choose the champion.

    Args:
        run_id: the run, as `log_run` returned it, in MLflow's current tracking URI.
        params: the registered model's name, and the test that decides.
    """
    import mlflow

    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    model_id = _log_model(run_id, params.model_name)
    _create_registered_model(client, params)
    champion, decision = _decide(client, params, run)
    errors = {f"{test}.mae": str(run.data.metrics[f"{test}.mae"]) for test in TESTS}
    version = client.create_model_version(
        params.model_name,
        source=f"models:/{model_id}",
        run_id=run_id,
        model_id=model_id,
        tags={"decision": decision, **errors, **_test_digests(run)},
        description=run.data.tags.get(NOTE),
        await_creation_for=0,
    )
    if champion:
        client.set_registered_model_alias(params.model_name, CHAMPION, version.version)
    return Version(params.model_name, int(version.version), champion, decision)


def _log_model(run_id: str, name: str) -> str:
    """Store the model with the run, and return the model's id.

    The model includes a copy of the package `posters`, so that it runs without the repository.
    """
    for logger in ("mlflow.pyfunc", "mlflow.models.model"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    import mlflow

    from posters.tracking import served_model

    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_id=run_id):
        for part, files in _FILES.items():
            (Path(folder) / part).mkdir()
            for file in files:
                # MLflow copies the file that a link points to.
                (Path(folder) / part / file).symlink_to(paths.DATA / part / file)
        model = mlflow.pyfunc.log_model(
            name=name,
            loader_module=served_model.__name__,
            data_path=folder,
            code_paths=[str(Path(__file__).parents[1])],
            signature=served_model.signature(),
            input_example=served_model.input_example(),
            # Given here, as MLflow would spend seconds on finding them.
            pip_requirements=[f"{package}=={metadata.version(package)}" for package in _PACKAGES],
        )
    return str(model.model_id)


def _create_registered_model(client: Any, params: EvaluateParams) -> None:
    """Create the registered model if it does not exist."""
    from mlflow.exceptions import MlflowException

    description = _DESCRIPTION.format(metric=f"{params.champion_by}.mae")
    try:
        client.create_registered_model(params.model_name, description=description)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _decide(client: Any, params: EvaluateParams, run: Any) -> tuple[bool, str]:
    """Whether the model of `run` becomes the champion, and the reason."""
    metric, test_digest = f"{params.champion_by}.mae", f"{params.champion_by}_test_sha256"
    error = run.data.metrics[metric]
    number = client.get_registered_model(params.model_name).aliases.get(CHAMPION)
    if number is None:
        return True, f"{metric} {error:.2f}; there was no champion"
    version = f"version {number}"
    tags = client.get_model_version(params.model_name, number).tags
    if metric not in tags or test_digest not in tags:
        return True, f"{metric} {error:.2f}; the last champion, {version}, has no known {metric}"
    if tags[test_digest] != run.data.tags.get(test_digest):
        return False, (
            f"not compared with the champion, {version}, which was tested on other posters: set "
            "evaluate.model_name to another name, or move the alias yourself in `make ui`"
        )
    least = float(tags[metric])
    if error < least:
        return True, f"{metric} {error:.2f}, less than the {least:.2f} of {version}"
    return False, f"{metric} {error:.2f}, not less than the {least:.2f} of the champion, {version}"


def _test_digests(run: Any) -> dict[str, str]:
    names = [f"{test}_test_sha256" for test in TESTS]
    return {name: run.data.tags[name] for name in names if name in run.data.tags}
