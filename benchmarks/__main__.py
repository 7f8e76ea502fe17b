"""Measure the time of predicting, embedding, decoding, searching, a million rows, and the pipeline.

python -m benchmarks --only predict search
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import argparse
import json
import multiprocessing
import os
import platform
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import cluster, decoding, embedding, processes, scale, searching
from posters import paths
from posters.command import print_error
from posters.errors import PostersError
from posters.files import write_json
from posters.processors import cores

PARTS: dict[str, Callable[[], Any]] = {
    "predict": processes.measure_predict,
    "embed": embedding.measure,
    "ray": cluster.measure,
    "decode": decoding.measure,
    "search": searching.measure,
    "scale": scale.measure,
    "rerun": processes.measure_rerun,
    "sweep": processes.measure_sweep,
    "first-run": processes.measure_first_run,
}


def main() -> int:
    """Write `metrics/benchmark.json`; return 1 if a part can't be measured.

    Parts that are not measured stay as they were.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    options = parser.parse_args()
    path = paths.METRICS / "benchmark.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    code = 0
    for name in options.only or PARTS:
        # In a new process, so that a part does not find the memory or the threads of another.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            try:
                measured = pool.submit(PARTS[name]).result()
            except PostersError as error:
                print_error("bench", f"{name} is not measured: {error}")
                code = 1
                continue
        results[name] = {"machine": _machine(), "measured": measured}
        write_json(path, results)
        print(f"bench: {name}: {json.dumps(measured, ensure_ascii=False)}")
    return code


def _machine() -> dict[str, Any]:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "memory_gigabytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
    }


if __name__ == "__main__":
    command.run("bench", main)
