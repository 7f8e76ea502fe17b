"""The time of `predict.py` and of `dvc repro`, run as a user runs them."""

import os
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import process
from posters import paths
from posters.catalogue.entries import read_entries
from posters.params import load_params

RAISED_BY = 10


def measure_predict(runs: int = 5) -> dict[str, Any]:
    """Seconds from start to end of each process, and its peak memory: medians after a first run."""
    posters = [str(paths.DATA / entry.file) for entry in read_entries(paths.CATALOGUE)]
    commands = {
        "predict.py, one poster": ["src/predict.py", posters[0]],
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


def measure_rerun(runs: int = 3) -> dict[str, Any]:
    """Seconds of `dvc repro` in a clone of the last commit that uses this checkout's caches.

    The first run with the higher t also fetches and embeds the new posters, whose number decides
    how long that takes. So a second run, which finds them in the caches, is measured.
    """
    root = paths.root()
    # The stages must use this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"

        def dvc(*arguments: str) -> float:
            return round(process([sys.executable, "-m", "dvc", *arguments], clone)[0], 2)

        def set_t(t: int) -> None:
            path = clone / "params.yaml"
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?m)^  t: \d+", f"  t: {t}", text), encoding="utf-8")

        process(["git", "clone", "--quiet", str(root), str(clone)])
        (clone / ".cache").symlink_to(root / ".cache")
        dvc("config", "--local", "cache.dir", str(root / ".dvc" / "cache"))
        dvc("checkout", "--quiet", "--allow-missing")
        dvc("repro")  # stages that are not up to date in the last commit
        nothing = statistics.median(dvc("repro") for _ in range(runs))
        t = load_params().rebalance.t
        set_t(t + RAISED_BY)
        dvc("repro")
        set_t(t)
        lowered = dvc("repro")
        set_t(t + RAISED_BY)
        raised = dvc("repro", "--no-run-cache")
    return {
        "t": t,
        "seconds": {
            "nothing to do": nothing,
            f"t = {t} again": lowered,
            f"t = {t + RAISED_BY}, the new posters at hand": raised,
        },
    }
