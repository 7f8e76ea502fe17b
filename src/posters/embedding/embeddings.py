"""Vectors of posters: made once, kept in a cache, laid out in one array beside its movies.

The array and its movies are the one pair of files in this project that belong together by position;
this module alone writes and reads them, and checks that they fit.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posters.embedding.backbone import BackboneInfo
from posters.embedding.movie_file import Movie, MovieFile, write_movies
from posters.embedding.openvino_model import BACKBONE_MODEL, openvino_files
from posters.embedding.scaling import RetrievalScale
from posters.errors import DataError
from posters.files import replacing, write_json

_ROWS_AT_ONCE = 8192

Batch = tuple[Sequence[str], NDArray[np.float32]]
"""Digests of posters, and their vectors of shape (n_posters, embedding_size)."""


@dataclass(frozen=True)
class Embeddings:
    """Vectors and the movies they are of.

    Attributes:
        matrix: shape (n_movies, embedding_size), float32, memory-mapped.
        movies: one a row, in their order; looked up one by one as long as no more are asked for.
        info: the network that made them.
        retrieval_features: directions by which neighbours are found, shape (n_movies, retrieval_size), float32,
            memory-mapped (see `scaling`).
        scale: turns the vector of another poster into such a direction.
    """

    matrix: NDArray[np.float32]
    movies: Sequence[Movie]
    info: BackboneInfo
    retrieval_features: NDArray[np.float32]
    scale: RetrievalScale

    @property
    def ids(self) -> list[str]:
        """The movies' ids, in the order of the rows."""
        return [movie.imdb_id for movie in self.movies]

    def retrieval_features_of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Directions of vectors of shape (n, embedding_size), shape (n, retrieval_size)."""
        return self.scale.transform(vectors[:, self.info.retrieval_features])

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
    files: Mapping[str, Path],
    embed: Callable[[Sequence[Path]], Iterable[NDArray[np.float32]]],
) -> int:
    """Embed the posters that the cache lacks.

    Args:
        cache: where vectors are kept.
        files: poster files by the digest of their content.
        embed: turns files into batches of vectors of shape (n_files, embedding_size), in their
            order; after each, the cache is written.

    Returns:
        How many were embedded.
    """

    def labelled(missing: Mapping[str, Path]) -> Generator[Batch, None, None]:
        digests = iter(missing)
        for vectors in embed(list(missing.values())):
            yield list(islice(digests, len(vectors))), vectors

    return embed_in_any_order(cache, files, labelled)


def embed_in_any_order(
    cache: EmbeddingCache,
    files: Mapping[str, Path],
    embed: Callable[[Mapping[str, Path]], Generator[Batch, None, None]],
) -> int:
    """As `embed_missing`, by something that gives each vector with its digest, as they come."""
    missing = cache.missing(list(files))
    if not missing:
        return 0
    with (
        tqdm(total=len(missing), desc="embed", unit="poster", disable=None) as bar,
        closing(embed({digest: files[digest] for digest in missing})) as batches,
    ):
        for digests, vectors in batches:
            cache.put(digests, vectors)
            bar.update(len(digests))
    return len(missing)


def write_embeddings(
    folder: Path,
    movies: Sequence[Movie],
    vectors: Iterator[NDArray[np.float32]],
    info: BackboneInfo,
    graph: Path | None = None,
) -> None:
    """Write vectors and looks row by row, with their movies and their network, all or nothing.

    The files: `embeddings.npy`, `retrieval_features.npy`, `retrieval_scale.npy`, `movies.csv`, `movie_starts.npy`,
    `backbone.json`, and `backbone.xml` and `backbone.bin` where the network is given as a graph.
    """
    with replacing(folder) as beside:
        beside.mkdir()
        matrix = _new_matrix(beside / "embeddings.npy", len(movies), info.embedding_size)
        for row, vector in zip(range(len(movies)), vectors, strict=True):
            matrix[row] = vector
        matrix.flush()
        scale = RetrievalScale.fit(matrix[:, info.retrieval_features])
        retrieval_features = _new_matrix(
            beside / "retrieval_features.npy", len(movies), len(scale.mean)
        )
        for start in range(0, len(movies), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            retrieval_features[rows] = scale.transform(matrix[rows, info.retrieval_features])
        retrieval_features.flush()
        del matrix, retrieval_features
        np.save(beside / "retrieval_scale.npy", np.stack([scale.mean, scale.spread]))
        write_movies(beside, movies)
        write_json(beside / "backbone.json", asdict(info))
        if graph is not None:
            for file, kept in zip(
                openvino_files(graph), openvino_files(beside / BACKBONE_MODEL), strict=True
            ):
                shutil.copyfile(file, kept)


def _new_matrix(path: Path, rows: int, columns: int) -> np.memmap[Any, np.dtype[np.float32]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, columns))


def read_embeddings(folder: Path) -> Embeddings:
    """Open what `write_embeddings` wrote, the matrices memory-mapped.

    Raises:
        DataError: a file is missing, or they don't belong together.
    """
    try:
        matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
        retrieval_features = np.load(folder / "retrieval_features.npy", mmap_mode="r")
        mean, spread = np.load(folder / "retrieval_scale.npy")
        movies = MovieFile(folder)
        info = BackboneInfo(**json.loads((folder / "backbone.json").read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise DataError("there are no embeddings yet: run `dvc repro`") from error
    except (ValueError, TypeError, EOFError) as error:
        raise DataError(f"data/embeddings is damaged ({error}): run `dvc repro`") from error
    retrieval_size = info.colour_from - info.retrieval_from
    for name, array, shape in (
        ("embeddings.npy", matrix, (len(movies), info.embedding_size)),
        ("retrieval_features.npy", retrieval_features, (len(movies), retrieval_size)),
        ("retrieval_scale.npy", mean, (retrieval_size,)),
    ):
        if array.shape != shape or array.dtype != np.float32:
            raise DataError(
                f"data/embeddings does not fit together: {name} is {array.dtype} {array.shape} "
                f"where {len(movies)} movies ask for {shape}: run `dvc repro`"
            )
    return Embeddings(matrix, movies, info, retrieval_features, RetrievalScale(mean, spread))
