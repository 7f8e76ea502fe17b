"""The cache of vectors and the array beside its ids."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import info_of, movies_of

from posters.embedding import embeddings as embedding_module
from posters.embedding.embeddings import (
    EmbeddingCache,
    embed_missing,
    read_embeddings,
    write_embeddings,
)
from posters.embedding.movie_file import FILES as MOVIE_FILES
from posters.embedding.scaling import RetrievalScale
from posters.errors import DataError

INFO = info_of(5, 1, 4)
FILES = (
    "embeddings.npy",
    "retrieval_features.npy",
    "retrieval_scale.npy",
    *MOVIE_FILES,
    "backbone.json",
)


class Network:
    """Embeds a file as five numbers made of its name, and remembers what it was asked."""

    def __init__(self, fails_at: str | None = None) -> None:
        self.asked: list[str] = []
        self._fails_at = fails_at

    def batches(self, files: Sequence[Path]) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(files), 2):
            batch = files[start : start + 2]
            if any(file.name == self._fails_at for file in batch):
                raise KeyboardInterrupt
            self.asked += [file.name for file in batch]
            last = [ord(file.name[-1]) for file in batch]
            yield np.array(
                [[3, number, number % 2, 0.1, number % 3] for number in last], np.float32
            )


def files(count: int) -> dict[str, Path]:
    return {f"digest{number}": Path(f"poster{number}") for number in range(count)}


def test_only_posters_without_a_vector_are_embedded(tmp_path: Path) -> None:
    cache, network = EmbeddingCache(tmp_path, INFO, "probe"), Network()
    assert embed_missing(cache, files(5), network.batches) == 5
    assert embed_missing(cache, files(8), network.batches) == 3
    assert network.asked == [f"poster{number}" for number in range(8)]


def test_what_was_embedded_before_a_crash_is_kept(tmp_path: Path) -> None:
    cache, crashing = EmbeddingCache(tmp_path, INFO, "probe"), Network(fails_at="poster4")
    with pytest.raises(KeyboardInterrupt):
        embed_missing(cache, files(6), crashing.batches)
    network = Network()
    assert embed_missing(cache, files(6), network.batches) == 2
    assert network.asked == ["poster4", "poster5"]


@pytest.mark.parametrize(
    "change",
    [
        {"weights_digest": "1" * 64},
        {"moments": "early middle"},
        {"layout": "middle"},
        {"mirrored": False},
        {"width": 96, "height": 64},
    ],
)
def test_another_network_has_a_cache_of_its_own(tmp_path: Path, change: dict[str, object]) -> None:
    other = replace(INFO, **change)
    embed_missing(EmbeddingCache(tmp_path, INFO, "probe"), files(2), Network().batches)
    assert EmbeddingCache(tmp_path, other, "probe").missing(list(files(2))) == list(files(2))


def test_the_same_posters_give_the_same_bytes_whatever_came_before(tmp_path: Path) -> None:
    contents = []
    for name, history in (("grown", (3, 6)), ("cold", (6,))):
        cache = EmbeddingCache(tmp_path / name, INFO, "probe")
        for count in history:
            embed_missing(cache, files(count), Network().batches)
        movies = movies_of(f"tt000000{number}" for number in range(6))
        write_embeddings(tmp_path / f"{name}-out", movies, cache.get(list(files(6))), INFO)
        contents.append(
            {file.name: file.read_bytes() for file in (tmp_path / f"{name}-out").iterdir()}
        )
    assert contents[0] == contents[1]
    assert set(contents[0]) == set(FILES)


def test_vectors_are_read_back_memory_mapped_beside_their_movies(tmp_path: Path) -> None:
    vectors = np.arange(10, dtype=np.float32).reshape(2, 5)
    write_embeddings(tmp_path / "out", movies_of(["tt0000001", "tt0000002"]), iter(vectors), INFO)
    read = read_embeddings(tmp_path / "out")
    assert isinstance(read.matrix, np.memmap)
    np.testing.assert_array_equal(read.matrix, vectors)
    assert list(read.movies) == movies_of(["tt0000001", "tt0000002"])
    assert read.ids == ["tt0000001", "tt0000002"]
    assert read.info == INFO
    assert list(read.rows(["tt0000002", "tt0000001"])) == [1, 0]
    with pytest.raises(DataError, match="tt0000003 has no embedding"):
        read.rows(["tt0000003"])


@pytest.mark.parametrize("rows_at_once", [1, 4, 8192])
def test_looks_are_of_the_middle_part_and_stand_beside_the_vectors(
    tmp_path: Path, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_module, "_ROWS_AT_ONCE", rows_at_once)
    vectors = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    movies = movies_of(f"tt000000{number}" for number in range(9))
    write_embeddings(tmp_path / "out", movies, iter(vectors), INFO)
    read = read_embeddings(tmp_path / "out")
    middle = vectors[:, 1:4]
    expected = (middle - middle.mean(axis=0)) / middle.std(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert isinstance(read.retrieval_features, np.memmap)
    np.testing.assert_allclose(read.retrieval_features, expected, atol=1e-6)
    scale = RetrievalScale.fit(middle)
    np.testing.assert_array_equal(read.scale.mean, scale.mean)
    np.testing.assert_array_equal(read.scale.spread, scale.spread)
    # A poster that is asked about is compared as those of the catalogue are.
    np.testing.assert_array_equal(
        read.retrieval_features_of(vectors[3:5]), read.retrieval_features[3:5]
    )


def test_fewer_vectors_than_movies_write_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_embeddings(
            tmp_path / "out", movies_of(["tt0000001", "tt0000002"]), iter([np.zeros(5)]), INFO
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", FILES)
def test_a_missing_or_damaged_file_is_an_error_that_says_what_to_do(
    tmp_path: Path, file: str
) -> None:
    folder = tmp_path / "out"
    write_embeddings(folder, movies_of(["tt0000001"]), iter(np.zeros((1, 5), np.float32)), INFO)
    (folder / file).write_bytes(b"tt1 tt2 tt3")
    with pytest.raises(DataError, match="run `dvc repro`"):
        read_embeddings(folder)
    (folder / file).unlink()
    with pytest.raises(DataError, match="run `dvc repro`"):
        read_embeddings(folder)


@pytest.mark.parametrize(
    ("file", "array"),
    [
        ("embeddings.npy", np.zeros((3, 5), np.float32)),
        ("embeddings.npy", np.zeros((2, 5))),
        ("retrieval_features.npy", np.zeros((3, 3), np.float32)),
        ("retrieval_features.npy", np.zeros((2, 5), np.float32)),
        ("retrieval_scale.npy", np.zeros((2, 5), np.float32)),
        ("retrieval_scale.npy", np.zeros((2, 3))),
    ],
)
def test_files_of_different_runs_are_an_error_that_names_the_one_that_does_not_fit(
    tmp_path: Path, file: str, array: NDArray[np.float32]
) -> None:
    vectors = iter(np.zeros((2, 5), np.float32))
    write_embeddings(tmp_path / "out", movies_of(["tt0000001", "tt0000002"]), vectors, INFO)
    np.save(tmp_path / "out" / file, array)
    with pytest.raises(DataError, match=rf"does not fit together: {file} is .* run `dvc repro`"):
        read_embeddings(tmp_path / "out")


def test_the_cache_is_one_sqlite_file(tmp_path: Path) -> None:
    embed_missing(EmbeddingCache(tmp_path, INFO, "probe"), files(3), Network().batches)
    (database,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (3,)


def test_what_the_network_makes_of_known_pictures_is_part_of_the_key(tmp_path: Path) -> None:
    """Other code or packages may give other vectors for the same network and poster."""
    embed_missing(EmbeddingCache(tmp_path, INFO, "one"), files(2), Network().batches)
    assert EmbeddingCache(tmp_path, INFO, "one").missing(list(files(2))) == []
    assert EmbeddingCache(tmp_path, INFO, "other").missing(list(files(2))) == list(files(2))


def test_a_damaged_cache_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, INFO, "probe")
    (database,) = tmp_path.glob("*.sqlite")
    database.write_bytes(b"not a database" * 100)
    with pytest.raises(DataError, match=rf"{database.name} is damaged .*: delete it"):
        EmbeddingCache(tmp_path, INFO, "probe")
