"""Networks by name, with their own input sizes and weights, and streams of posters through them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from misbehaving_server import Server, reply
from numpy.typing import NDArray
from parts import embed_params, info_of
from PIL import Image

from posters.embedding import backbone as backbone_module
from posters.embedding.backbone import Backbone
from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.keras_backbone import default_size, load_backbone
from posters.errors import BackboneError, PosterRefused

pytestmark = pytest.mark.slow

WORKERS = 2


def small(name: str = "MobileNetV2", **changes: object) -> Backbone:
    settings = {"backbone": name, "input_size": (64, 64), "batch_size": 4} | changes
    return load_backbone(embed_params(**settings))


@pytest.fixture(scope="module")
def network() -> Backbone:
    return small()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def posters(draw: Callable[[str, int], Path]) -> list[Path]:
    return [draw(f"Poster {number}", 1930 + 8 * number) for number in range(10)]


@pytest.mark.parametrize("name", ["VGG16", "MobileNetV2"])
def test_vector_does_not_depend_on_the_other_posters(name: str, posters: list[Path]) -> None:
    network = small(name)
    vectors = network.embed(posters)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    for order in (posters[::-1], posters[3:4], posters[2:9]):
        rows = [posters.index(poster) for poster in order]
        np.testing.assert_array_equal(network.embed(order), vectors[rows])


def test_avg_and_max_pooling_are_mean_and_maximum_of_flatten(picture: np.ndarray) -> None:
    def features(pooling: str, size: int) -> np.ndarray:
        network = small("VGG16", pooling=pooling)
        assert network.info.features == network.info.retrieval_features == slice(0, size)
        return network.embed([picture])[0, network.info.features]

    flat = features("flatten", 4 * 512).reshape(-1, 512)
    np.testing.assert_allclose(features("avg", 512), flat.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(features("max", 512), flat.max(axis=0), rtol=1e-4, atol=1e-6)


def test_poster_is_resized_to_width_and_height(picture: np.ndarray) -> None:
    network = small(input_size=(64, 96))
    assert (network.info.width, network.info.height) == (64, 96)
    resized = Image.fromarray(picture).resize((64, 96), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(network.embed([picture]), network.embed([resized]))


def test_posters_are_preprocessed_as_the_network_was_trained() -> None:
    keras.utils.set_random_seed(0)
    reference = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(64, 64, 3), pooling="avg"
    )
    white = np.full((1, 64, 64, 3), 255.0, np.float32)
    expected = reference.predict(keras.applications.vgg16.preprocess_input(white), verbose=0)
    network = small("VGG16", pooling="avg")
    features = network.embed([Image.new("RGB", (60, 90), "white")])[:, network.info.features]
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)


def test_unusable_weights_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(file)
    with pytest.raises(BackboneError, match=r"other\.weights\.h5 don't fit MobileNetV2"):
        small(weights=str(file))
    file.write_bytes(b"not HDF5 at all")
    with pytest.raises(BackboneError, match="don't fit MobileNetV2"):
        small(weights=str(file))


def test_unknown_network_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(BackboneError, match=r"unknown: expected one of .*MobileNetV2.*VGG16"):
        small("vgg16")


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("weights", ["random", "imagenet"])
def test_too_small_input_size_is_an_error(weights: str) -> None:
    """It must not pass for a failed download."""
    with pytest.raises(BackboneError, match="InceptionV3 can't be built"):
        small("InceptionV3", weights=weights, if_unreachable="random", input_size=(64, 64))


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 404), "URL fetch failure .* 404"),
        (reply(b"half", Content_Length=1000), "retrieval incomplete"),
        (reply(b"another file"), "Incomplete or corrupted"),
    ],
    ids=["404", "half", "another"],
)
def test_unusable_download_of_keras_is_an_error_that_says_why(
    answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as host:
        host.on("/vgg16.h5", answer)
        address = f"{host.address}/vgg16.h5"
        monkeypatch.setattr("keras.src.applications.vgg16.WEIGHTS_PATH_NO_TOP", address)
        with pytest.raises(
            BackboneError, match=rf"Keras: .*{reason}.*; a package index .*No match"
        ):
            small("VGG16", weights="imagenet")


# Keras tells a network's size only when it is built; these are cheap to build.
@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB1", "EfficientNetV2B2", "Xception"])
def test_default_size_has_a_posters_shape_and_as_many_pixels_as_in_training(name: str) -> None:
    _, *side, _ = getattr(keras.applications, name)(weights=None, classes=2).input_shape
    width, height = default_size(name)
    assert width % 32 == height % 32 == 0
    assert width / height == pytest.approx(2 / 3, abs=0.07)
    assert width * height == pytest.approx(side[0] * side[1], rel=0.12)


def test_probe_depends_on_the_code_that_resizes_pictures(
    network: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = network.probe()
    assert network.probe() == before
    monkeypatch.setattr(
        backbone_module,
        "resize",
        lambda image, size: np.asarray(image.resize(size, Image.Resampling.NEAREST), np.float32),
    )
    assert network.probe() != before


def mean_network(batch_size: int = 1) -> Backbone:
    """A network whose one feature is the mean of the picture."""

    def forward(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        assert len(pictures)
        return pictures.mean(axis=(1, 2, 3))[:, None]

    return Backbone(forward, info_of(1 + COLOUR_SIZE, 0, 1), batch_size, WORKERS)


def grey_poster(level: int, side: int = 20) -> Image.Image:
    return Image.new("RGB", (side, side), (level, level, level))


@pytest.mark.parametrize("batch_size", [1, 4, 9])
def test_unreadable_posters_are_reported_in_their_place(batch_size: int) -> None:
    good = [grey_poster(level) for level in (10, 20, 30, 40)]
    posters = [b"", good[0], good[1], b"no picture", b"", b"", good[2], b"", good[3]]
    found: list[float | str] = []
    for vectors, outcomes in mean_network(batch_size).try_batches(posters):
        assert len(vectors) == outcomes.count([])
        levels = iter(vectors[:, 0])
        found += [outcome.reason if outcome else float(next(levels)) for outcome in outcomes]
    bad = "unreadable"
    assert found == [bad, 10.0, 20.0, bad, bad, bad, 30.0, bad, 40.0]
    with pytest.raises(PosterRefused, match="the file is empty"):
        mean_network(batch_size).embed(posters)


def test_batches_come_in_the_order_of_the_posters() -> None:
    # Every other poster takes longer to resize.
    posters = [grey_poster(level, 20 + 2000 * (level % 2)) for level in range(20)]
    levels = mean_network(2).embed(posters)[:, 0]
    np.testing.assert_array_equal(levels, np.arange(20))
    assert mean_network().embed([]).shape == (0, 1 + COLOUR_SIZE)


def test_posters_are_read_only_a_little_ahead() -> None:
    read = 0

    def posters() -> Iterator[Image.Image]:
        nonlocal read
        for number in range(10_000):
            read += 1
            yield grey_poster(number % 256)

    batches = mean_network().batches(posters())
    for embedded in range(1, 301):
        next(batches)
        assert read - embedded <= WORKERS + 2
    batches.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("embed")]
