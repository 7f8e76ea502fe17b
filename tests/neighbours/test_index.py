"""Nearest posters by cosine similarity; a poster is never its own neighbour."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import embeddings_of, info_of, movies_of
from PIL import Image
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from posters.embedding.backbone import BackboneInfo
from posters.embedding.keras_backbone import load_backbone
from posters.images.pictures import PosterLike
from posters.neighbours.index import Neighbour, Neighbours
from posters.params import load_params


def index_of(matrix: NDArray[np.float32], info: BackboneInfo | None = None) -> Neighbours:
    ids = [f"tt{row:07d}" for row in range(len(matrix))]
    return Neighbours(embeddings_of(matrix, ids, info))


def rows_of(found: list[Neighbour]) -> list[int]:
    return [int(movie.imdb_id.removeprefix("tt")) for movie in found]


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    """Like a network's vectors: each number of another size and spread, none around 0."""
    spread = 10.0 ** np.random.default_rng(5).uniform(-2, 2, 24)
    noise = np.random.default_rng(0).normal(size=(500, 24))
    return ((noise + 4) * spread).astype(np.float32)


@pytest.mark.parametrize("k", [1, 3, 17])
def test_nearest_are_those_of_scikit_learn(matrix: NDArray[np.float32], k: int) -> None:
    """Year features before and colours after the retrieval features have no influence."""
    generator = np.random.default_rng(1)
    info = info_of(31, 3, 27)
    whole = generator.normal(0, 1000, (500, 31)).astype(np.float32)
    whole[:, info.retrieval_features] = matrix
    queries = generator.normal(0, 1000, (20, 31)).astype(np.float32)
    queries[:, info.retrieval_features] = generator.permuted(matrix, axis=0)[:20]
    scaler = StandardScaler().fit(matrix)
    reference = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
    reference.fit(scaler.transform(matrix))
    distances, rows = reference.kneighbors(scaler.transform(queries[:, info.retrieval_features]))
    index = index_of(whole, info)
    for query, expected_rows, expected_distances in zip(queries, rows, distances, strict=True):
        found = index.nearest_to_vector(query, k)
        assert rows_of(found) == list(expected_rows)
        np.testing.assert_allclose(
            [movie.similarity for movie in found], 1 - expected_distances, atol=1e-5
        )


def test_poster_is_not_its_own_neighbour(matrix: NDArray[np.float32]) -> None:
    rows = rows_of(index_of(matrix).nearest_to_vector(matrix[5].copy(), 500))
    assert sorted(rows) == [row for row in range(500) if row != 5]


def test_nearly_equal_vectors_are_of_two_posters_but_rounding_errors_of_one() -> None:
    """Vectors of random networks are all nearly parallel."""
    generator = np.random.default_rng(2)
    matrix = (1 + 0.001 * generator.normal(size=(50, 64))).astype(np.float32)
    matrix[8] = matrix[7] + (0.00002 * generator.normal(size=64)).astype(np.float32)
    rounded = np.nextafter(matrix[7], np.where(generator.random(64) < 0.5, 0, 2).astype(np.float32))
    assert not np.array_equal(rounded, matrix[7])
    for query in (matrix[7], rounded):
        found = index_of(matrix).nearest_to_vector(query, 50)
        assert len(found) == 49
        assert rows_of(found)[0] == 8
        assert found[0].similarity > 0.99


def test_neighbours_have_their_own_titles_years_and_files(matrix: NDArray[np.float32]) -> None:
    movies = movies_of(f"tt{row:07d}" for row in range(500))
    for found in index_of(matrix).nearest_to_vector(matrix[0], 20):
        movie = movies[int(found.imdb_id.removeprefix("tt"))]
        assert (found.title, found.year, found.file) == (movie.title, movie.year, movie.file)


def test_many_queries_give_the_same_as_each_alone(matrix: NDArray[np.float32]) -> None:
    index = index_of(matrix)
    queries = np.concatenate([matrix[:20], matrix[20:40] * np.float32(1.1)])
    for vector, together in zip(queries, index.nearest_to_vectors(queries, 7), strict=True):
        alone = index.nearest_to_vector(vector, 7)
        assert rows_of(alone) == rows_of(together)
        similarities = [[movie.similarity for movie in found] for found in (alone, together)]
        np.testing.assert_allclose(*similarities, atol=1e-6)
    assert index.nearest_to_vectors(queries[:0], 3) == []


def test_many_copies_of_the_query_hide_no_neighbours(matrix: NDArray[np.float32]) -> None:
    repeated = np.concatenate([np.repeat(matrix[:1], 60, axis=0), matrix[1:]])
    rows = rows_of(index_of(repeated).nearest_to_vector(matrix[0], 5))
    assert len(rows) == 5
    assert min(rows) >= 60


def test_ties_come_in_the_order_of_the_catalogue() -> None:
    # Powers of two scale without rounding, so that similarities are equal. The mean is 0.
    half = np.ones((6, 4), np.float32) * np.float32(2) ** np.arange(6)[:, None]
    matrix = np.concatenate([half, -half]).astype(np.float32)
    found = index_of(matrix).nearest_to_vector(np.array([9, 9, 9, 9.5], np.float32), 4)
    assert rows_of(found) == [0, 1, 2, 3]


def test_invalid_queries_are_refused(matrix: NDArray[np.float32]) -> None:
    index = index_of(matrix)
    with pytest.raises(ValueError, match="k must be at least 1"):
        index.nearest_to_vector(matrix[0], 0)
    with pytest.raises(ValueError, match=r"shape \(n, 24\)"):
        index.nearest_to_vector(np.ones(23, np.float32))
    with pytest.raises(ValueError, match="needs `embed`"):
        index.nearest("poster.jpg")


@pytest.mark.slow
def test_every_form_of_a_real_poster_has_the_same_neighbours(shared: Path) -> None:
    """Path, image and array; a smaller copy finds the poster itself."""
    weights = shared / "weights" / "mobilenet_v2_1.0_224_notop.weights.h5"
    params = load_params().embed.model_copy(
        update={"backbone": "MobileNetV2", "weights": str(weights)}
    )
    network = load_backbone(params, weights_path=weights)
    files = sorted((shared / "posters" / "initial").glob("*.jpg"))[:120]
    ids = [file.stem for file in files]
    index = Neighbours(
        embeddings_of(network.embed(files), ids, network.info),
        lambda poster: network.embed([poster])[0],
    )
    with Image.open(files[40]) as image:
        image.load()
    forms: list[PosterLike] = [files[40], str(files[40]), image, np.asarray(image)]
    answers = [index.nearest(form, 3) for form in forms]
    assert all(answer == answers[0] for answer in answers)
    assert files[40].stem not in [movie.imdb_id for movie in answers[0]]
    smaller = image.resize((150, 221), Image.Resampling.LANCZOS)
    assert index.nearest(smaller, 1)[0].imdb_id == files[40].stem
