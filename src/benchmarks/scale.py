"""A million rows through catalogue, rebalancing, groups and split: generated rows, no pictures."""

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import peak_megabytes
from posters.catalogue import Entry, read_catalogue, write_catalogue
from posters.duplicates import NearDuplicates
from posters.files import sha256
from posters.splitting import split_catalogue

_WORDS = ("silent", "garden", "road", "night", "letter", "king", "river", "house", "song", "winter")


def measure(rows: int = 1_000_000) -> dict[str, Any]:
    """Seconds of each step, and the most memory held, in a process of its own."""
    taken: dict[str, float] = {}

    def step(name: str, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = run()
        taken[name] = round(time.perf_counter() - started, 2)
        return result

    hashes = _hashes(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.csv"
        step("make and write the catalogue", lambda: write_catalogue(path, _entries(rows)))
        catalogue = step("read the catalogue", lambda: read_catalogue(path))
    pairs = step("near-duplicates by hash", lambda: list(_near(hashes, catalogue["imdb_id"])))
    split = step(
        "groups and split",
        lambda: split_catalogue(catalogue, seed=7, natural=0.2, validation=0.15, near_same=pairs),
    )
    return {
        "rows": len(split),
        "pairs": len(pairs),
        "seconds": {**taken, "all": round(sum(taken.values()), 2)},
        "megabytes": round(peak_megabytes(os.getpid())),
    }


def _entries(count: int) -> Iterable[Entry]:
    generator = np.random.default_rng(0)
    words = generator.integers(0, len(_WORDS), (count, 3))
    years = generator.integers(1888, 2017, count)
    for number in range(count):
        imdb_id = f"tt{number:08d}"
        title = " ".join(_WORDS[word] for word in words[number])
        year = int(years[number])
        origin = "reserve" if number % 1000 == 0 else "topup" if number % 3 else "initial"
        yield Entry(
            *(imdb_id, f"The {title} {number // 2}", year, f"posters/{imdb_id}.jpg", "table"),
            *("", sha256(imdb_id.encode()), 600, 900, origin),  # type: ignore[arg-type]
        )


def _hashes(count: int) -> list[int]:
    """Every hundredth picture is nearly the one before it."""
    generator = np.random.default_rng(1)
    hashes = [int.from_bytes(generator.bytes(32), "big") for _ in range(count)]
    for number in range(99, count, 100):
        hashes[number] = hashes[number - 1] ^ (1 << int(generator.integers(256)))
    return hashes


def _near(hashes: list[int], ids: Iterable[str]) -> Iterable[tuple[str, str]]:
    known = NearDuplicates(12)
    for picture_hash, imdb_id in zip(hashes, ids, strict=True):
        same = known.find(picture_hash)
        if same:
            yield same, imdb_id
        known.add(picture_hash, imdb_id)
