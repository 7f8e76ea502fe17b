"""The cache of vectors, and the array beside its movies."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import info_of, movies_of

from posters.embedding.backbone import VectorBatches
from posters.embedding.embeddings import (
    EmbeddedMovie,
    EmbeddingCache,
    embed_missing,
    read_embeddings,
    write_embeddings,
)
from posters.embedding.scaling import RetrievalScale
from posters.errors import DataError

INFO = info_of(5, 1, 4)
ARRAYS = ("embeddings.npy", "retrieval_features.npy", "retrieval_scale.npy")
MOVIES = movies_of(["tt0000001", "tt0000002"])


class FakeNetwork:
    """Makes vectors of file names, and records which files it embedded."""

    def __init__(self, interrupted_at: str | None = None) -> None:
        self.embedded: list[str] = []
        self._interrupted_at = interrupted_at

    def batches(self, files: Mapping[str, Path]) -> VectorBatches:
        paths = list(files.values())
        for start in range(0, len(paths), 2):
            batch = paths[start : start + 2]
            if any(file.name == self._interrupted_at for file in batch):
                raise KeyboardInterrupt
            self.embedded += [file.name for file in batch]
            codes = [ord(file.name[-1]) for file in batch]
            yield np.array([[3, code, code % 2, 0.1, code % 3] for code in codes], np.float32)


def files(count: int) -> dict[str, Path]:
    return {f"digest{number}": Path(f"poster{number}") for number in range(count)}


def test_only_posters_without_a_vector_are_embedded(tmp_path: Path) -> None:
    cache, network = EmbeddingCache(tmp_path, INFO, "probe"), FakeNetwork()
    assert embed_missing(cache, files(5), network.batches) == 5
    assert embed_missing(cache, files(8), network.batches) == 3
    assert network.embedded == [f"poster{number}" for number in range(8)]


def test_interrupted_run_keeps_its_complete_batches(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, INFO, "probe")
    with pytest.raises(KeyboardInterrupt):
        embed_missing(cache, files(6), FakeNetwork(interrupted_at="poster4").batches)
    network = FakeNetwork()
    assert embed_missing(cache, files(6), network.batches) == 2
    assert network.embedded == ["poster4", "poster5"]


def test_missing_vectors_are_an_error_and_the_others_are_kept(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, INFO, "probe")
    with pytest.raises(DataError, match="1 of 4 posters got no vector"):
        embed_missing(cache, files(4), lambda _: FakeNetwork().batches(files(3)))
    assert len(cache.missing(files(4))) == 1


@pytest.mark.parametrize(
    ("change", "probe"),
    [({}, "other probe"), ({"weights_digest": "1" * 64}, "probe"), ({"width": 96}, "probe")],
)
def test_other_network_or_probe_uses_another_cache(
    tmp_path: Path, change: dict[str, object], probe: str
) -> None:
    embed_missing(EmbeddingCache(tmp_path, INFO, "probe"), files(2), FakeNetwork().batches)
    assert EmbeddingCache(tmp_path, INFO, "probe").missing(list(files(2))) == []
    other = EmbeddingCache(tmp_path, replace(INFO, **change), probe)
    assert other.missing(list(files(2))) == list(files(2))


def test_damaged_cache_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    EmbeddingCache(tmp_path, INFO, "probe")
    (database,) = tmp_path.glob("*.sqlite")
    database.write_bytes(b"not a database" * 100)
    with pytest.raises(DataError, match=rf"{database.name} is damaged .*: delete it"):
        EmbeddingCache(tmp_path, INFO, "probe")


def test_vectors_and_movies_are_read_back_memory_mapped(tmp_path: Path) -> None:
    titles = ["Amélie", 'She said "no", twice', "Two\nlines", "", " ", "東京物語", "a\r\nb"]
    movies = [
        EmbeddedMovie(f"tt000000{number}", title, 1900, "posters/1.jpg")
        for number, title in enumerate(titles, 1)
    ]
    vectors = np.arange(35, dtype=np.float32).reshape(7, 5)
    write_embeddings(tmp_path / "out", movies, iter(vectors), INFO)
    read = read_embeddings(tmp_path / "out")
    assert isinstance(read.matrix, np.memmap)
    np.testing.assert_array_equal(read.matrix, vectors)
    assert read.movies == movies
    assert read.info == INFO
    assert list(read.rows(["tt0000002", "tt0000001"])) == [1, 0]
    with pytest.raises(DataError, match="tt0000009 has no embedding"):
        read.rows(["tt0000009"])
    table = (tmp_path / "out" / "movies.csv").read_text(encoding="utf-8")
    assert table.startswith("imdb_id,title,year,file\ntt0000001,Amélie,1900,posters/1.jpg\n")


def test_retrieval_features_are_standardised(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(8200, 5)).astype(np.float32)
    movies = movies_of(f"tt{number:07d}" for number in range(8200))
    write_embeddings(tmp_path / "out", movies, iter(vectors), INFO)
    read = read_embeddings(tmp_path / "out")
    scale = RetrievalScale.fit(vectors[:, 1:4])
    np.testing.assert_array_equal(read.retrieval_features, scale.transform(vectors[:, 1:4]))
    np.testing.assert_array_equal(
        read.retrieval_features_of(vectors[3:5]), read.retrieval_features[3:5]
    )


def test_fewer_vectors_than_movies_write_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_embeddings(tmp_path / "out", MOVIES, iter([np.zeros(5)]), INFO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [*ARRAYS, "movies.csv", "backbone.json"])
def test_missing_or_damaged_file_is_an_error_that_says_what_to_do(
    tmp_path: Path, file: str
) -> None:
    folder = tmp_path / "out"
    write_embeddings(folder, MOVIES[:1], iter(np.zeros((1, 5), np.float32)), INFO)
    intact = (folder / file).read_bytes()
    for damaged in (b"tt1 tt2 tt3", b"", intact.replace(b"1900,", b"19x0,")):
        if damaged != intact:
            (folder / file).write_bytes(damaged)
            with pytest.raises(DataError, match=r"is damaged .*: run `dvc repro`"):
                read_embeddings(folder)
    (folder / file).unlink()
    with pytest.raises(DataError, match="no embeddings yet: run `dvc repro`"):
        read_embeddings(folder)


@pytest.mark.parametrize(
    ("file", "array"),
    [
        ("embeddings.npy", np.zeros((3, 5), np.float32)),
        ("embeddings.npy", np.zeros((2, 5))),
        ("retrieval_scale.npy", np.zeros((2, 5), np.float32)),
    ],
)
def test_array_of_another_run_is_an_error_that_names_it(
    tmp_path: Path, file: str, array: NDArray[np.float32]
) -> None:
    folder = tmp_path / "out"
    write_embeddings(folder, MOVIES, iter(np.zeros((2, 5), np.float32)), INFO)
    np.save(folder / file, array)
    with pytest.raises(DataError, match=rf"does not fit together: {file} is .* run `dvc repro`"):
        read_embeddings(folder)
