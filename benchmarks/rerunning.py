"""The time of `dvc repro` after t is raised, after it is lowered again, and with nothing to do."""

import os
import re
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

RAISED_BY = 10
_STAGE = re.compile(r"Running stage '(\w+)'")


def measure(runs: int = 3) -> dict[str, Any]:
    """Seconds of `dvc repro` in a clone of the last commit that uses this checkout's caches.

    The first run with the higher t also fetches and embeds the new posters, whose number decides
    how long that takes. So a second run, which finds them in the caches, is measured.
    """
    t = load_params().rebalance.t
    raised = t + RAISED_BY
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        _clone(clone)
        _repro(clone)  # stages that are not up to date in the last commit
        nothing = statistics.median(_repro(clone)["all"] for _ in range(runs))
        _set_t(clone, raised)
        _repro(clone)
        _set_t(clone, t)
        lowered = _repro(clone)["all"]
        _set_t(clone, raised)
        stages = _repro(clone, "--no-run-cache")
    return {
        "t": t,
        "seconds": {
            "nothing to do": round(nothing, 2),
            f"t = {t} again": lowered,
            f"t = {raised}, the new posters at hand": stages.pop("all"),
        },
        "of the last, by stage": stages,
    }


def _clone(clone: Path) -> None:
    root = paths.root()
    _run(["git", "clone", "--quiet", str(root), str(clone)], root)
    (clone / ".cache").symlink_to(root / ".cache")
    _run(_dvc("config", "--local", "cache.dir", str(root / ".dvc" / "cache")), clone)
    _run(_dvc("checkout", "--quiet", "--allow-missing"), clone)


def _set_t(clone: Path, t: int) -> None:
    path = clone / "params.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^  t: \d+", f"  t: {t}", text), encoding="utf-8")


def _repro(clone: Path, *options: str) -> dict[str, float]:
    """Seconds of each stage that ran, and of the whole run (`all`)."""
    times: dict[str, float] = {"": time.perf_counter()}
    output = ""
    with subprocess.Popen(
        _dvc("repro", *options),
        cwd=clone,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            output += line
            if stage := _STAGE.match(line):
                times[stage[1]] = time.perf_counter()
    if process.returncode:
        raise BenchmarkError(f"dvc repro failed: {output[-1000:]}")
    ends = [*times.values(), time.perf_counter()][1:]
    seconds = {name: round(end - times[name], 2) for name, end in zip(times, ends, strict=True)}
    del seconds[""]
    return {**seconds, "all": round(ends[-1] - times[""], 2)}


def _dvc(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dvc", *arguments]


def _environment() -> dict[str, str]:
    """The environment in which the stages use this Python and DVC does not buffer its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} failed: {done.stderr[-500:]}")
