"""Files and folders are replaced completely or not at all; digests are the same everywhere."""

import itertools
import json
import shutil
import signal
import sys
from pathlib import Path

import pytest
from processes import run

from posters.files import (
    replacing,
    write_bytes,
    write_json,
    write_text,
)


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, including hidden ones, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_files(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("old", [{}, {"table.csv": "old"}])
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_file_is_replaced_only_after_success(
    tmp_path: Path, old: dict[str, str], error: type[BaseException] | None
) -> None:
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    if error:
        with pytest.raises(error), replacing(tmp_path / "table.csv") as partial:
            partial.write_text("half")
            raise error
        assert contents(tmp_path) == old
    with replacing(tmp_path / "table.csv") as partial:
        partial.write_text("new")
        assert (tmp_path / "table.csv").exists() == bool(old)
    assert contents(tmp_path) == {"table.csv": "new"}


def test_folder_is_replaced_completely(tmp_path: Path) -> None:
    write_files(tmp_path / "posters", stale="old", both="old")
    with replacing(tmp_path / "posters") as partial:
        write_files(partial, both="new")
        assert contents(tmp_path / "posters") == {"stale": "old", "both": "old"}
    assert contents(tmp_path) == {"posters/both": "new"}


def test_partial_files_of_killed_processes_are_deleted(tmp_path: Path) -> None:
    (tmp_path / ".table.csv.999999999.partial").write_text("half")
    running = tmp_path / ".table.csv.1.partial"
    running.write_text("half")
    write_text(tmp_path / "table.csv", "new")
    assert contents(tmp_path) == {"table.csv": "new", running.name: "half"}


REPLACE_AND_DIE = """
import os, pathlib, signal, sys
from posters.files import replacing

def dying(call, left=[int(sys.argv[2])]):
    def counted(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return counted

with replacing(pathlib.Path(sys.argv[1])) as partial:
    partial.mkdir()
    for name in ("first", "second"):
        (partial / name).write_text("new")
    os.replace, os.unlink, os.rmdir = dying(os.replace), dying(os.unlink), dying(os.rmdir)
"""


@pytest.mark.parametrize("deleted", [False, True])
def test_folder_is_whole_wherever_the_process_is_killed(tmp_path: Path, deleted: bool) -> None:
    folder = tmp_path / "model"
    old, new = ({"model/first": age, "model/second": age} for age in ("old", "new"))
    for steps in itertools.count():
        shutil.rmtree(folder, ignore_errors=True)
        write_files(folder, first="old", second="old")
        code = run(sys.executable, "-S", "-c", REPLACE_AND_DIE, folder, str(steps)).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        seen = {name: text for name, text in contents(tmp_path).items() if name[0] != "."}
        assert seen in (old, {}, new)
        if deleted:  # as DVC does with the outputs of a stage, before it runs
            shutil.rmtree(folder, ignore_errors=True)
        with pytest.raises(ValueError, match="stop"), replacing(folder):
            raise ValueError("stop")
        assert contents(tmp_path) in ((old, {}, new) if deleted else (old, new))
    assert steps > 5
    assert contents(tmp_path) == new


def test_text_is_utf8_with_line_feeds_in_new_folders(tmp_path: Path) -> None:
    path = tmp_path / "data" / "lists" / "titles.txt"
    write_text(path, "Amélie\n東京物語\n")
    assert path.read_bytes() == "Amélie\n東京物語\n".encode()
    write_bytes(path, b"\xff\xd8")
    assert path.read_bytes() == b"\xff\xd8"


def test_json_keeps_the_order_of_keys_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"n": 3, "mae": 1.5, "bias": -0.25})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"mae": {"natural": [float("nan")]}})
    text = path.read_text(encoding="utf-8")
    assert list(json.loads(text).items()) == [("n", 3), ("mae", 1.5), ("bias", -0.25)]
    assert text.endswith("}\n")
