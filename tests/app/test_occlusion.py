"""Which regions of a poster a prediction depends on."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from posters.app.occlusion import WITHIN, occlude
from posters.embedding.backbone import Backbone, BackboneInfo
from posters.embedding.colour import COLOUR_SIZE
from posters.images.poster_checks import poster_warnings
from posters.years.priors import Priors
from posters.years.year_model import YearModel

YEARS = np.arange(1900, 2000)
INFO = BackboneInfo(
    *("Brightness", "file", "", "avg", "", "", "float32", 60, 90, 0),
    embedding_size=1 + COLOUR_SIZE,
    retrieval_from=0,
    colour_from=1,
)


def predictor(seconds: float = 0) -> SimpleNamespace:
    """A model that predicts 1980 if the lower right corner of a poster is white, else 1920."""

    def forward(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        time.sleep(seconds)
        return pictures[:, 80:, 50:].mean(axis=(1, 2, 3))[:, None] / 255

    def head(features: NDArray[np.float32]) -> NDArray[np.float32]:
        of_1980 = np.exp(-0.5 * ((YEARS - 1980) / 2) ** 2)
        of_1920 = np.exp(-0.5 * ((YEARS - 1920) / 2) ** 2)
        white = features.clip(0, 1)
        return (white * of_1980 + (1 - white) * of_1920) / of_1980.sum()

    prior = np.full(len(YEARS), 1 / len(YEARS))
    thresholds = {"natural": prior, "uniform": prior}
    model = YearModel(head, Priors(YEARS, prior, prior), 0.8, thresholds)
    backbone = Backbone(forward, INFO, 1, examine=poster_warnings)
    return SimpleNamespace(backbone=backbone, year_model=model)


@pytest.fixture
def poster() -> Image.Image:
    """A black poster with a white corner."""
    pixels = np.zeros((90, 60, 3), np.uint8)
    pixels[80:, 50:] = 255
    return Image.fromarray(pixels)


def test_only_the_field_that_decides_the_year_matters(poster: Image.Image) -> None:
    found = occlude(poster, predictor())
    assert (found.year, found.lost.shape) == (1980, (7, 5))
    assert found.probability == pytest.approx(1, abs=0.02)
    assert found.lost[-1, -1] > 0.9
    assert np.abs(found.lost).sum() == pytest.approx(found.lost[-1, -1])
    assert found.year - WITHIN > 1925


def test_slow_network_gets_a_coarser_grid_and_takes_at_most_three_seconds(
    poster: Image.Image,
) -> None:
    start = time.perf_counter()
    found = occlude(poster, predictor(seconds=0.5))
    assert time.perf_counter() - start < 3
    assert found.lost.shape == (3, 2)
    assert found.lost.argmax() == 5
