"""Who is champion, decided in a real MLflow database."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from conftest import Walk, query
from mlflow import MlflowClient

from posters import paths
from posters.params import EvaluateParams
from posters.tracking.registry import CHAMPION, Version, register

Registering = Callable[..., Version]


@pytest.fixture
def client(walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """MLflow on a copy of the walk's database: making one from nothing takes longer."""
    shutil.copy(walk.database, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setattr(paths, "DATA", walk.project.folder / "data")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    yield MlflowClient()
    mlflow.set_tracking_uri(None)


@pytest.fixture
def registering(client: MlflowClient, tmp_path: Path) -> Registering:
    """Register the model of a new run with these errors, under a name that nobody had."""
    experiment = client.create_experiment("tries", (tmp_path / "artifacts").as_uri())

    def register_run(
        balanced: float, natural: float = 9.0, tested_on: str = "a", by: str = "balanced"
    ) -> Version:
        run = client.create_run(experiment, tags={f"{by}_test_sha256": tested_on})
        client.log_metric(run.info.run_id, "natural.mae", natural)
        client.log_metric(run.info.run_id, "balanced.mae", balanced)
        params = EvaluateParams(
            neighbours=3,
            queries=6,
            experiment="tries",
            log_model=True,
            model_name="tried",
            champion_by=by,
        )
        return register(run.info.run_id, params)

    return register_run


def champion(client: MlflowClient) -> int:
    return int(client.get_model_version_by_alias("tried", CHAMPION).version)


def test_the_champion_is_who_errs_least_and_a_tie_changes_nothing(
    client: MlflowClient, registering: Registering
) -> None:
    tried = [registering(error) for error in (10.0, 11.0, 10.0, 9.5)]
    assert [version.number for version in tried] == [1, 2, 3, 4]
    assert [version.champion for version in tried] == [True, False, False, True]
    assert champion(client) == 4
    assert [version.decision for version in tried] == [
        "balanced.mae 10.00; there was no champion",
        "balanced.mae 11.00, no less than the 10.00 of the champion, version 1",
        "balanced.mae 10.00, no less than the 10.00 of the champion, version 1",
        "balanced.mae 9.50, less than the 10.00 of version 1",
    ]
    kept = client.get_model_version("tried", "4")
    assert kept.tags == {"decision": tried[3].decision, "balanced.mae": "9.500"}
    assert "balanced.mae" in client.get_registered_model("tried").description
    (logged,) = query(
        Path(mlflow.get_tracking_uri().removeprefix("sqlite:///")),
        "SELECT count(*), min(metric_value), max(metric_value) FROM logged_model_metrics "
        "JOIN logged_models USING (model_id) WHERE name = 'tried' AND metric_name = 'balanced.mae'",
    )
    assert logged == (4, 9.5, 11.0)


def test_the_other_test_may_decide(client: MlflowClient, registering: Registering) -> None:
    registering(10.0, natural=9.0, by="natural")
    assert not registering(8.0, natural=9.0, by="natural").champion
    assert registering(11.0, natural=8.0, by="natural").champion
    assert champion(client) == 3


def test_errors_on_other_posters_are_not_compared(
    client: MlflowClient, registering: Registering
) -> None:
    registering(10.0)
    other = registering(5.0, tested_on="b")
    assert not other.champion
    assert "version 1, which was tested on other posters: set evaluate.model_name" in other.decision
    assert champion(client) == 1
    # As the sentence says, a person may.
    client.set_registered_model_alias("tried", CHAMPION, "2")
    assert registering(4.0, tested_on="b").champion


@pytest.mark.parametrize("gone", ["run", "metric"])
def test_a_champion_whose_error_is_unknown_makes_way(
    client: MlflowClient, registering: Registering, gone: str
) -> None:
    registering(10.0)
    if gone == "run":
        client.delete_run(client.get_model_version("tried", "1").run_id)
        said = "the run of the last champion, version 1, is gone"
    else:
        experiment = client.get_experiment_by_name("tries").experiment_id
        bare = client.create_run(experiment)
        client.create_model_version("tried", "file:///nowhere", bare.info.run_id)
        client.set_registered_model_alias("tried", CHAMPION, "2")
        said = "the last champion, version 2, was never measured by it"
    after = registering(12.0)
    assert after.champion
    assert after.decision == f"balanced.mae 12.00; {said}"
    assert champion(client) == after.number


def test_a_champion_that_was_deleted_makes_way(
    client: MlflowClient, registering: Registering
) -> None:
    registering(10.0)
    client.delete_model_version("tried", "1")
    assert registering(12.0).decision == "balanced.mae 12.00; there was no champion"
    client.set_registered_model_alias("tried", CHAMPION, "2")


def test_the_runs_of_the_pipeline_are_registered_under_one_name(walk: Walk) -> None:
    versions = query(
        walk.database, "SELECT name, version, status, description FROM model_versions ORDER BY 2"
    )
    assert [version[:3] for version in versions] == [
        ("poster-year", 1, "READY"),
        ("poster-year", 2, "READY"),
    ]
    for (*_, description), step in zip(versions, (walk.first, walk.raised), strict=True):
        error = step.metrics["balanced"]["mae"]
        assert f"Errs by {error:.1f} years on the balanced test" in description
        assert f"balanced.mae {error:.2f}" in step.output
    better = walk.raised.metrics["balanced"]["mae"] < walk.first.metrics["balanced"]["mae"]
    assert "poster-year version 1 is the champion" in walk.first.output
    assert f"version 2 is {'the' if better else 'not the'} champion" in walk.raised.output
    assert query(walk.database, "SELECT alias, version FROM registered_model_aliases") == [
        ("champion", 2 if better else 1)
    ]
    # Both were tested on the same posters, or they could not be compared.
    digests = query(
        walk.database, "SELECT DISTINCT value FROM tags WHERE key = 'balanced_test_sha256'"
    )
    assert len(digests) == 1
