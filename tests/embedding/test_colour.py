"""The colours of a poster: how much of each, and nothing of where."""

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.colour import COLOUR_SIZE, colour_statistics

CELLS = 64


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.float32]:
    """Three noisy pictures of different brightness, 21 wide and 30 high."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 30, 21, 3))
    return (noise * np.array([1, 0.5, 0.2])[:, None, None, None]).round().astype(np.float32)


def plain(*colour: int) -> NDArray[np.float32]:
    return np.full((1, 6, 4, 3), colour, np.float32)


def test_a_picture_has_a_row_of_64_shares_and_6_moments(pictures: NDArray[np.float32]) -> None:
    statistics = colour_statistics(pictures)
    assert statistics.shape == (3, COLOUR_SIZE) == (3, CELLS + 6)
    assert statistics.dtype == np.float32


def test_the_shares_are_those_that_numpy_counts(pictures: NDArray[np.float32]) -> None:
    shares = colour_statistics(pictures)[:, :CELLS] ** 2
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    for picture, share in zip(pictures, shares, strict=True):
        edges = [[0, 64, 128, 192, 256]] * 3
        counts, _ = np.histogramdd(picture.reshape(-1, 3), bins=edges)
        np.testing.assert_allclose(share, counts.ravel() / (30 * 21), rtol=1e-5)


@pytest.mark.parametrize(
    ("colour", "cell"),
    [
        ((0, 0, 0), 0),
        ((63, 63, 63), 0),
        ((64, 0, 0), 16),
        ((0, 64, 0), 4),
        ((0, 0, 64), 1),
        ((191, 128, 192), 2 * 16 + 2 * 4 + 3),
        ((255, 255, 255), CELLS - 1),
    ],
)
def test_a_plain_picture_fills_one_cell_and_has_no_deviation(
    colour: tuple[int, int, int], cell: int
) -> None:
    statistics = colour_statistics(plain(*colour))[0]
    np.testing.assert_array_equal(statistics[:CELLS], np.eye(CELLS)[cell])
    np.testing.assert_allclose(statistics[CELLS : CELLS + 3], np.array(colour) / 255, rtol=1e-6)
    np.testing.assert_array_equal(statistics[CELLS + 3 :], 0)


def test_half_black_and_half_white_is_as_varied_as_can_be() -> None:
    statistics = colour_statistics(np.concatenate([plain(0, 0, 0), plain(255, 255, 255)], axis=1))
    np.testing.assert_allclose(statistics[0, [0, CELLS - 1]] ** 2, 0.5, rtol=1e-6)
    np.testing.assert_allclose(statistics[0, CELLS:], 0.5, rtol=1e-6)


def test_mean_and_deviation_are_those_of_numpy(pictures: NDArray[np.float32]) -> None:
    pixels = pictures.reshape(3, -1, 3).astype(np.float64) / 255
    expected = np.hstack([pixels.mean(axis=1), pixels.std(axis=1)])
    np.testing.assert_allclose(colour_statistics(pictures)[:, CELLS:], expected, rtol=1e-5)


def test_where_a_pixel_is_does_not_count(pictures: NDArray[np.float32]) -> None:
    expected = colour_statistics(pictures)
    shuffled = np.random.default_rng(1).permutation(pictures.reshape(3, -1, 3), axis=1)
    for moved in (shuffled.reshape(pictures.shape), pictures[:, :, ::-1], pictures[:, ::-1]):
        statistics = colour_statistics(moved)
        np.testing.assert_array_equal(statistics[:, :CELLS], expected[:, :CELLS])
        np.testing.assert_allclose(statistics, expected, rtol=1e-5)


def test_which_red_green_and_blue_come_together_does_count(pictures: NDArray[np.float32]) -> None:
    expected = colour_statistics(pictures)
    # Each channel is shuffled by itself: its moments stay, the colours do not.
    torn = np.random.default_rng(1).permuted(pictures.reshape(3, -1, 3), axis=1)
    statistics = colour_statistics(torn.reshape(pictures.shape))
    np.testing.assert_allclose(statistics[:, CELLS:], expected[:, CELLS:], rtol=1e-5)
    assert not np.allclose(statistics[:, :CELLS], expected[:, :CELLS], atol=0.01)


def test_the_statistics_do_not_depend_on_the_company(pictures: NDArray[np.float32]) -> None:
    together = colour_statistics(pictures)
    for row in range(3):
        alone = colour_statistics(pictures[row : row + 1])
        np.testing.assert_array_equal(alone[0], together[row])


def test_a_poster_at_the_largest_size_of_all_networks_loses_no_precision() -> None:
    """768 x 512 pixels of 255 add up to more than single precision can count."""
    white = np.full((1, 768, 512, 3), 255, np.float32)
    np.testing.assert_allclose(colour_statistics(white)[0, CELLS : CELLS + 3], 1, rtol=1e-5)
