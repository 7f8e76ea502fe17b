"""Directions by which posters are compared, and the pairs that look nearly the same."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from parts import info_of, movies_of
from PIL import Image, ImageOps

from posters.embedding import scaling as looks_module
from posters.embedding.embeddings import Embeddings
from posters.embedding.scaling import RetrievalScale
from posters.neighbours import near_duplicates as near_duplicate_module
from posters.neighbours.near_duplicates import near_duplicate_movies, near_duplicate_rows


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """100 vectors of 12 numbers, each number of another size and spread."""
    generator = np.random.default_rng(0)
    spread = 10.0 ** generator.uniform(-2, 2, 12)
    return generator.normal(5 * spread, spread, (100, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def copies() -> NDArray[np.float32]:
    """Looks of 30 posters and of 30 copies of them, ever less faithful."""
    generator = np.random.default_rng(3)
    posters = generator.normal(size=(30, 40))
    faults = generator.normal(size=(30, 40)) * np.linspace(0, 1.5, 30)[:, None]
    rows = np.concatenate([posters, posters + faults])[generator.permutation(60)]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("rows_at_once", [1, 7, 50, 100, 8192])
def test_mean_and_spread_are_those_of_numpy_in_however_many_pieces(
    vectors: NDArray[np.float32], rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks_module, "_ROWS_AT_ONCE", rows_at_once)
    scale = RetrievalScale.fit(vectors)
    exact = vectors.astype(np.float64)
    np.testing.assert_allclose(scale.mean, exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale.spread, exact.std(axis=0), rtol=1e-6)
    assert scale.mean.dtype == scale.spread.dtype == np.float32


def test_a_look_is_the_direction_of_the_standardised_vector(vectors: NDArray[np.float32]) -> None:
    looks = RetrievalScale.fit(vectors).transform(vectors)
    exact = vectors.astype(np.float64)
    expected = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert (looks.dtype, looks.shape) == (np.float32, vectors.shape)
    np.testing.assert_allclose(looks, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(looks, axis=1), 1, rtol=1e-6)


def test_a_look_does_not_depend_on_its_company(vectors: NDArray[np.float32]) -> None:
    scale = RetrievalScale.fit(vectors)
    together = scale.transform(vectors)
    for row in range(0, 100, 9):
        np.testing.assert_array_equal(scale.transform(vectors[row : row + 1])[0], together[row])


def test_no_number_counts_for_more_than_five_spreads() -> None:
    scale = RetrievalScale(np.zeros(3, np.float32), np.array([1, 10, 100], np.float32))
    looks = scale.transform(np.array([[1, 50, 0], [1, 10**6, 0], [-1, -(10**6), 0]], np.float32))
    expected = np.array([[1, 5, 0], [1, 5, 0], [-1, -5, 0]]) / np.sqrt(26)
    np.testing.assert_allclose(looks, expected, rtol=1e-6)


@pytest.mark.parametrize("constant", [0, 0.1, -1234.5])
def test_a_number_that_never_varies_contributes_nothing(
    vectors: NDArray[np.float32], constant: float
) -> None:
    wider = np.insert(vectors, 4, np.float32(constant), axis=1)
    scale = RetrievalScale.fit(wider)
    looks = scale.transform(wider)
    np.testing.assert_array_equal(looks[:, 4], 0)
    expected = RetrievalScale.fit(vectors).transform(vectors)
    np.testing.assert_allclose(np.delete(looks, 4, axis=1), expected, atol=1e-6)
    # Nor where it is another for a poster of which the catalogue knew nothing.
    other = wider[:1].copy()
    other[0, 4] = 10**6
    np.testing.assert_array_equal(scale.transform(other), looks[:1])


def test_the_mean_vector_looks_like_nothing(vectors: NDArray[np.float32]) -> None:
    scale = RetrievalScale.fit(vectors)
    np.testing.assert_array_equal(scale.transform(scale.mean[None]), np.zeros((1, 12)))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_posters_that_are_all_the_same_look_like_nothing(count: int) -> None:
    vectors = np.full((count, 3), 0.1, np.float32)
    looks = RetrievalScale.fit(vectors).transform(vectors)
    np.testing.assert_array_equal(looks, np.zeros((count, 3)))


def brute_force(looks: NDArray[np.float32], similarity: float) -> list[tuple[int, int]]:
    return [
        (one, other)
        for one, other in combinations(range(len(looks)), 2)
        if float(np.dot(looks[one].astype(np.float64), looks[other])) >= similarity
    ]


@pytest.mark.parametrize("rows_at_once", [1, 7, 20, 60, 8192])
@pytest.mark.parametrize("similarity", [0.99, 0.9, 0.5])
def test_near_the_same_are_exactly_the_pairs_that_brute_force_finds(
    copies: NDArray[np.float32],
    similarity: float,
    rows_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near_duplicate_module, "_ROWS_AT_ONCE", rows_at_once)
    pairs = list(near_duplicate_rows(copies, similarity))
    expected = brute_force(copies, similarity)
    assert len(expected) >= 3
    assert sorted(pairs) == expected
    assert all(type(row) is int for pair in pairs for row in pair)


def test_pairs_of_one_block_come_in_order(copies: NDArray[np.float32]) -> None:
    assert list(near_duplicate_rows(copies, 0.5)) == brute_force(copies, 0.5)


def test_hardly_a_pair_is_missed_among_many_rows() -> None:
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((6000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    aside = rows[1::2] - (rows[1::2] * rows[::2]).sum(axis=1, keepdims=True) * rows[::2]
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    cosine = np.linspace(0.9001, 0.99, len(aside), dtype=np.float32)[:, None]
    rows[1::2] = cosine * rows[::2] + np.sqrt(1 - cosine**2) * aside
    pairs = list(near_duplicate_rows(rows, 0.9))
    assert set(pairs) <= set(zip(range(0, 6000, 2), range(1, 6000, 2), strict=True))
    assert len(set(pairs)) == len(pairs) > 2995


def test_rows_that_are_all_alike_make_every_pair() -> None:
    rows = np.full((60, 8), 8**-0.5, np.float32)
    assert list(near_duplicate_rows(rows, 0.99)) == [*combinations(range(60), 2)]


def test_the_similarity_itself_is_near_enough_and_a_look_of_zeros_is_never() -> None:
    looks = np.array([[1, 0], [0.5, 0.75**0.5], [0, 0], [0, 0]], np.float32)
    assert list(near_duplicate_rows(looks, 0.5)) == [(0, 1)]
    assert list(near_duplicate_rows(looks, 0.51)) == []
    assert list(near_duplicate_rows(looks[:0], 0.5)) == []


def embeddings_of(matrix: NDArray[np.float32]) -> Embeddings:
    """Ids run against the rows; the look is all but the first number and the last two."""
    size = matrix.shape[1]
    info = info_of(size, 1, size - 2)
    scale = RetrievalScale.fit(matrix[:, info.retrieval_features])
    ids = [f"tt{number:07d}" for number in reversed(range(len(matrix)))]
    return Embeddings(
        matrix, movies_of(ids), info, scale.transform(matrix[:, info.retrieval_features]), scale
    )


def scene(seed: int) -> Image.Image:
    """A picture of soft spots, another one for each seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (9, 6, 3)).astype(np.uint8)
    return Image.fromarray(spots).resize((200, 300), Image.Resampling.BICUBIC)


def catalogue_of(ids: list[str]) -> pd.DataFrame:
    files = [f"{imdb_id}.png" for imdb_id in sorted(ids)]
    return pd.DataFrame({"imdb_id": sorted(ids), "origin": "initial", "file": files})


def test_near_duplicate_movies_are_named_by_id_whatever_tops_the_catalogue_up(
    tmp_path: Path,
) -> None:
    generator = np.random.default_rng(4)
    matrix = generator.normal(size=(40, 43)).astype(np.float32)
    matrix[7] = matrix[31] + generator.normal(size=43, scale=0.05)
    # Only the top-up is from here on: far from all others, and its spread is another.
    matrix[20:30] = generator.normal(30, 20, (10, 43))
    embeddings = embeddings_of(matrix)
    catalogue = catalogue_of(embeddings.ids)
    for file in catalogue["file"]:
        scene(0).save(tmp_path / file)  # all are the same picture: here looks alone decide
    added = catalogue["imdb_id"].isin(embeddings.ids[20:30])
    catalogue.loc[added, "origin"] = "topup"
    pair = (embeddings.ids[31], embeddings.ids[7])

    def known(catalogue: pd.DataFrame) -> list[tuple[str, str]]:
        ids = set(catalogue.loc[catalogue["origin"] != "topup", "imdb_id"])
        pairs = near_duplicate_movies(catalogue, embeddings, 0.9, tmp_path)
        return [pair for pair in pairs if ids.issuperset(pair)]

    assert known(catalogue) == known(catalogue[~added]) == [pair]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (scene(1).crop((4, 6, 196, 294)), True),
        (scene(1).resize((100, 150)), True),
        (scene(1).point(lambda value: value * 0.7), True),
        (ImageOps.mirror(scene(1)), True),
        (ImageOps.flip(scene(1)), False),
        (scene(2), False),
    ],
    ids=["cropped", "smaller", "darker", "mirrored", "upside down", "another"],
)
def test_looks_alone_do_not_make_two_posters_one_picture(
    tmp_path: Path, other: Image.Image, same: bool
) -> None:
    matrix = np.random.default_rng(4).normal(size=(10, 43)).astype(np.float32)
    matrix[7] = matrix[2] * np.float32(1.001)
    embeddings = embeddings_of(matrix)
    catalogue = catalogue_of(embeddings.ids)
    # Only pictures of two that look alike are read: the others are not even there.
    scene(1).save(tmp_path / f"{embeddings.ids[2]}.png")
    other.save(tmp_path / f"{embeddings.ids[7]}.png")
    pair = (embeddings.ids[7], embeddings.ids[2])
    assert near_duplicate_movies(catalogue, embeddings, 0.9, tmp_path) == [pair] * same
    other.save(tmp_path / f"{embeddings.ids[2]}.png")
    scene(1).save(tmp_path / f"{embeddings.ids[7]}.png")
    assert near_duplicate_movies(catalogue, embeddings, 0.9, tmp_path) == [pair] * same
