"""Nearest posters by cosine similarity, and never the poster itself."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from posters.backbone import BackboneInfo, load_backbone
from posters.embedding import Embeddings
from posters.errors import DataError
from posters.images import PosterLike
from posters.neighbours import Neighbours


def catalogue_of(ids: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "imdb_id": ids,
            "title": [f"Title {imdb_id}" for imdb_id in ids],
            "year": [1900 + number for number in range(len(ids))],
            "file": [f"posters/{imdb_id}.jpg" for imdb_id in ids],
        }
    )


def index_of(matrix: NDArray[np.float32], catalogue: pd.DataFrame | None = None) -> Neighbours:
    ids = [f"tt{number:07d}" for number in range(len(matrix))]
    info = BackboneInfo("Fake", "file", "0" * 64, "avg", 64, 0, matrix.shape[1])
    return Neighbours(
        Embeddings(matrix, ids, info), catalogue_of(ids) if catalogue is None else catalogue
    )


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(500, 24)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 3, 17])
def test_the_nearest_are_those_of_scikit_learn(matrix: NDArray[np.float32], k: int) -> None:
    queries = np.random.default_rng(1).normal(size=(20, 24)).astype(np.float32)
    reference = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(matrix)
    distances, rows = reference.kneighbors(queries)
    index = index_of(matrix)
    for query, expected_rows, expected_distances in zip(queries, rows, distances, strict=True):
        found = index.nearest_to_vector(query, k)
        assert [int(movie.imdb_id[2:]) for movie in found] == list(expected_rows)
        np.testing.assert_allclose(
            [movie.similarity for movie in found], 1 - expected_distances, atol=1e-5
        )


def test_length_does_not_count_only_direction(matrix: NDArray[np.float32]) -> None:
    near = index_of(matrix).nearest_to_vector(np.float32(7) * matrix[5] + np.float32(0.01), 1)
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
    found = index_of(matrix).nearest_to_vector(matrix[7], 49)
    assert len(found) == 49


def test_each_neighbour_carries_its_own_title_year_and_file(matrix: NDArray[np.float32]) -> None:
    shuffled = catalogue_of([f"tt{number:07d}" for number in range(len(matrix))]).sample(
        frac=1, random_state=0
    )
    by_id = shuffled.set_index("imdb_id")
    for movie in index_of(matrix, shuffled).nearest_to_vector(matrix[0], 20):
        row = by_id.loc[movie.imdb_id]
        assert (movie.title, movie.year, movie.file) == (row["title"], row["year"], row["file"])


def test_ties_come_in_the_order_of_the_catalogue() -> None:
    # Powers of two scale without rounding: the similarities are equal to the bit.
    matrix = np.ones((6, 4), np.float32) * np.float32(2) ** np.arange(6)[:, None]
    found = index_of(matrix).nearest_to_vector(np.array([9, 9, 9, 9.5], np.float32), 4)
    assert [movie.imdb_id for movie in found] == [f"tt000000{number}" for number in range(4)]


def test_a_vector_of_zeros_is_like_nothing(matrix: NDArray[np.float32]) -> None:
    matrix = matrix.copy()
    matrix[3] = 0
    found = index_of(matrix).nearest_to_vector(np.ones(24, np.float32), 500)
    assert next(movie for movie in found if movie.imdb_id == "tt0000003").similarity == 0
    for movie in index_of(matrix).nearest_to_vector(np.zeros(24, np.float32), 5):
        assert movie.similarity == 0


def test_what_can_not_be_asked_is_refused(matrix: NDArray[np.float32]) -> None:
    index = index_of(matrix)
    with pytest.raises(ValueError, match="k must be at least 1"):
        index.nearest_to_vector(matrix[0], 0)
    with pytest.raises(ValueError, match=r"shape \(24,\)"):
        index.nearest_to_vector(np.ones(23, np.float32))
    with pytest.raises(ValueError, match="needs `embed`"):
        index.nearest("poster.jpg")


def test_a_movie_without_a_vector_is_an_error(matrix: NDArray[np.float32]) -> None:
    with pytest.raises(DataError, match="has no embedding"):
        index_of(matrix, catalogue_of(["tt9999999"]))


def test_on_real_posters_every_form_of_a_poster_has_the_same_neighbours(shared: Path) -> None:
    """Path, image and array of one poster; a smaller copy of it finds the poster itself."""
    weights = shared / "weights" / "mobilenet_v2_1.0_224_notop.weights.h5"
    network = load_backbone(
        "MobileNetV2",
        weights=str(weights),
        if_unreachable="stop",
        pooling="avg",
        input_size=None,
        seed=0,
        batch_size=32,
        weights_path=weights,
    )
    files = sorted((shared / "posters" / "initial").glob("*.jpg"))[:120]
    ids = [file.stem for file in files]
    index = Neighbours(
        Embeddings(network.embed(files), ids, network.info),
        catalogue_of(ids),
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
