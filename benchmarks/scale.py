"""A million rows on their way through the stages, and the search for near-duplicates among them.

Generated rows, no pictures: what is measured is all that the stages do but look at posters.
"""

import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import peak_megabytes
from posters.catalogue.entries import Entry, Origin, read_catalogue, write_catalogue
from posters.catalogue.gathering import Gatherer, Queue
from posters.catalogue.movie_table import TABLE_COLUMNS, Movie
from posters.catalogue.rebalancing import rebalance
from posters.files import sha256
from posters.images.perceptual_hash import HashIndex
from posters.neighbours.near_duplicates import near_duplicate_rows
from posters.params import RebalanceParams, load_params
from posters.sources.table import Tables, TableSource
from posters.years.splitting import split_catalogue

_WORDS = ("silent", "garden", "road", "night", "letter", "king", "river", "house", "song", "winter")
_YEARS = range(1888, 2017)
_LOOK_SIZE = 512


def measure(
    rows: int = 1_000_000, pictures: tuple[int, ...] = (100_000, 1_000_000)
) -> dict[str, Any]:
    """Seconds of each step.

    Args:
        rows: of the table.
        pictures: how many vectors near-duplicates are searched among, and, for the first of them
            alone, how many hashes: a search that compares all pairs takes a hundred times as long
            for ten times as many.

    Returns:
        `rows`, `seconds` of each step, the most memory held while they went through (`megabytes`),
        and the seconds of each search for near-duplicates by how many pictures there are.
    """
    through = _rows_through_the_stages(rows)
    megabytes = round(peak_megabytes(os.getpid()))
    return {
        **through,
        "megabytes": megabytes,
        "near-duplicates by hash": {str(n): _timed(partial(_by_hash, n)) for n in pictures[:1]},
        "near-same by look": {str(n): _timed(partial(_by_look, n)) for n in pictures},
    }


def _timed(run: Callable[[], int]) -> dict[str, float]:
    started = time.perf_counter()
    found = run()
    return {"pairs": found, "seconds": round(time.perf_counter() - started, 2)}


def _rows_through_the_stages(rows: int) -> dict[str, Any]:
    taken: dict[str, float] = {}

    def step(name: str, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = run()
        taken[name] = round(time.perf_counter() - started, 2)
        return result

    with tempfile.TemporaryDirectory() as folder:
        table, catalogue = Path(folder) / "table.csv", Path(folder) / "catalogue.csv"
        _write_table(table, rows)
        tables = Tables(table, table, seed=20)
        step("read the table", lambda: (tables.initial, tables.pool))
        params = load_params()
        source = TableSource(tables, None, params.fetch, params.posters)
        with _Unseen(source, params.posters, {}, _YEARS, 0.5, rows) as gatherer:
            initial = step("scrape", lambda: _sample(gatherer, rows // 3))
            everything = RebalanceParams(t=1 + rows // len(_YEARS), before=_YEARS.stop, reserve=4)
            years = [entry.year for entry in initial]
            result = step("rebalance", lambda: rebalance(gatherer, years, _YEARS, everything))
        entries = [*initial, *result.reserve, *result.topup]
        step("write the catalogue", lambda: write_catalogue(catalogue, entries))
        read = step("read the catalogue", lambda: read_catalogue(catalogue))
    ids = list(read["imdb_id"])
    pairs = [*zip(ids[:-7:100], ids[7::100], strict=True)]
    split = step(
        "groups and split",
        lambda: split_catalogue(read, seed=7, natural=0.2, validation=0.15, near_duplicate=pairs),
    )
    return {"rows": len(split), "seconds": {**taken, "all": round(sum(taken.values()), 2)}}


class _Unseen(Gatherer):
    """Takes every movie that it does not know yet, without a look at its poster."""

    def gather(self, movie: Movie, origin: Origin) -> Entry | None:
        if self.knows(movie):
            return None
        self._ids.add(movie.imdb_id)
        digest = sha256(movie.imdb_id.encode())
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{movie.imdb_id}.jpg",
            source=self.source.name,
            poster_url=movie.poster,
            sha256=digest,
            width=600,
            height=900,
            origin=origin,
        )

    def expect(self, movies: Iterable[Movie]) -> None:
        """Nothing is fetched."""


def _sample(gatherer: Gatherer, wanted: int) -> list[Entry]:
    queue = Queue(gatherer.source.initial(), gatherer)
    accepted = (queue.first_accepted("initial") for _ in range(wanted))
    return [entry for entry in accepted if entry]


def _write_table(path: Path, count: int) -> None:
    """Movies of all years; every title is that of two."""
    generator = np.random.default_rng(0)
    words = generator.integers(0, len(_WORDS), (count, 3))
    years = generator.integers(_YEARS.start, _YEARS.stop, count)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TABLE_COLUMNS)
        for number in range(count):
            title = " ".join(_WORDS[word] for word in words[number // 2])
            imdb_id = f"tt{number:08d}"
            writer.writerow(
                [imdb_id, f"The {title} {number // 2}", years[number], f"{imdb_id}.jpg"]
            )


def _by_hash(count: int) -> int:
    """Every hundredth picture is nearly the one before it."""
    generator = np.random.default_rng(1)
    hashes = [int.from_bytes(generator.bytes(32), "big") for _ in range(count)]
    for number in range(99, count, 100):
        hashes[number] = hashes[number - 1] ^ (1 << int(generator.integers(256)))
    known = HashIndex(12)
    found = 0
    for number, picture_hash in enumerate(hashes):
        found += known.find(picture_hash) is not None
        known.add(picture_hash, str(number))
    return found


def _by_look(count: int) -> int:
    """Every hundredth vector is nearly the one before it (cosine 0.96)."""
    generator = np.random.default_rng(2)
    looks: NDArray[np.float32] = generator.standard_normal((count, _LOOK_SIZE), dtype=np.float32)
    near = np.arange(99, count, 100)
    looks[near] = looks[near - 1] + 0.29 * looks[near]
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    return sum(1 for _ in near_duplicate_rows(looks, 0.9))
