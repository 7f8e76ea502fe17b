"""A reduced catalogue has the neighbours of the whole one, and its files are checked."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import embeddings_of

from posters.errors import DataError
from posters.neighbours.index import nearest_movies
from posters.neighbours.reduced_catalogue import ReducedCatalogue

IDS = [f"tt{row:07d}" for row in range(300)]


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """64 numbers that depend on 8, as activations do, and a little noise."""
    generator = np.random.default_rng(0)
    hidden = generator.normal(size=(len(IDS) + 20, 8)) @ generator.normal(size=(8, 64))
    return (hidden + generator.normal(0, 0.05, hidden.shape)).astype(np.float32)


def test_neighbours_are_those_of_whole_vectors(
    vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    whole = embeddings_of(vectors[: len(IDS)], IDS)
    ReducedCatalogue.of(whole, components=8, step=0.01).write(tmp_path / "embeddings")
    reduced = ReducedCatalogue.read(tmp_path / "embeddings")
    queries = vectors[len(IDS) :]
    one, other = (nearest_movies(of, queries, 3) for of in (whole, reduced))
    first = [(same[0].imdb_id, also[0].imdb_id) for same, also in zip(one, other, strict=True)]
    assert sum(name == again for name, again in first) >= 18
    for same, also in zip(one, other, strict=True):
        assert also[0].file is None
        assert also[0].similarity == pytest.approx(same[0].similarity, abs=0.01)
    # Its own poster is not left out, as it can't be recognised.
    ((itself,),) = nearest_movies(reduced, vectors[:1], 1)
    assert itself.imdb_id == IDS[0]


def test_files_are_the_same_bytes_and_must_fit_together(
    vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    for folder, count in (("one", 300), ("same", 300), ("fewer", 299)):
        whole = embeddings_of(vectors[:count], IDS[:count])
        ReducedCatalogue.of(whole, components=8, step=0.01).write(tmp_path / folder)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "same" / file.name).read_bytes()
    (tmp_path / "one" / "movies.csv").write_bytes((tmp_path / "fewer" / "movies.csv").read_bytes())
    with pytest.raises(DataError, match=r"\(movies.csv: 299 movies don't fit"):
        ReducedCatalogue.read(tmp_path / "one")
