"""The note of `make repro` on files that differ from the commit, in a real git repository."""

import json
import subprocess
from pathlib import Path

import pytest

from posters.evaluation.committed import difference_from_commit


def evaluation(mae: float) -> str:
    tests = ("natural", "balanced")
    return json.dumps({test: {"n": 9, "mae": mae, "ridge_mae": 15.0} for test in tests})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with committed parameters and metrics."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "evaluation.json").write_text(evaluation(9.0))
    (tmp_path / "params.yaml").write_text("t: 30\n")
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as is"]):
        subprocess.run(["git", "-C", str(tmp_path), *identity, *command], check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("mae", "expected"),
    [
        (9.04, "by 0.04 years at most: another processor"),
        (11.5, "by up to 2.5 years although params.yaml is the same"),
    ],
)
def test_difference_is_explained(repository: Path, mae: float, expected: str) -> None:
    (repository / "metrics" / "evaluation.json").write_text(evaluation(mae))
    note = difference_from_commit(repository)
    assert note is not None
    assert note.startswith("1 tracked file differs from the commit")
    assert expected in note
    assert "git restore" in note


def test_no_note_without_a_difference_nor_where_parameters_were_edited(repository: Path) -> None:
    assert difference_from_commit(repository) is None
    (repository / "params.yaml").write_text("t: 40\n")
    (repository / "metrics" / "evaluation.json").write_text(evaluation(11.5))
    assert difference_from_commit(repository) is None


def test_no_note_outside_of_git(tmp_path: Path) -> None:
    assert difference_from_commit(tmp_path) is None
