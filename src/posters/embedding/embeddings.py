"""Vectors of posters: computed once, kept in a cache, and written as one array with its movies.

Rows of the array and of `movies.csv` belong together by their order; only this module writes them.
"""

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from posters.embedding.backbone import BackboneInfo, VectorBatches
from posters.embedding.openvino_model import BACKBONE_MODEL, openvino_files
from posters.embedding.scaling import RetrievalScale, blocks
from posters.errors import DataError
from posters.files import replacing, sha256, write_json
from posters.images.pictures import read_poster_file


class EmbeddedMovie(NamedTuple):
    """The movie of a row of the embeddings.

    `file` is its poster, relative to `data/`; None if there is no picture of it.
    """

    imdb_id: str
    title: str
    year: int
    file: str | None = None


@dataclass(frozen=True)
class Embeddings:
    """The content of `data/embeddings`; the arrays are float32 and memory-mapped.

    Attributes:
        matrix: vectors, shape (n_movies, embedding_size).
        movies: one a row.
        retrieval_features: standardised (see `scaling`), shape (n_movies, retrieval_size).
        scale: standardises the retrieval features of other posters.
    """

    matrix: NDArray[np.float32]
    movies: Sequence[EmbeddedMovie]
    info: BackboneInfo
    retrieval_features: NDArray[np.float32]
    scale: RetrievalScale

    @property
    def ids(self) -> list[str]:
        """The movies' ids, in the order of the rows."""
        return [movie.imdb_id for movie in self.movies]

    def retrieval_features_of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised retrieval features of vectors of shape (n, embedding_size)."""
        return self.scale.transform(vectors[:, self.info.retrieval_features])

    def rows(self, ids: Sequence[str]) -> NDArray[np.intp]:
        """The row of each id; a `DataError` if a movie has no vector."""
        row_of = {imdb_id: row for row, imdb_id in enumerate(self.ids)}
        try:
            return np.array([row_of[imdb_id] for imdb_id in ids], dtype=np.intp)
        except KeyError as error:
            raise DataError(f"{error.args[0]} has no embedding: run `dvc repro`") from error


class EmbeddingCache:
    """Vectors by the SHA-256 of the poster file, in a database for each network and each probe.

    Each batch is one transaction, so that a crash loses only the batch in progress. Raises
    `DataError` if the database is damaged.
    """

    def __init__(self, folder: Path, info: BackboneInfo, probe: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{info.name}-{info.fingerprint[:16]}-{probe[:16]}.sqlite"
        try:
            with closing(self._connect()) as database, database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors "
                    "(sha256 TEXT PRIMARY KEY, vector BLOB NOT NULL)"
                )
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"the cache .cache/embeddings/{self._path.name} is damaged ({error}): delete it, "
                "then run `dvc repro` to embed its posters again"
            ) from error

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those of `digests` that have no vector, in their order."""
        with closing(self._connect()) as database:
            known = {row[0] for row in database.execute("SELECT sha256 FROM vectors")}
        return [digest for digest in digests if digest not in known]

    def put(self, digests: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store a batch of vectors of shape (n_posters, embedding_size)."""
        contents = [vector.astype("<f4").tobytes() for vector in vectors]
        with closing(self._connect()) as database, database:
            rows = zip(digests, contents, strict=True)
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def get(self, digests: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vector of each digest, in their order; shape (embedding_size,)."""
        with closing(self._connect()) as database:
            for digest in digests:
                (content,) = database.execute(
                    "SELECT vector FROM vectors WHERE sha256 = ?", (digest,)
                ).fetchone()
                yield np.frombuffer(content, dtype="<f4")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)


def embed_missing(
    cache: EmbeddingCache,
    files: Mapping[str, Path],
    embed: Callable[[Mapping[str, Path]], VectorBatches],
) -> int:
    """Embed the posters that the cache lacks, batch by batch, and return their number.

    `files` are poster files by the SHA-256 of their content; `embed` turns some of them into
    batches of vectors, in their order. It must check the digests (`read_unchanged`), as a vector
    stays in the cache.

    Raises:
        DataError: fewer vectors came than posters were given.
    """
    missing = cache.missing(files)
    if not missing:
        return 0
    from tqdm import tqdm  # imported late, for predict.py

    remaining = iter(missing)
    with (
        tqdm(total=len(missing), desc="embed", unit="poster", disable=None) as bar,
        closing(embed({digest: files[digest] for digest in missing})) as batches,
    ):
        for vectors in batches:
            cache.put(list(islice(remaining, len(vectors))), vectors)
            bar.update(len(vectors))
    if lost := len(list(remaining)):
        raise DataError(
            f"{lost} of {len(missing)} posters got no vector: run `dvc repro` again, the others "
            "are kept"
        )
    return len(missing)


def read_unchanged(digest: str, file: Path) -> bytes:
    """Read a poster file whose SHA-256 must be `digest`.

    Raises:
        PosterRefused: it can't be read.
        DataError: its content is another one.
    """
    content = read_poster_file(file)
    if sha256(content) != digest:
        raise DataError(
            f"{file.name} is not the poster that the catalogue describes (its SHA-256 differs): "
            "run `dvc repro` to make the catalogue and its posters match"
        )
    return content


def write_embeddings(
    folder: Path,
    movies: Sequence[EmbeddedMovie],
    vectors: Iterable[NDArray[np.float32]],
    info: BackboneInfo,
    model: Path | None = None,
) -> None:
    """Write vectors, their movies, and the network with its OpenVINO model; on error, nothing."""
    with replacing(folder) as partial:
        partial.mkdir()
        matrix = _new_matrix(partial / "embeddings.npy", len(movies), info.embedding_size)
        for row, vector in zip(range(len(movies)), vectors, strict=True):
            matrix[row] = vector
        matrix.flush()
        features = matrix[:, info.retrieval_features]
        scale = RetrievalScale.fit(features)
        standard = _new_matrix(partial / "retrieval_features.npy", len(movies), len(scale.mean))
        for place, block in zip(blocks(standard), blocks(features), strict=True):
            place[:] = scale.transform(block)
        standard.flush()
        del matrix, features, standard
        np.save(partial / "retrieval_scale.npy", np.stack([scale.mean, scale.spread]))
        write_movies(partial / "movies.csv", movies)
        write_json(partial / "backbone.json", asdict(info))
        if model is not None:
            copies = openvino_files(partial / BACKBONE_MODEL)
            for source, copy in zip(openvino_files(model), copies, strict=True):
                shutil.copyfile(source, copy)


def _new_matrix(path: Path, rows: int, columns: int) -> np.memmap[Any, np.dtype[np.float32]]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, columns))


def read_embeddings(folder: Path) -> Embeddings:
    """Open what `write_embeddings` wrote.

    Raises:
        DataError: a file is missing or damaged, or they don't belong together.
    """
    try:
        matrix = np.load(folder / "embeddings.npy", mmap_mode="r")
        retrieval_features = np.load(folder / "retrieval_features.npy", mmap_mode="r")
        mean, spread = np.load(folder / "retrieval_scale.npy")
        movies = read_movies(folder / "movies.csv")
        info = read_info(folder)
    except FileNotFoundError as error:
        raise DataError("there are no embeddings yet: run `dvc repro`") from error
    except (ValueError, TypeError, EOFError, csv.Error) as error:
        raise DataError(f"data/embeddings is damaged ({error}): run `dvc repro`") from error
    retrieval_size = info.colour_from - info.retrieval_from
    for name, array, shape in (
        ("embeddings.npy", matrix, (len(movies), info.embedding_size)),
        ("retrieval_features.npy", retrieval_features, (len(movies), retrieval_size)),
        ("retrieval_scale.npy", mean, (retrieval_size,)),
    ):
        if array.shape != shape or array.dtype != np.float32:
            raise DataError(
                f"data/embeddings does not fit together: {name} is {array.dtype} {array.shape}, "
                f"expected float32 {shape} for {len(movies)} movies: run `dvc repro`"
            )
    return Embeddings(matrix, movies, info, retrieval_features, RetrievalScale(mean, spread))


def read_info(folder: Path) -> BackboneInfo:
    """The network that made the vectors in a folder; errors as of `open`, `json.loads`, `dict`."""
    content = (folder / "backbone.json").read_text(encoding="utf-8")
    return BackboneInfo(**json.loads(content))


def write_movies(
    path: Path, movies: Iterable[EmbeddedMovie], columns: Sequence[str] = EmbeddedMovie._fields
) -> None:
    """Write the first columns of movies as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(movie[: len(columns)] for movie in movies)


def read_movies(path: Path, columns: Sequence[str] = EmbeddedMovie._fields) -> list[EmbeddedMovie]:
    """Read what `write_movies` wrote; OSError, ValueError or `csv.Error` if it is damaged."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    if rows[:1] != [list(columns)] or any(len(row) != len(columns) for row in rows):
        raise ValueError(f"{path.name} is not a table of {', '.join(columns)}")
    return [
        EmbeddedMovie(imdb_id, title, int(year), *poster)
        for imdb_id, title, year, *poster in rows[1:]
    ]
