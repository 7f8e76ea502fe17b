"""Time and memory of functions and of processes."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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


def process(command: Sequence[str], folder: Path | None = None) -> tuple[float, float]:
    """Seconds of a command from start to end, and its peak resident memory in megabytes (Linux).

    Raises:
        BenchmarkError: the command failed.
    """
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *command],
        cwd=folder or paths.root(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} failed: {done.stderr[-500:]}")
    taken, megabytes = map(float, done.stdout.split())
    return taken, megabytes
