"""Times and memory, of functions and of whole processes."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from posters import paths
from posters.errors import PostersError


class BenchmarkError(PostersError):
    """Something could not be measured."""


@dataclass(frozen=True)
class Process:
    """What a process took.

    Attributes:
        seconds: from its start to its end, by the clock.
        megabytes: the most memory it held at once (resident).
    """

    seconds: float
    megabytes: float


def seconds(contestants: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median time of each, after one run that is not counted.

    They take turns, so that a machine that slows down slows all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(runs + 1):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            if number:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def process(command: Sequence[str], runs: int) -> Process:
    """The median of a command's runs, after one that is not counted.

    Raises:
        BenchmarkError: it failed.
    """
    taken, held = [], []
    for _ in range(runs + 1):
        started = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=paths.root(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert child.stderr is not None
        said = child.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(child.pid, 0)
        child.stderr.close()
        taken.append(time.perf_counter() - started)
        # Linux counts in KiB, macOS in bytes.
        held.append(usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
        if os.waitstatus_to_exitcode(status):
            raise BenchmarkError(f"{' '.join(command[:3])} failed: {said[-500:]}")
    return Process(statistics.median(taken[1:]), statistics.median(held[1:]))
