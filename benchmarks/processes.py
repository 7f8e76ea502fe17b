"""The time of `predict.py`, `dvc repro`, `make sweep` and `make repro`, run as a user runs them."""

import os
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import process, stages
from posters import paths
from posters.catalogue.entries import read_entries
from posters.params import load_params

RAISED_BY = 10
THRESHOLDS = (0, 10, 20, 30, 40, 60)


def measure_predict(runs: int = 5) -> dict[str, Any]:
    """Seconds from start to end of each process, and its peak memory: medians after a first run."""
    posters = [str(paths.DATA / entry.file) for entry in read_entries(paths.CATALOGUE)]
    commands = {
        "predict.py, one poster": ["src/predict.py", posters[0]],
        "predict.py --model own, one poster": ["src/predict.py", "--model", "own", posters[0]],
        "predict.py, 33 posters": ["src/predict.py", *posters[:33]],
        "python -c 'import tensorflow'": ["-c", "import tensorflow"],
        "python -c 'import numpy'": ["-c", "import numpy"],
    }
    measured = {}
    for name, arguments in commands.items():
        costs = [process([sys.executable, *arguments]) for _ in range(runs + 1)][1:]
        taken, megabytes = (statistics.median(values) for values in zip(*costs, strict=True))
        measured[name] = {"seconds": round(taken, 2), "megabytes": round(megabytes)}
    return measured


def measure_rerun(runs: int = 3, raised_by: int = RAISED_BY) -> dict[str, Any]:
    """Seconds of `dvc repro`, by stage, in a clone of the last commit that uses this one's caches.

    The first run with the higher t also fetches and embeds the new posters, whose number decides
    how long that takes. So a second run, which finds them in the caches, is measured.
    """
    root = paths.root()
    with _clone() as clone:

        def dvc(*arguments: str) -> dict[str, float]:
            return stages([sys.executable, "-m", "dvc", *arguments], clone)["seconds"]

        def set_t(t: int) -> None:
            path = clone / "params.yaml"
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?m)^  t: \d+", f"  t: {t}", text), encoding="utf-8")

        dvc("config", "--local", "cache.dir", str(root / ".dvc" / "cache"))
        dvc("checkout", "--quiet", "--allow-missing")
        dvc("repro")  # stages that are not up to date in the last commit
        nothing = statistics.median(dvc("repro")["all"] for _ in range(runs))
        t = load_params().rebalance.t
        set_t(t + raised_by)
        dvc("repro")
        set_t(t)
        lowered = dvc("repro")
        set_t(t + raised_by)
        raised = dvc("repro", "--no-run-cache")
    return {
        "t": t,
        "seconds": {
            "nothing to do": nothing,
            f"t = {t} again": lowered,
            f"t = {t + raised_by}, the new posters at hand": raised,
        },
    }


def measure_sweep(thresholds: Sequence[int] = THRESHOLDS) -> dict[str, Any]:
    """Seconds of `make sweep` in a clone of the last commit, when all its posters are embedded.

    A first sweep fetches and embeds them, a second one is measured. A sweep runs every stage, also
    those that DVC's run cache knows.
    """
    command = [sys.executable, "src/sweep.py", "--t", *map(str, thresholds)]
    with _clone() as clone:
        process(command, clone)
        taken, _ = process(command, clone)
    return {"t": list(thresholds), "seconds": round(taken, 1)}


def measure_first_run(runs: int = 3) -> dict[str, Any]:
    """`make repro` in a fresh clone of the last commit, as a newcomer has it, then again.

    `before` is the set-up. Packages and weights come from the package index, or from pip's cache;
    nothing else of this machine is used.
    """
    with _clone(with_caches=False) as clone:
        first = stages(["make", "repro"], clone, memory=True)
        again = statistics.median(process(["make", "repro"], clone)[0] for _ in range(runs))
    return {**first, "seconds again": round(again, 2)}


@contextmanager
def _clone(with_caches: bool = True) -> Iterator[Path]:
    """A clone of the last commit, with the posters, vectors and networks in this one's `.cache`."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        process(["git", "clone", "--quiet", str(paths.root()), str(clone)])
        if with_caches:
            # The stages must use this Python.
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            (clone / ".cache").symlink_to(paths.cache())
        yield clone
