"""The network: by name, with its own input size, and with weights that are what they claim."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from posters.embedding import backbone as backbone_module
from posters.embedding import keras_backbone
from posters.embedding.backbone import Backbone
from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.keras_backbone import default_size, load_backbone
from posters.errors import BackboneError
from posters.params import EmbedParams

PARAMS = EmbedParams(
    backbone="MobileNetV2",
    weights="random",
    if_unreachable="stop",
    pooling="depths",
    layers=None,
    mirrored=True,
    input_size=(64, 64),
    precision="float32",
    engine="local",
    batch_size=4,
    seed=0,
)


def small(
    name: str = "MobileNetV2", weights_path: Path | None = None, **others: object
) -> Backbone:
    params = PARAMS.model_copy(update={"backbone": name, **others})
    return load_backbone(params, weights_path=weights_path)


@pytest.fixture(scope="module")
def network() -> Backbone:
    return small()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def posters(draw: Callable[[str, int], Path]) -> list[Path]:
    return [draw(f"Poster {number}", 1930 + 8 * number) for number in range(10)]


def test_vectors_have_one_row_a_poster(network: Backbone, posters: list[Path]) -> None:
    vectors = network.embed(posters)
    # Mean and deviation of 1,776 channels, thirds of 392, and the colours.
    assert vectors.shape == (10, network.info.embedding_size) == (10, 2 * 1776 + 3 * 392 + 70)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("name", ["VGG16", "MobileNetV2"])
def test_a_vector_does_not_depend_on_its_company(name: str, posters: list[Path]) -> None:
    network = small(name)
    assert (network.info.pooling, network.info.mirrored) == ("depths", True)
    together = network.embed(posters)
    for order in (posters[::-1], posters[3:4], posters[2:9]):
        rows = [posters.index(poster) for poster in order]
        np.testing.assert_array_equal(network.embed(order), together[rows])


def test_path_bytes_image_and_array_give_the_same_vector(
    network: Backbone, posters: list[Path]
) -> None:
    with Image.open(posters[0]) as image:
        image.load()
    forms = [posters[0], posters[0].read_bytes(), image, np.asarray(image)]
    vectors = network.embed(forms)
    for vector in vectors[1:]:
        np.testing.assert_array_equal(vector, vectors[0])


def test_random_weights_are_the_same_for_the_same_seed_only(network: Backbone) -> None:
    assert small().info == network.info
    assert small(seed=1).info.weights_digest != network.info.weights_digest
    assert network.info.caveat == "random MobileNetV2 weights"


@pytest.mark.parametrize(("pooling", "size"), [("avg", 512), ("max", 512), ("flatten", 4 * 512)])
def test_pooling_decides_the_length_of_a_vgg16_vector(pooling: str, size: int) -> None:
    network = small("VGG16", pooling=pooling)
    assert network.info.embedding_size == size + COLOUR_SIZE
    assert network.info.features == network.info.retrieval_features == slice(0, size)
    assert network.embed([np.zeros((64, 64, 3), np.uint8)]).shape == (1, size + COLOUR_SIZE)


def test_max_pooling_is_the_maximum_and_avg_the_mean_of_flat(picture: np.ndarray) -> None:
    def features(pooling: str) -> np.ndarray:
        network = small("VGG16", pooling=pooling, mirrored=False)
        return network.embed([picture])[0, network.info.features]

    flat = features("flatten").reshape(-1, 512)
    np.testing.assert_allclose(features("avg"), flat.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(features("max"), flat.max(axis=0), rtol=1e-4, atol=1e-6)


def test_a_mirrored_network_gives_the_mean_of_a_poster_and_its_mirror_image(
    network: Backbone, picture: np.ndarray
) -> None:
    both = [picture, picture[:, ::-1]]
    one, other = network.embed(both)[:, network.info.features]
    np.testing.assert_allclose(one, other, rtol=1e-6)
    plain = small(mirrored=False).embed(both)[:, network.info.features]
    np.testing.assert_allclose(one, plain.mean(axis=0), rtol=1e-5)
    assert not np.allclose(plain[0], plain[1], rtol=0.01)


def test_a_poster_is_squeezed_to_width_and_height_and_not_turned(picture: np.ndarray) -> None:
    network = small(input_size=(64, 96), mirrored=False)
    assert (network.info.width, network.info.height) == (64, 96)
    scaled = Image.fromarray(picture).resize((64, 96), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(network.embed([picture]), network.embed([scaled]))


def test_posters_are_preprocessed_as_the_network_was_trained() -> None:
    white = Image.new("RGB", (60, 90), "white")
    build = keras.applications.VGG16
    keras.utils.set_random_seed(0)
    reference = build(include_top=False, weights=None, input_shape=(64, 64, 3), pooling="avg")
    expected = reference.predict(
        keras.applications.vgg16.preprocess_input(np.full((1, 64, 64, 3), 255.0, np.float32)),
        verbose=0,
    )
    network = small("VGG16", pooling="avg", mirrored=False)
    features = network.embed([white])[:, network.info.features]
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)


def test_a_weights_file_is_loaded_and_known_by_its_digest(tmp_path: Path) -> None:
    keras.utils.set_random_seed(5)
    saved = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(64, 64, 3), pooling="avg"
    )
    file = tmp_path / "mine.weights.h5"
    saved.save_weights(file)
    loaded = small(weights="mine.weights.h5", weights_path=file)
    assert loaded.info.weights == "file"
    assert loaded.info.weights_digest == small(seed=5).info.weights_digest
    assert loaded.info.caveat is None


def test_weights_of_another_network_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(file)
    with pytest.raises(BackboneError, match=r"other\.weights\.h5 don't fit MobileNetV2"):
        small(weights=str(file), weights_path=file)
    file.write_bytes(b"not HDF5 at all")
    with pytest.raises(BackboneError, match="don't fit MobileNetV2"):
        small(weights=str(file), weights_path=file)
    with pytest.raises(BackboneError, match="names no file"):
        small(weights="gone.h5", weights_path=tmp_path / "gone.h5")


@pytest.mark.parametrize("name", ["VGG61", "vgg16", "preprocess_input", "", "__doc__"])
def test_an_unknown_network_is_an_error_that_lists_the_known(name: str) -> None:
    with pytest.raises(BackboneError, match=r"unknown: expected one of .*MobileNetV2.*VGG16"):
        small(name)


def test_an_input_too_small_for_the_network_is_an_error() -> None:
    with pytest.raises(BackboneError, match="InceptionV3 can't be built"):
        small("InceptionV3", input_size=(32, 32))


@pytest.mark.usefixtures("unreachable")
def test_weights_out_of_reach_become_random_with_a_loud_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    network = small(weights="imagenet", if_unreachable="random", input_size=(96, 96))
    assert network.info.weights == "random"
    assert network.info.weights_digest == small(input_size=(96, 96)).info.weights_digest
    assert network.info.caveat
    assert "RANDOM weights" in capsys.readouterr().err


@pytest.mark.usefixtures("unreachable")
def test_weights_out_of_reach_stop_where_that_is_asked_for() -> None:
    with pytest.raises(BackboneError, match=r"can't be had .* set embed\.weights to a file"):
        small(weights="imagenet", if_unreachable="stop", input_size=(96, 96))


def test_the_table_of_input_sizes_agrees_with_keras() -> None:
    """Keras knows a network's size only once it is built whole: the cheap ones are built here."""
    for name in ("MobileNetV2", "EfficientNetB1", "EfficientNetV2B2", "Xception", "NASNetMobile"):
        whole = getattr(keras.applications, name)(weights=None, classes=2)
        expected = keras_backbone._INPUT_SIZES.get(name, 224)
        assert whole.input_shape[1:3] == (expected, expected), name


def test_the_default_size_is_that_of_a_poster_with_as_many_pixels_as_in_training() -> None:
    for name in keras_backbone.backbone_names(keras):
        width, height = default_size(name)
        side = keras_backbone._INPUT_SIZES.get(name, 224)
        assert width % 32 == height % 32 == 0, name
        assert width / height == pytest.approx(2 / 3, abs=0.07), name
        assert width * height == pytest.approx(side * side, rel=0.12), name
    info = small(input_size=None).info
    assert (info.width, info.height) == default_size("MobileNetV2") == (192, 288)


def test_every_network_that_keras_has_is_found_by_name_with_its_preprocessing() -> None:
    names = keras_backbone.backbone_names(keras)
    assert len(names) > 30
    for name in names:
        build, module = keras_backbone._find(keras, name)
        assert callable(build), name
        assert callable(module.preprocess_input), name


@pytest.mark.usefixtures("unreachable")
def test_an_impossible_size_is_not_taken_for_a_network_out_of_reach() -> None:
    with pytest.raises(BackboneError, match="InceptionV3 can't be built"):
        small("InceptionV3", weights="imagenet", if_unreachable="random", input_size=(64, 64))


def test_the_probe_changes_with_the_code_that_scales_pictures(
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
