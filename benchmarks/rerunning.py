"""What a changed threshold costs: `dvc repro` with t raised, lowered again, and nothing to do."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import BenchmarkError
from posters import paths
from posters.params import load_params

_STAGE = re.compile(r"Running stage '(\w+)'")
_RAISED_BY = 10


def measure(runs: int = 3) -> dict[str, Any]:
    """Seconds of `dvc repro`, in a clone of the last commit that shares this checkout's caches.

    The first run with the higher t gathers and embeds the posters that are new, which takes as long
    as they are many. It is then done once more, with these at hand: what that takes, by stage, is
    everything else.
    """
    t = load_params().rebalance.t
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        _clone(clone)
        # Whatever the last commit left undone, and what DVC remembers of files.
        _repro(clone)
        nothing = [_repro(clone)["all"] for _ in range(runs)]
        _set_threshold(clone, t, t + _RAISED_BY)
        _repro(clone)
        _set_threshold(clone, t + _RAISED_BY, t)
        lowered = _repro(clone)
        _set_threshold(clone, t, t + _RAISED_BY)
        again = _repro(clone, "--no-run-cache")
    return {
        "t": t,
        "seconds": {
            "nothing to do": round(statistics.median(nothing), 2),
            f"t = {t} again": lowered["all"],
            f"t = {t + _RAISED_BY}, the new posters at hand": again.pop("all"),
        },
        "of the last, by stage": again,
    }


def _clone(clone: Path) -> None:
    root = paths.root()
    _run(["git", "clone", "--quiet", str(root), str(clone)], root)
    (clone / ".cache").symlink_to(root / ".cache")
    _run(_dvc("config", "--local", "cache.dir", str(root / ".dvc" / "cache")), clone)
    _run(_dvc("checkout", "--quiet", "--allow-missing"), clone)


def _set_threshold(clone: Path, old: int, new: int) -> None:
    path = clone / "params.yaml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(rf"(?m)^  t: {old}\b", f"  t: {new}", text)
    if changed == text:
        raise BenchmarkError(f"params.yaml has no line `t: {old}`")
    path.write_text(changed, encoding="utf-8")


def _repro(clone: Path, *options: str) -> dict[str, float]:
    """Seconds in all (`all`), and of each stage that ran, its process and DVC's part of it."""
    started = time.perf_counter()
    begun: dict[str, float] = {}
    with subprocess.Popen(
        _dvc("repro", *options),
        cwd=clone,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if running := _STAGE.match(line):
                begun[running[1]] = time.perf_counter()
    ended = time.perf_counter()
    if process.returncode:
        raise BenchmarkError(f"dvc repro failed: {''.join(said)[-1000:]}")
    ends = [*begun.values(), ended][1:]
    stages = {
        name: round(end - begin, 2) for (name, begin), end in zip(begun.items(), ends, strict=True)
    }
    return {**stages, "all": round(ended - started, 2)}


def _dvc(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dvc", *arguments]


def _environment() -> dict[str, str]:
    """The stages are to find this Python, and DVC's lines are to come as they are written."""
    folder = Path(sys.executable).parent
    search = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": search, "PYTHONUNBUFFERED": "1"}


def _run(command: Sequence[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        raise BenchmarkError(f"{command[0]} is not installed")
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} failed: {done.stderr[-500:]}")
