"""Exact search compared with FAISS and USearch, on generated vectors."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import BenchmarkError, seconds
from posters.neighbours.index import nearest_rows
from posters.processors import cores

SIZES = (3452, 40_000, 1_000_000)
COLUMNS = 512
K = 10


def measure(sizes: tuple[int, ...] = SIZES, runs: int = 5) -> list[dict[str, Any]]:
    """Milliseconds of each library, by number of posters and of queries.

    This project reads a memory-mapped file; the other libraries hold their rows in memory.

    Raises:
        BenchmarkError: a library finds other neighbours.
    """
    generator = np.random.default_rng(0)
    results = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows = generator.standard_normal((size, COLUMNS), dtype=np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            path = Path(folder) / "rows.npy"
            np.save(path, rows)
            matrix = np.load(path, mmap_mode="r")
            results += [_compare(matrix, count, generator, runs) for count in (1, 100)]
    return results


def _compare(
    matrix: NDArray[np.float32], count: int, generator: np.random.Generator, runs: int
) -> dict[str, Any]:
    import faiss
    from usearch.index import MetricKind, search

    faiss.omp_set_num_threads(cores())
    index = faiss.IndexFlatIP(COLUMNS)
    index.add(matrix)
    noise = generator.standard_normal((count, COLUMNS), dtype=np.float32)
    queries = matrix[generator.integers(0, len(matrix), count)] + np.float32(0.02) * noise
    contestants: dict[str, Callable[[], Any]] = {
        "ours": lambda: nearest_rows(matrix, queries, K)[0],
        "FAISS": lambda: index.search(queries, K)[1],
        "USearch": lambda: (
            search(matrix, queries, K, MetricKind.IP, exact=True, threads=cores()).keys
        ),
    }
    found = {name: np.reshape(run(), -1) for name, run in contestants.items()}
    for name, rows in found.items():
        if (rows == found["ours"]).mean() < 0.99:  # rounding may change the order of two
            raise BenchmarkError(f"{name} finds other neighbours than ours")
    times = seconds(contestants, runs if len(matrix) * count < 10**7 else 1)
    milliseconds = {name: round(1000 * taken, 2) for name, taken in times.items()}
    return {"posters": len(matrix), "queries": count, "milliseconds": milliseconds}
