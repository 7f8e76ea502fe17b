"""Time and memory of functions and of processes."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

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

# What DVC prints before it runs a stage, takes it from its run cache, or leaves it as it is.
_STAGE = re.compile(r"(?:Running stage|Stage) '(\w+)'")
_BETWEEN_LOOKS = 0.5  # seconds; a look takes up to 50 milliseconds of a core


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


def stages(
    command: Sequence[str], folder: Path, memory: bool = False
) -> dict[str, dict[str, float]]:
    """Seconds and, if wanted, megabytes of each stage of a command that runs `dvc repro`.

    A stage lasts from DVC's line on it to the one on the next stage, so it includes DVC's checks of
    that. `before` is what comes before the first one; `all` is the whole command.

    The megabytes are the highest sum over all processes of the command, DVC included, of their
    proportional set sizes, in which memory that processes share counts once (Linux). It is looked
    at twice a second, so shorter peaks may be missed. Looking makes the command a little slower.

    Raises:
        BenchmarkError: the command failed.
    """
    started = time.perf_counter()
    begun, output = {"before": started}, []
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running,
    ):
        looking = pool.submit(_memory, running) if memory else None
        assert running.stdout
        for line in running.stdout:
            output.append(line)
            if stage := _STAGE.match(line):
                begun.setdefault(stage[1], time.perf_counter())
    if running.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} failed: {''.join(output)[-500:]}")
    ended = time.perf_counter()
    ends = dict(zip(begun, [*list(begun.values())[1:], ended], strict=True))
    periods = {name: (begun[name], ends[name]) for name in begun} | {"all": (started, ended)}
    seconds = {name: round(end - start, 1) for name, (start, end) in periods.items()}
    if looking is None:
        return {"seconds": seconds}
    looks = looking.result()
    return {
        "seconds": seconds,
        "megabytes": {
            name: round(max((size for at, size in looks if start <= at < end), default=0) / 1e6)
            for name, (start, end) in periods.items()
        },
    }


def _memory(running: "subprocess.Popen[str]") -> list[tuple[float, int]]:
    """When the memory was looked at, and the bytes of the process and its descendants."""
    looks = []
    process = psutil.Process(running.pid)
    while running.poll() is None:
        size = 0
        with suppress(psutil.Error):  # some have just ended
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    size += one.memory_full_info().pss
        looks.append((time.perf_counter(), size))
        time.sleep(_BETWEEN_LOOKS)
    return looks
