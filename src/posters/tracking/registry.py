"""The MLflow model registry: every model is a version, the best one has the alias `champion`.

The pretrained model is registered under a name of its own.
"""

import logging
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from posters import paths
from posters.embedding.openvino_model import openvino_files
from posters.files import sha256, sha256_of_file
from posters.model_choice import prepared_network
from posters.params import EvaluateParams
from posters.tracking.runs import open_client, open_experiment
from posters.tracking.runs_page import NOTE
from posters.years.splitting import TESTS

CHAMPION = "champion"
PRETRAINED_NAME = "poster-year-pretrained"
_DESCRIPTION = """Predicts the year of a movie poster, with an interval and a decade, and lists the
movies with the most similar posters.

The alias `champion` marks the version with the smallest `{metric}`: mean absolute error in years,
cross-validated on the training posters under the prior of that test. So the tests choose nothing.
The alias moves to a new version whose error is smaller if both have **the same test posters**;
other versions are not compared. The tag `decision` of each version gives the reason."""
_PRETRAINED_DESCRIPTION = """The pretrained model of the repository (`pretrained/`): predicts the
year of a movie poster, with an interval and a decade, and lists the movies with the most similar
posters. The alias `champion` marks the version of the files in `pretrained/`."""
_FILES = {
    paths.MODEL.name: ("about.json", "head.xml", "head.bin", "priors.csv", "thresholds.csv"),
    paths.EMBEDDINGS.name: (
        *("backbone.json", "backbone.xml", "backbone.bin"),
        *("embeddings.npy", "retrieval_features.npy", "retrieval_scale.npy"),
        "movies.csv",
    ),
}
# What the served model imports; a test checks that the list is complete.
_PACKAGES = ("mlflow", "numpy", "openvino", "pandas", "pillow", "tqdm")


def register(run_id: str, params: EvaluateParams) -> str:
    """Store the model in `data/` as the model of a run, register it, and choose the champion.

    Returns the version, whether it is the champion now, and why, as one line.
    """
    import mlflow

    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    name = params.model_name
    files = {f"{part}/{file}": paths.DATA / part / file for part in _FILES for file in _FILES[part]}
    with mlflow.start_run(run_id=run_id):
        model_id = _log_model(name, files)
    _create(client, name, _DESCRIPTION.format(metric=f"{params.champion_by}.validation_mae"))
    is_champion, decision = _decide(client, params, run)
    version = client.create_model_version(
        name,
        source=f"models:/{model_id}",
        run_id=run_id,
        model_id=model_id,
        tags={
            "decision": decision,
            **{
                metric: str(run.data.metrics[metric])
                for test in TESTS
                for metric in (f"{test}.mae", f"{test}.validation_mae")
            },
            **{digest: run.data.tags[digest] for digest in map("{}_test_sha256".format, TESTS)},
        },
        description=run.data.tags.get(NOTE),
        await_creation_for=0,
    ).version
    if is_champion:
        client.set_registered_model_alias(name, CHAMPION, version)
    return f"{name} version {version} is {'the' if is_champion else 'not the'} champion: {decision}"


def register_pretrained() -> str:
    """Register the pretrained model, unless it is, make it the champion, and return its version.

    Raises:
        BackboneError: its network can't be built, as the weights can't be downloaded.
        DataError: files of it are missing or damaged.
        TrackingError: the server at `MLFLOW_TRACKING_URI` does not respond.
    """
    import mlflow

    client = open_client()
    network = prepared_network()
    files = {
        f"{part}/{file.name}": file
        for part in _FILES
        for file in sorted((paths.PRETRAINED / part).iterdir())
    }
    digest = sha256("".join(map(sha256_of_file, files.values())).encode())
    _create(client, PRETRAINED_NAME, _PRETRAINED_DESCRIPTION)
    for version in client.search_model_versions(f"name = '{PRETRAINED_NAME}'"):
        if version.tags.get("model_sha256") == digest:
            break
    else:
        mlflow.set_experiment(experiment_id=open_experiment(client, PRETRAINED_NAME))
        files |= {f"{paths.EMBEDDINGS.name}/{file.name}": file for file in openvino_files(network)}
        model_id = _log_model(PRETRAINED_NAME, files)
        version = client.create_model_version(
            PRETRAINED_NAME,
            source=f"models:/{model_id}",
            model_id=model_id,
            tags={"model_sha256": digest},
            await_creation_for=0,
        )
    client.set_registered_model_alias(PRETRAINED_NAME, CHAMPION, version.version)
    return str(version.version)


def _create(client: Any, name: str, description: str) -> None:
    """Create a registered model, if it does not exist."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=description)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _log_model(name: str, files: Mapping[str, Path]) -> str:
    """Store a model, with the active run if there is one, and return the model's id.

    The model includes a copy of the package `posters`, so that it runs without the repository, and
    the files that `Predictor` reads, by the place in its folder.
    """
    for logger in ("mlflow.pyfunc", "mlflow.models.model"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    import mlflow

    from posters.tracking import served_model

    with tempfile.TemporaryDirectory() as folder:
        for place, file in files.items():
            link = Path(folder) / place
            link.parent.mkdir(exist_ok=True)
            # MLflow copies the file that a link points to.
            link.symlink_to(file)
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


def _decide(client: Any, params: EvaluateParams, run: Any) -> tuple[bool, str]:
    """Whether the model of `run` becomes the champion, and the reason."""
    metric = f"{params.champion_by}.validation_mae"
    test_digest = f"{params.champion_by}_test_sha256"
    error = run.data.metrics[metric]
    number = client.get_registered_model(params.model_name).aliases.get(CHAMPION)
    if number is None:
        return True, f"{metric} {error:.2f}; there was no champion"
    version = f"version {number}"
    tags = client.get_model_version(params.model_name, number).tags
    if metric not in tags or test_digest not in tags:  # a person registered it
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
