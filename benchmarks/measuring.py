"""Time and memory of functions and of processes."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from posters import paths
from posters.errors import PostersError

# Runs a command in a process so small that the measured memory is the command's.
_RUN = """
import resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - started
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3)
sys.exit(done.returncode)
"""


class BenchmarkError(PostersError):
    """Something could not be measured."""


class ProcessCost(NamedTuple):
    """The time of a process from start to end, and its peak resident memory (on Linux)."""

    seconds: float
    megabytes: float


def seconds(contestants: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median time of each function after one warm-up run.

    The functions take turns, so a machine that becomes slower affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs + 1):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def process(command: Sequence[str], runs: int) -> ProcessCost:
    """The median cost of a command after one warm-up run.

    Raises:
        BenchmarkError: the command failed.
    """
    costs: list[ProcessCost] = []
    for _ in range(runs + 1):
        done = subprocess.run(
            [sys.executable, "-c", _RUN, *command],
            cwd=paths.root(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"{' '.join(command[:3])} failed: {done.stderr[-500:]}")
        costs.append(ProcessCost(*map(float, done.stdout.split())))
    return ProcessCost(*map(statistics.median, zip(*costs[1:], strict=True)))
