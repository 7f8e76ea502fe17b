"""Vectors of posters: made once, kept in a cache, laid out in one array beside its ids.

The array and its ids are the one pair of files in this project that belong together by position;
this module alone writes and reads them, and checks that they fit.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posters.backbone import BackboneInfo
from posters.errors import DataError
from posters.files import replacing, write_json, write_text
from posters.looks import LookScale

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Embeddings:
    """Vectors and the movies they are of.

    Attributes:
        matrix: shape (n_movies, embedding_size), float32, memory-mapped.
        ids: the movies' ids, in the order of the rows.
        info: the network that made them.
        looks: directions by which neighbours are found, shape (n_movies, look_size), float32,
            memory-mapped (see `looks`).
        scale: turns the vector of another poster into such a direction.
    """

    matrix: NDArray[np.float32]
    ids: list[str]
    info: BackboneInfo
    looks: NDArray[np.float32]
    scale: LookScale

    def look_of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Directions of vectors of shape (n, embedding_size), shape (n, look_size)."""
        return self.scale.looks(vectors[:, self.info.look])

    def rows(self, ids: Sequence[str]) -> NDArray[np.intp]:
        """The row of each id.

        Raises:
            DataError: a movie has no vector.
        """
        row_of = {imdb_id: row for row, imdb_id in enumerate(self.ids)}
        try:
            return np.array([row_of[imdb_id] for imdb_id in ids], dtype=np.intp)
        except KeyError as error:
            raise DataError(f"{error.args[0]} has no embedding: run `dvc repro`") from error


class EmbeddingCache:
    """Vectors by the digest of the poster file, one SQLite database a network.

    A batch is one transaction: a crash loses at most the batch that was being computed.

    Args:
        folder: where the databases lie.
        info: the network; another one has another database.
        probe: what the network gives known pictures (`Backbone.probe`): other code or packages that
            give other vectors have another database too.

    Raises:
        DataError: the database is damaged.
    """

    def __init__(self, folder: Path, info: BackboneInfo, probe: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{info.name}-{info.fingerprint[:16]}-{probe[:16]}.sqlite"
        self._size = info.embedding_size
        try:
            with closing(self._connect()) as database, database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors "
                    "(sha256 TEXT PRIMARY KEY, vector BLOB NOT NULL)"
                )
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"the cache .cache/embeddings/{self._path.name} is damaged ({error}): delete it, "
                "and its posters are embedded again"
            ) from error

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Those of `digests` that have no vector yet, in their order."""
        with closing(self._connect()) as database:
            known = {row[0] for row in database.execute("SELECT sha256 FROM vectors")}
        return [digest for digest in dict.fromkeys(digests) if digest not in known]

    def put(self, digests: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep a batch of vectors of shape (n_posters, embedding_size)."""
        rows = [
            (digest, vector.astype("<f4").tobytes())
            for digest, vector in zip(digests, vectors, strict=True)
        ]
        with closing(self._connect()) as database, database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def get(self, digests: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vector of each digest, in their order; shape (embedding_size,)."""
        with closing(self._connect()) as database:
            for digest in digests:
                (content,) = database.execute(
                    "SELECT vector FROM vectors WHERE sha256 = ?", (digest,)
                ).fetchone()
                yield np.frombuffer(content, dtype="<f4", count=self._size)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)


def embed_missing(
    cache: EmbeddingCache,
    files: dict[str, Path],
    embed: Callable[[Sequence[Path]], NDArray[np.float32]],
    batch_size: int,
) -> int:
    """Embed the posters that the cache lacks.

    Args:
        cache: where vectors are kept.
        files: poster files by the digest of their content.
        embed: turns files into vectors of shape (n_files, embedding_size).
        batch_size: posters after which the cache is written.

    Returns:
        How many were embedded.
    """
    missing = cache.missing(list(files))
    with tqdm(total=len(missing), desc="embed", unit="poster", disable=None) as bar:
        for start in range(0, len(missing), batch_size):
            batch = missing[start : start + batch_size]
            cache.put(batch, embed([files[digest] for digest in batch]))
            bar.update(len(batch))
    return len(missing)


def write_embeddings(
    folder: Path, ids: Sequence[str], vectors: Iterator[NDArray[np.float32]], info: BackboneInfo
) -> None:
    """Write vectors and looks row by row, with their ids and their network, all or nothing.

    The files: `embeddings.npy`, `looks.npy`, `look_scale.npy`, `ids.txt` and `backbone.json`.
    """
    with replacing(folder) as beside:
        beside.mkdir()
        matrix = _new_matrix(beside / "embeddings.npy", len(ids), info.embedding_size)
        for row, vector in zip(range(len(ids)), vectors, strict=True):
            matrix[row] = vector
        matrix.flush()
        scale = LookScale.fit(matrix[:, info.look])
        looks = _new_matrix(beside / "looks.npy", len(ids), len(scale.mean))
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            looks[rows] = scale.looks(matrix[rows, info.look])
        looks.flush()
        del matrix, looks
        np.save(beside / "look_scale.npy", np.stack([scale.mean, scale.spread]))
        write_text(beside / "ids.txt", "".join(f"{imdb_id}\n" for imdb_id in ids))
        write_json(beside / "backbone.json", asdict(info))


def _new_matrix(path: Path, rows: int, columns: int) -> np.memmap[Any, np.dtype[np.float32]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, columns))


def read_embeddings(folder: Path) -> Embeddings:
    """Open what `write_embeddings` wrote, the matrices memory-mapped.

    Raises:
        DataError: a file is missing, or they don't belong together.
    """
    try:
        matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
        looks = np.load(folder / "looks.npy", mmap_mode="r")
        mean, spread = np.load(folder / "look_scale.npy")
        ids = (folder / "ids.txt").read_text(encoding="utf-8").split()
        info = BackboneInfo(**json.loads((folder / "backbone.json").read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise DataError("there are no embeddings yet: run `dvc repro`") from error
    except (ValueError, TypeError, EOFError) as error:
        raise DataError(f"data/embeddings is damaged ({error}): run `dvc repro`") from error
    look_size = info.colour_from - info.look_from
    for name, array, shape in (
        ("embeddings.npy", matrix, (len(ids), info.embedding_size)),
        ("looks.npy", looks, (len(ids), look_size)),
        ("look_scale.npy", mean, (look_size,)),
    ):
        if array.shape != shape or array.dtype != np.float32:
            raise DataError(
                f"data/embeddings does not fit together: {name} is {array.dtype} {array.shape} "
                f"where {len(ids)} ids ask for {shape}: run `dvc repro`"
            )
    return Embeddings(matrix, ids, info, looks, LookScale(mean, spread))
