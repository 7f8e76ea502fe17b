"""How long predicting, embedding, searching, a million rows and a changed t take, beside others.

python -m benchmarks
python -m benchmarks --only predict search
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import embedding, predicting, rerunning, scale, searching
from benchmarks.measuring import BenchmarkError
from posters import paths
from posters.embedding.backbone import cores
from posters.files import write_json
from posters.params import load_params

PARTS: dict[str, Callable[[], Any]] = {
    "predict": predicting.measure,
    "embed": lambda: embedding.measure(load_params().embed),
    "search": searching.measure,
    "scale": scale.measure,
    "rerun": rerunning.measure,
}


def main() -> None:
    """Write `metrics/benchmark.json`; parts that are not asked for stay as they were."""
    options = parse_arguments()
    if options.alone:
        print(json.dumps(PARTS[options.alone]()))
        return
    path = paths.METRICS / "benchmark.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in options.only or PARTS:
        known[name] = {"machine": machine(), "measured": measured(name)}
        write_json(path, known)
        print(f"bench: {name}: {json.dumps(known[name]['measured'], ensure_ascii=False)}")


def measured(name: str) -> Any:
    """One part, in a process of its own, so that none finds memory or threads of another."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--alone", name],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"{name} could not be measured: see above")
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict[str, Any]:
    """What it ran on: figures of another machine are others."""
    return {
        "processor": processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "memory_gigabytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
    }


def processor() -> str:
    """Its name, as the system has it."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="bench.py", description="Measure speed beside others; needs the extra `bench`."
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument("--alone", choices=PARTS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    command.run("bench", main)
