"""The table of all runs, from a real MLflow database."""

from collections.abc import Callable, Iterator
from typing import Any

import mlflow
import pytest

from posters.errors import DataError
from posters.tracking.comparison import WIDTH, comparison
from posters.tracking.runs import open_client

LogRun = Callable[..., str]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A new MLflow database; making one takes seconds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DVC_ROOT", str(tmp_path_factory.mktemp("repository")))
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield open_client()
    mlflow.set_tracking_uri("")


@pytest.fixture
def log(client: Any, request: pytest.FixtureRequest) -> LogRun:
    """Log a run to an experiment with the name of the test, with times one day apart."""
    experiment = client.create_experiment(request.node.name)
    days = iter(range(1, 100))

    def log_run(t: int, balanced: float, tests: str = "a", **tags: str) -> str:
        start = 1_700_000_000_000 + next(days) * 86_400_000
        run = client.create_run(
            experiment,
            start_time=start,
            tags={
                "natural_test_sha256": tests,
                "balanced_test_sha256": tests,
                "caveats": "none",
                "git_commit": "0123456789abcdef",
            }
            | tags,
        )
        client.log_param(run.info.run_id, "rebalance.t", t)
        client.log_param(run.info.run_id, "embed.backbone", "InceptionResNetV2")
        for test, mae in (("natural", 9.25), ("balanced", balanced)):
            for name, value in (("mae", mae), ("mae_low", 8), ("mae_high", 12.5)):
                client.log_metric(run.info.run_id, f"{test}.{name}", value)
            client.log_metric(run.info.run_id, f"{test}.coverage", 0.784)
        return str(request.node.name)

    return log_run


def test_each_run_is_one_line_and_the_best_comes_first(log: LogRun) -> None:
    log(0, 20.5)
    log(30, 11.5, dvc_exp_name="sweep-t30")
    name = log(60, 12.25)
    header, *lines = comparison([name]).splitlines()
    assert header.split("  ")[0] == "t"
    assert [line.split()[0] for line in lines[:3]] == ["30", "60", "0"]
    assert lines[0].split() == [
        *("30", "InceptionResNetV2", "9.2", "(8.0-12.5)", "78%", "11.5", "(8.0-12.5)", "78%"),
        *("1", "2023-11-16", "sweep-t30"),
    ]
    assert lines[1].split()[-1] == "0123456"
    assert lines[3].startswith("MAE: ")


def test_runs_with_other_tests_are_kept_apart(log: LogRun) -> None:
    log(0, 5.0, tests="old")
    log(10, 13.0, tests="new")
    name = log(20, 12.0, tests="new")
    lines = comparison([name]).splitlines()[1:4]
    assert [(line.split()[0], line.split()[8]) for line in lines] == [
        *(("20", "1"), ("10", "1"), ("0", "2"))
    ]


def test_caveats_are_marked_and_wide_tables_are_cut(log: LogRun) -> None:
    log(0, 12.0)
    name = log(30, 11.0, caveats="generated posters, " * 9, dvc_exp_name="a-long-name" * 5)
    header, first, second, note, *_ = comparison([name]).splitlines()
    assert first.split()[1] == "InceptionResNetV2*"
    assert "a-long" in first
    assert second.split()[1] == "InceptionResNetV2"
    assert note.startswith("* caveats: generated posters, generated")
    assert max(map(len, (header, first, second, note))) == WIDTH == 100


def test_all_experiments_are_compared_by_default(log: LogRun, client: Any) -> None:
    log(77, 3.0)
    other = client.create_experiment("something else")
    client.log_metric(client.create_run(other).info.run_id, "loss", 1.0)
    assert "\n77 " in comparison()
    with pytest.raises(DataError, match="no evaluated runs in something else yet: run `make repro"):
        comparison(["something else"])
