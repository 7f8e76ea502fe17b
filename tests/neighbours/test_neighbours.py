"""Nearest posters by cosine similarity of standardised looks, and never the poster itself."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import info_of, movies_of
from PIL import Image
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from posters.embedding.backbone import BackboneInfo
from posters.embedding.embeddings import Embeddings
from posters.embedding.keras_backbone import load_backbone
from posters.embedding.scaling import RetrievalScale
from posters.images.pictures import PosterLike
from posters.neighbours.index import Neighbours
from posters.params import EmbedParams

LOOK = slice(3, 27)


def embeddings_of(
    matrix: NDArray[np.float32], ids: list[str], info: BackboneInfo | None = None
) -> Embeddings:
    """What `embed` leaves; unless told otherwise, all of a vector is its look."""
    info = info or info_of(matrix.shape[1], 0, matrix.shape[1])
    scale = RetrievalScale.fit(matrix[:, info.retrieval_features])
    return Embeddings(
        matrix, movies_of(ids), info, scale.transform(matrix[:, info.retrieval_features]), scale
    )


def index_of(matrix: NDArray[np.float32], info: BackboneInfo | None = None) -> Neighbours:
    return Neighbours(embeddings_of(matrix, [f"tt{row:07d}" for row in range(len(matrix))], info))


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    """Vectors as networks give them: each number of another size and spread, none around 0."""
    spread = 10.0 ** np.random.default_rng(5).uniform(-2, 2, 24)
    noise = np.random.default_rng(0).normal(size=(500, 24))
    return ((noise + 4) * spread).astype(np.float32)


@pytest.mark.parametrize("k", [1, 3, 17])
def test_the_nearest_are_those_of_scikit_learn(matrix: NDArray[np.float32], k: int) -> None:
    """Moments before a look and colours after it say nothing about who is near."""
    generator = np.random.default_rng(1)
    whole = generator.normal(0, 1000, (500, 31)).astype(np.float32)
    whole[:, LOOK] = matrix
    queries = generator.normal(0, 1000, (20, 31)).astype(np.float32)
    queries[:, LOOK] = generator.permuted(matrix, axis=0)[:20]
    scaler = StandardScaler().fit(matrix)
    reference = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
    reference.fit(scaler.transform(matrix))
    distances, rows = reference.kneighbors(scaler.transform(queries[:, LOOK]))
    index = index_of(whole, info_of(31, LOOK.start, LOOK.stop))
    for query, expected_rows, expected_distances in zip(queries, rows, distances, strict=True):
        found = index.nearest_to_vector(query, k)
        assert [int(movie.imdb_id[2:]) for movie in found] == list(expected_rows)
        np.testing.assert_allclose(
            [movie.similarity for movie in found], 1 - expected_distances, atol=1e-5
        )


@pytest.mark.parametrize("length", [0.1, 0.9, 1.5])
def test_distance_from_the_mean_does_not_count_only_direction(
    matrix: NDArray[np.float32], length: float
) -> None:
    mean = matrix.mean(axis=0)
    query = (mean + length * (matrix[5] - mean)).astype(np.float32)
    near = index_of(matrix).nearest_to_vector(query, 1)
    assert near[0].imdb_id == "tt0000005"
    assert near[0].similarity == pytest.approx(1, abs=1e-3)


def test_a_poster_of_the_catalogue_is_not_its_own_neighbour(matrix: NDArray[np.float32]) -> None:
    found = index_of(matrix).nearest_to_vector(matrix[5].copy(), 500)
    assert len(found) == 499
    assert "tt0000005" not in [movie.imdb_id for movie in found]


def test_a_nearly_equal_poster_of_another_movie_is_a_neighbour() -> None:
    """Random networks give vectors that are all nearly parallel: near is not the same."""
    generator = np.random.default_rng(2)
    matrix = (1 + 0.001 * generator.normal(size=(50, 64))).astype(np.float32)
    matrix[8] = matrix[7] + (0.00002 * generator.normal(size=64)).astype(np.float32)
    found = index_of(matrix).nearest_to_vector(matrix[7], 50)
    assert len(found) == 49
    assert found[0].imdb_id == "tt0000008"
    assert found[0].similarity > 0.99


def test_a_poster_is_recognised_through_the_rounding_of_another_forward_pass() -> None:
    generator = np.random.default_rng(2)
    matrix = (1 + 0.001 * generator.normal(size=(50, 64))).astype(np.float32)
    again = np.nextafter(matrix[7], np.where(generator.random(64) < 0.5, 0, 2).astype(np.float32))
    assert not np.array_equal(again, matrix[7])
    found = index_of(matrix).nearest_to_vector(again, 50)
    assert len(found) == 49
    assert "tt0000007" not in [movie.imdb_id for movie in found]


def test_each_neighbour_carries_its_own_title_year_and_file(matrix: NDArray[np.float32]) -> None:
    by_id = {movie.imdb_id: movie for movie in movies_of(f"tt{row:07d}" for row in range(500))}
    for found in index_of(matrix).nearest_to_vector(matrix[0], 20):
        movie = by_id[found.imdb_id]
        assert (found.title, found.year, found.file) == (movie.title, movie.year, movie.file)


def test_many_vectors_are_answered_as_each_alone(matrix: NDArray[np.float32]) -> None:
    index = index_of(matrix)
    asked = np.concatenate([matrix[:20], matrix[20:40] * np.float32(1.1)])
    for vector, together in zip(asked, index.nearest_to_vectors(asked, 7), strict=True):
        alone = index.nearest_to_vector(vector, 7)
        assert [movie.imdb_id for movie in alone] == [movie.imdb_id for movie in together]
        similarities = [[movie.similarity for movie in found] for found in (alone, together)]
        np.testing.assert_allclose(*similarities, atol=1e-6)
    assert index.nearest_to_vectors(asked[:0], 3) == []


def test_a_poster_that_stands_in_many_rows_hides_none_of_its_neighbours(
    matrix: NDArray[np.float32],
) -> None:
    repeated = np.concatenate([np.repeat(matrix[:1], 60, axis=0), matrix[1:]])
    found = index_of(repeated).nearest_to_vector(matrix[0], 5)
    assert len(found) == 5
    assert min(int(movie.imdb_id.removeprefix("tt")) for movie in found) >= 60


def test_ties_come_in_the_order_of_the_catalogue() -> None:
    # Powers of two scale without rounding: the similarities are equal to the bit. The mean is 0.
    half = np.ones((6, 4), np.float32) * np.float32(2) ** np.arange(6)[:, None]
    matrix = np.concatenate([half, -half]).astype(np.float32)
    found = index_of(matrix).nearest_to_vector(np.array([9, 9, 9, 9.5], np.float32), 4)
    assert [movie.imdb_id for movie in found] == [f"tt000000{number}" for number in range(4)]


def test_a_vector_that_is_the_mean_of_all_is_like_nothing(matrix: NDArray[np.float32]) -> None:
    half = (matrix - matrix.mean(axis=0)).astype(np.float32)
    matrix = np.concatenate([np.zeros((1, 24), np.float32), half, -half])  # the mean is exactly 0
    found = index_of(matrix).nearest_to_vector(np.ones(24, np.float32), 1001)
    assert next(movie for movie in found if movie.imdb_id == "tt0000000").similarity == 0
    for movie in index_of(matrix).nearest_to_vector(np.zeros(24, np.float32), 5):
        assert movie.similarity == 0


def test_what_can_not_be_asked_is_refused(matrix: NDArray[np.float32]) -> None:
    index = index_of(matrix)
    with pytest.raises(ValueError, match="k must be at least 1"):
        index.nearest_to_vector(matrix[0], 0)
    with pytest.raises(ValueError, match=r"shape \(n, 24\)"):
        index.nearest_to_vector(np.ones(23, np.float32))
    with pytest.raises(ValueError, match="needs `embed`"):
        index.nearest("poster.jpg")


def test_on_real_posters_every_form_of_a_poster_has_the_same_neighbours(shared: Path) -> None:
    """Path, image and array of one poster; a smaller copy of it finds the poster itself."""
    weights = shared / "weights" / "mobilenet_v2_1.0_224_notop.weights.h5"
    params = EmbedParams(
        backbone="MobileNetV2",
        weights=str(weights),
        if_unreachable="stop",
        pooling="depths",
        layers=None,
        mirrored=True,
        input_size=None,
        precision="float32",
        engine="local",
        batch_size=32,
        seed=0,
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
