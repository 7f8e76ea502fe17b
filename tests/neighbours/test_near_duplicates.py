"""Pairs of movies with nearly the same poster."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from parts import embeddings_of, info_of
from PIL import Image, ImageOps

from posters.embedding.embeddings import Embeddings
from posters.errors import DataError
from posters.neighbours import near_duplicates
from posters.neighbours.near_duplicates import (
    near_duplicate_movies,
    near_duplicate_rows,
    read_pairs,
    write_pairs,
)


@pytest.mark.parametrize("rows_at_once", [1, 7, 8192])
@pytest.mark.parametrize("similarity", [0.9, 0.5])
def test_pairs_are_those_of_brute_force_in_order(
    similarity: float, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_duplicates, "_ROWS_AT_ONCE", rows_at_once)
    generator = np.random.default_rng(3)
    posters = generator.normal(size=(30, 40))
    copies = posters + generator.normal(size=(30, 40)) * np.linspace(0, 1.5, 30)[:, None]
    rows = np.concatenate([posters, copies])[generator.permutation(60)]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    expected = [
        (one, other)
        for one, other in combinations(range(60), 2)
        if float(np.dot(rows[one].astype(np.float64), rows[other])) >= similarity
    ]
    assert len(expected) >= 3
    assert list(near_duplicate_rows(rows, similarity)) == expected


def test_similarity_is_inclusive_and_rows_of_zeros_are_never_paired() -> None:
    rows = np.array([[1, 0], [0.5, 0.75**0.5], [0, 0], [0, 0]], np.float32)
    assert list(near_duplicate_rows(rows, 0.5)) == [(0, 1)]
    assert list(near_duplicate_rows(rows, 0.51)) == []
    assert list(near_duplicate_rows(rows[:0], 0.5)) == []


def reversed_embeddings(matrix: NDArray[np.float32]) -> Embeddings:
    """Ids in descending order; only the columns 1 to -2 are retrieval features."""
    size = matrix.shape[1]
    ids = [f"tt{number:07d}" for number in reversed(range(len(matrix)))]
    return embeddings_of(matrix, ids, info_of(size, 1, size - 2))


def scene(seed: int) -> Image.Image:
    """A picture of soft spots, another one for each seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (9, 6, 3)).astype(np.uint8)
    return Image.fromarray(spots).resize((200, 300), Image.Resampling.BICUBIC)


def catalogue_of(ids: list[str]) -> pd.DataFrame:
    files = [f"{imdb_id}.png" for imdb_id in sorted(ids)]
    return pd.DataFrame({"imdb_id": sorted(ids), "origin": "initial", "file": files})


def test_pairs_do_not_depend_on_the_top_up(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    matrix = generator.normal(size=(40, 43)).astype(np.float32)
    matrix[7] = matrix[31] + generator.normal(size=43, scale=0.05)
    # The top-up has another mean and spread.
    matrix[20:30] = generator.normal(30, 20, (10, 43))
    embeddings = reversed_embeddings(matrix)
    catalogue = catalogue_of(embeddings.ids)
    for file in catalogue["file"]:
        scene(0).save(tmp_path / file)  # the same picture for all, so that only vectors decide
    is_topup = catalogue["imdb_id"].isin(embeddings.ids[20:30])
    catalogue.loc[is_topup, "origin"] = "topup"
    initial = set(catalogue.loc[~is_topup, "imdb_id"])
    for movies in (catalogue, catalogue[~is_topup]):
        pairs = near_duplicate_movies(movies, embeddings, 0.9, tmp_path)
        assert [pair for pair in pairs if initial.issuperset(pair)] == [
            (embeddings.ids[31], embeddings.ids[7])
        ]


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
def test_pictures_of_similar_vectors_are_compared_too(
    tmp_path: Path, other: Image.Image, same: bool
) -> None:
    matrix = np.random.default_rng(4).normal(size=(10, 43)).astype(np.float32)
    matrix[7] = matrix[2] * np.float32(1.001)
    embeddings = reversed_embeddings(matrix)
    catalogue = catalogue_of(embeddings.ids)
    # Pictures of other movies are not read: they do not exist.
    scene(1).save(tmp_path / f"{embeddings.ids[2]}.png")
    other.save(tmp_path / f"{embeddings.ids[7]}.png")
    pair = (embeddings.ids[7], embeddings.ids[2])
    assert near_duplicate_movies(catalogue, embeddings, 0.9, tmp_path) == [pair] * same


@pytest.mark.parametrize("content", [None, "", "imdb_id\ntt0000001\n", "{whole}tt00"])
def test_damaged_pairs_are_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "near_duplicates.csv"
    for pairs in ([], [("tt0000001", "tt0000002")]):
        write_pairs(file, pairs)
        assert read_pairs(file) == pairs
    whole = file.read_text()
    file.unlink()
    if content is not None:
        file.write_text(content.format(whole=whole))
    with pytest.raises(DataError, match="missing or damaged: run `dvc repro`"):
        read_pairs(file)
