"""A million generated rows in all stages except those that read posters; near-duplicate search."""

import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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

WORDS = ("silent", "garden", "road", "night", "letter", "king", "river", "house", "song", "winter")
FEATURES = 512


def measure(rows: int = 1_000_000, hashes: int = 100_000, vectors: int = 30_000) -> dict[str, Any]:
    """Seconds of each step on a table of `rows`, their peak memory, and near-duplicate searches.

    The time of a search grows with the square of the number of hashes or vectors.
    """
    seconds: dict[str, float] = {}

    def step(name: str, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = run()
        seconds[name] = round(time.perf_counter() - started, 2)
        return result

    params = load_params()
    years = params.scrape.years
    with tempfile.TemporaryDirectory() as folder:
        table, catalogue = Path(folder) / "table.csv", Path(folder) / "catalogue.csv"
        _write_table(table, rows, years)
        source_params = params.source.model_copy(update={"table": str(table), "pool": str(table)})
        params = params.model_copy(update={"source": source_params})
        tables = step("read the table", lambda: Tables(params))
        source = TableSource(tables, None, params)
        with _NoPosters(source, params, {}, rows, Path(folder)) as gatherer:
            queue = Queue(source.initial(), gatherer)
            sample = range(rows // 3)
            initial = step("scrape", lambda: [queue.next_accepted("initial") for _ in sample])
            targets = RebalanceParams(t=1 + rows // len(years), before=years.stop, reserve=4)
            initial_years = [entry.year for entry in initial]
            result = step("rebalance", lambda: rebalance(gatherer, initial_years, years, targets))
        entries = [*initial, *result.reserve, *result.topup]
        step("write the catalogue", lambda: write_catalogue(catalogue, entries))
        movies = step("read the catalogue", lambda: read_catalogue(catalogue))
    ids = list(movies["imdb_id"])
    pairs = [*zip(ids[:-7:100], ids[7::100], strict=True)]
    split = step(
        "groups and split",
        lambda: split_catalogue(movies, seed=7, natural=0.2, folds=5, near_duplicate=pairs),
    )
    seconds["all"] = round(sum(seconds.values()), 2)
    return {
        "rows": len(split),
        "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "near-duplicate pairs": {
            "hashes": step(f"{hashes} hashes", lambda: _pairs_by_hash(hashes)),
            "vectors": step(f"{vectors} vectors", lambda: _pairs_by_features(vectors)),
        },
        "seconds": seconds,
    }


class _NoPosters(Gatherer):
    """Accepts every movie that it does not know, without fetching its poster."""

    def gather(self, movie: Movie, origin: Origin) -> Entry | None:
        if self.knows(movie):
            return None
        self._ids.add(movie.imdb_id)
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{movie.imdb_id}.jpg",
            source=self.source.name,
            poster_url=movie.poster,
            sha256=sha256(movie.imdb_id.encode()),
            width=600,
            height=900,
            origin=origin,
        )

    def prefetch(self, movies: Iterable[Movie]) -> None:
        pass


def _write_table(path: Path, count: int, years: range) -> None:
    """Write movies of all years; each title belongs to two of them."""
    generator = np.random.default_rng(0)
    words = np.array(WORDS)[generator.integers(0, len(WORDS), (count, 3))]
    ids = [f"tt{number:08d}" for number in range(count)]
    titles = [f"The {' '.join(words[number // 2])} {number // 2}" for number in range(count)]
    year = generator.integers(years.start, years.stop, count)
    files = [f"{imdb_id}.jpg" for imdb_id in ids]
    table = dict(zip(TABLE_COLUMNS, (ids, titles, year, files), strict=True))
    pd.DataFrame(table).to_csv(path, index=False)


def _pairs_by_hash(count: int) -> int:
    """Search random hashes of which every hundredth is nearly its predecessor."""
    generator = np.random.default_rng(1)
    hashes = [int.from_bytes(generator.bytes(32), "big") for _ in range(count)]
    for number in range(99, count, 100):
        hashes[number] = hashes[number - 1] ^ (1 << int(generator.integers(256)))
    index = HashIndex(12)
    found = 0
    for number, picture_hash in enumerate(hashes):
        found += index.find(picture_hash) is not None
        index.add(picture_hash, str(number))
    return found


def _pairs_by_features(count: int) -> int:
    """Search random vectors of which every hundredth has similarity 0.96 to its predecessor."""
    generator = np.random.default_rng(2)
    vectors = generator.standard_normal((count, FEATURES), dtype=np.float32)
    near = np.arange(99, count, 100)
    vectors[near] = vectors[near - 1] + 0.29 * vectors[near]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return len(list(near_duplicate_rows(vectors, 0.9)))
