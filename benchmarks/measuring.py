"""Times and memory, of functions and of whole processes."""

import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        BenchmarkError: it failed, or this system does not tell how much memory it holds.
    """
    taken, held = [], []
    for _ in range(runs + 1):
        started = time.perf_counter()
        with tempfile.TemporaryFile() as said:
            child = subprocess.Popen(
                command, cwd=paths.root(), stdout=subprocess.DEVNULL, stderr=said
            )
            peak = 0.0
            while child.poll() is None:
                peak = max(peak, peak_megabytes(child.pid))
                time.sleep(0.004)
            taken.append(time.perf_counter() - started)
            held.append(peak)
            if child.returncode:
                said.seek(0)
                reason = said.read().decode(errors="replace")[-500:]
                raise BenchmarkError(f"{' '.join(command[:3])} failed: {reason}")
    return Process(statistics.median(taken[1:]), statistics.median(held[1:]))


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has held so far.

    What the system says at a process's end won't do: it counts what its parent held as well.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except ProcessLookupError:
        return 0.0
    except FileNotFoundError as error:
        if not Path("/proc/self/status").exists():
            raise BenchmarkError("memory can be measured on Linux alone") from error
        return 0.0
    said = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(said.group(1)) / 1e3 if said else 0.0
