"""Posters embedded per second on a Ray cluster of one processor and of two."""

import multiprocessing
import os
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measuring import BenchmarkError
from posters import paths
from posters.catalogue.entries import read_entries
from posters.embedding.embeddings import read_info, read_unchanged
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.ray_engine import embed_with_ray
from posters.params import load_params
from posters.processors import cores

POSTERS = 1_000_000
MACHINES = (10, 100)


def measure(count: int = 320) -> dict[str, Any]:
    """Posters per second of one worker and of two, and what follows for a million posters.

    The whole cluster has one processor, then two, and each has a worker; so the processes of Ray
    and of this machine, which reads the posters, cost both the same share. The start of the
    cluster, which takes seconds whatever the number of posters, is left out.

    The hours assume machines of two processors like these, of which each adds as much as this one
    does, until one machine can read no more posters per second. Neither its network, which must
    carry the megabytes per second, nor Ray nor the cache of vectors is assumed to be the limit.

    Raises:
        BenchmarkError: there is only one processor.
        ClusterError: Ray is not installed.
    """
    if cores() < 2:
        raise BenchmarkError("it needs two processors")
    entries = read_entries(paths.CATALOGUE)[:count]
    files = {entry.sha256: paths.DATA / entry.file for entry in entries}
    per_second = {}
    for workers in (1, 2):
        # In a new process, as the processors of one can't be changed once Ray has started.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            per_second[workers] = pool.submit(_per_second, workers, files).result()
    started = time.perf_counter()
    sizes = [len(read_unchanged(digest, path)) for digest, path in files.items()]
    read = len(files) / (time.perf_counter() - started)
    # A poster goes to a worker, and its vector comes back.
    megabytes = (sum(sizes) / len(files) + 4 * read_info(paths.EMBEDDINGS).embedding_size) / 1e6
    rates = {machines: min(machines * per_second[2], read) for machines in MACHINES}
    return {
        "posters": len(files),
        "posters_per_second": {
            "1 worker": round(per_second[1], 2),
            "2 workers": round(per_second[2], 2),
            "read and checked": round(read),
        },
        "speedup": round(per_second[2] / per_second[1], 2),
        f"{POSTERS:,} posters": {
            f"{machines} machines": {
                "hours": round(POSTERS / rate / 3600, 2),
                "megabytes per second": round(rate * megabytes, 1),
            }
            for machines, rate in rates.items()
        },
    }


def _per_second(workers: int, files: Mapping[str, Path]) -> float:
    """Posters per second from when each worker has finished its first ones."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])
    os.environ.pop("RAY_ADDRESS", None)
    params = load_params().embed.model_copy(update={"engine": "ray"})
    networks = paths.cache() / "networks"
    backbone, model = open_backbone(params, networks)
    with closing(embed_with_ray(files, backbone, model)) as batches:
        for _ in range(workers):
            next(batches)
        started = time.perf_counter()
        counted = sum(len(vectors) for vectors in batches)
    return counted / (time.perf_counter() - started)
