"""The choice of the champion, in a real MLflow database."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from pipeline_walk import Walk, query

from posters import paths
from posters.params import load_params
from posters.tracking.registry import CHAMPION, register

pytestmark = pytest.mark.slow

RegisterRun = Callable[..., str]


@pytest.fixture
def client(walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """MLflow on a copy of the walk's database, as a new one takes longer."""
    shutil.copy(walk.database, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setattr(paths, "DATA", walk.project.folder / "data")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    yield MlflowClient()
    mlflow.set_tracking_uri("")


@pytest.fixture
def register_run(client: MlflowClient, tmp_path: Path) -> RegisterRun:
    """Register the model of a new run with these validation errors, under a new name.

    The better the validation error, the worse are the errors on the tests.
    """
    experiment = client.create_experiment("tries", (tmp_path / "artifacts").as_uri())

    def register_model(
        balanced: float,
        natural: float = 9.0,
        tests: str = "a",
        by: str = "balanced",
    ) -> str:
        run = client.create_run(
            experiment, tags={"natural_test_sha256": tests, "balanced_test_sha256": tests}
        )
        for test, error in (("natural", natural), ("balanced", balanced)):
            client.log_metric(run.info.run_id, f"{test}.validation_mae", error)
            client.log_metric(run.info.run_id, f"{test}.mae", 20 - error)
        changes = {"experiment": "tries", "model_name": "tried", "champion_by": by}
        params = load_params().evaluate.model_copy(update=changes)
        return register(run.info.run_id, params)

    return register_model


def champion(client: MlflowClient) -> int:
    return int(client.get_model_version_by_alias("tried", CHAMPION).version)


def test_smallest_error_becomes_champion_and_a_tie_changes_nothing(
    client: MlflowClient, register_run: RegisterRun
) -> None:
    assert [register_run(error) for error in (10.0, 11.0, 10.0, 9.5)] == [
        "tried version 1 is the champion: balanced.validation_mae 10.00; there was no champion",
        "tried version 2 is not the champion: balanced.validation_mae 11.00, not less than the "
        "10.00 of the champion, version 1",
        "tried version 3 is not the champion: balanced.validation_mae 10.00, not less than the "
        "10.00 of the champion, version 1",
        "tried version 4 is the champion: balanced.validation_mae 9.50, less than the 10.00 of "
        "version 1",
    ]
    assert champion(client) == 4
    assert client.get_model_version("tried", "4").tags == {
        "decision": "balanced.validation_mae 9.50, less than the 10.00 of version 1",
        "balanced.validation_mae": "9.5",
        "balanced.mae": "10.5",
        "natural.validation_mae": "9.0",
        "natural.mae": "11.0",
        "balanced_test_sha256": "a",
        "natural_test_sha256": "a",
    }
    assert "balanced.validation_mae" in client.get_registered_model("tried").description
    # MLflow's list of models can be sorted by the error.
    (errors,) = query(
        Path(mlflow.get_tracking_uri().removeprefix("sqlite:///")),
        "SELECT count(*), min(metric_value), max(metric_value) FROM logged_model_metrics "
        "JOIN logged_models USING (model_id) WHERE name = 'tried' AND metric_name = 'balanced.mae'",
    )
    assert errors == (4, 9.0, 10.5)


def test_parameter_chooses_the_test_that_decides(
    client: MlflowClient, register_run: RegisterRun
) -> None:
    register_run(10.0, natural=9.0, by="natural")
    assert "is not the champion" in register_run(8.0, natural=9.0, by="natural")
    assert "is the champion" in register_run(11.0, natural=8.0, by="natural")
    # The champion's other error is known, too.
    register_run(10.5, natural=9.0, by="balanced")
    assert champion(client) == 4


def test_errors_on_other_tests_are_not_compared(
    client: MlflowClient, register_run: RegisterRun
) -> None:
    register_run(10.0)
    other = register_run(5.0, tests="b")
    assert "version 2 is not the champion" in other
    assert "version 1, which was tested on other posters: set evaluate.model_name" in other
    client.set_registered_model_alias("tried", CHAMPION, "2")
    assert "is the champion" in register_run(4.0, tests="b")


def test_champion_without_a_known_error_is_replaced(
    client: MlflowClient, register_run: RegisterRun
) -> None:
    register_run(10.0)
    run = client.create_run(client.get_experiment_by_name("tries").experiment_id)
    client.create_model_version("tried", "file:///nowhere", run.info.run_id)
    client.set_registered_model_alias("tried", CHAMPION, "2")
    assert "the last champion, version 2, has no known balanced.validation_mae" in register_run(
        12.0
    )
    assert champion(client) == 3
    client.delete_model_version("tried", "3")
    assert "there was no champion" in register_run(13.0)


def test_models_of_the_pipeline_are_registered_under_one_name(walk: Walk) -> None:
    versions = query(
        walk.database, "SELECT name, version, status, description FROM model_versions ORDER BY 2"
    )
    assert [version[:3] for version in versions] == [
        ("poster-year", 1, "READY"),
        ("poster-year", 2, "READY"),
    ]
    for (*_, description), step in zip(versions, (walk.first, walk.raised), strict=True):
        error = step.metrics["balanced"]["mae"]
        assert f"Balanced test: MAE {error:.1f} years" in description
        error = step.metrics["balanced"]["validation_mae"]
        assert f"balanced.validation_mae {error:.2f}" in step.output
    first, raised = (
        step.metrics["balanced"]["validation_mae"] for step in (walk.first, walk.raised)
    )
    better = raised < first
    assert "poster-year version 1 is the champion" in walk.first.output
    assert f"version 2 is {'the' if better else 'not the'} champion" in walk.raised.output
    assert query(walk.database, "SELECT alias, version FROM registered_model_aliases") == [
        ("champion", 2 if better else 1)
    ]
