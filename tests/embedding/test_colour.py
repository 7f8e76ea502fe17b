"""Colour statistics: how much of each colour, regardless of where."""

import numpy as np

from posters.embedding.colour import COLOUR_SIZE, colour_statistics

BINS = 64


def test_shares_means_and_deviations_are_those_of_numpy() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 30, 21, 3))
    # Of different brightness.
    pictures = (noise * np.array([1, 0.5, 0.2])[:, None, None, None]).round().astype(np.float32)
    statistics = colour_statistics(pictures)
    assert statistics.shape == (3, COLOUR_SIZE) == (3, BINS + 6)
    assert statistics.dtype == np.float32
    for picture, row in zip(pictures, statistics, strict=True):
        pixels = picture.reshape(-1, 3).astype(np.float64)
        counts, _ = np.histogramdd(pixels, bins=[[0, 64, 128, 192, 256]] * 3)
        np.testing.assert_allclose(row[:BINS] ** 2, counts.ravel() / len(pixels), rtol=1e-5)
        expected = np.hstack([pixels.mean(axis=0), pixels.std(axis=0)]) / 255
        np.testing.assert_allclose(row[BINS:], expected, rtol=1e-5)


def test_large_pictures_lose_no_precision() -> None:
    """The levels of 768 x 512 white pixels add up to more than float32 can count."""
    white = np.full((1, 768, 512, 3), 255, np.float32)
    np.testing.assert_allclose(colour_statistics(white)[0, BINS : BINS + 3], 1, rtol=1e-5)
