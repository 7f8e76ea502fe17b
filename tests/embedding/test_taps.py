"""Moments and layout of a network's layers, against numpy on what those layers give."""

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.feature_layers import FeatureLayers, choose_feature_layers, tap
from posters.embedding.keras_backbone import load_backbone
from posters.errors import BackboneError
from posters.params import EmbedParams

THIRDS = {
    1: [(0, 1), (0, 1), (0, 1)],
    2: [(0, 1), (1, 2), (1, 2)],
    3: [(0, 1), (1, 2), (2, 3)],
    4: [(0, 1), (1, 3), (3, 4)],
    5: [(0, 2), (2, 3), (3, 5)],
    7: [(0, 2), (2, 5), (5, 7)],
    9: [(0, 3), (3, 6), (6, 9)],
    10: [(0, 3), (3, 7), (7, 10)],
}
PARAMS = EmbedParams(
    backbone="VGG16",
    weights="random",
    if_unreachable="stop",
    pooling="depths",
    layers=None,
    mirrored=False,
    input_size=(64, 64),
    precision="float32",
    engine="local",
    batch_size=4,
    seed=0,
)


def own_network(height: int = 12, width: int = 8) -> Any:
    """Maps of three sizes, a padding that no other layer shares its size with, and no maps."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    pictures = keras.Input((height, width, 3), name="pictures")
    early = layers.Conv2D(4, 3, padding="same", activation="relu", name="early")(pictures)
    halved = layers.MaxPooling2D(2, padding="same", name="halved")(early)
    middle = layers.Conv2D(5, 3, padding="same", activation="relu", name="middle")(halved)
    padded = layers.ZeroPadding2D(1, name="padded")(middle)
    late = layers.Conv2D(6, 3, strides=3, padding="same", name="late")(padded)
    flat = layers.Flatten(name="flat")(layers.Activation("relu", name="last")(late))
    return keras.Model(pictures, flat)


def pictures_for(network: Any, count: int = 3) -> NDArray[np.float32]:
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def maps_of(network: Any, layer: str, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    alone = keras.Model(network.input, network.get_layer(layer).output)
    return np.asarray(alone.predict_on_batch(pictures), np.float64)


def moments_of(maps: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [maps.mean(axis=(1, 2)), maps.std(axis=(1, 2))]


def layout_of(maps: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    thirds = THIRDS[maps.shape[1]]
    return [maps[:, first:end].mean(axis=(1, 2)) for first, end in thirds]


def test_moments_are_mean_and_deviation_of_each_layers_own_output() -> None:
    network = own_network()
    pictures = pictures_for(network)
    tapped, moments = tap(keras, network, FeatureLayers(("middle", "early"), ()))
    expected = [
        part
        for layer in ("middle", "early")
        for part in moments_of(maps_of(network, layer, pictures))
    ]
    assert moments == 2 * (5 + 4)
    found = tapped.predict_on_batch(pictures)
    np.testing.assert_allclose(found, np.hstack(expected), rtol=1e-4, atol=1e-6)
    assert (np.hstack(expected) > 0.01).mean() > 0.5


@pytest.mark.parametrize("height", THIRDS)
def test_layout_is_the_mean_of_the_top_the_middle_and_the_bottom_third(height: int) -> None:
    network = own_network(height)
    pictures = pictures_for(network)
    tapped, moments = tap(keras, network, FeatureLayers((), ("early",)))
    maps = maps_of(network, "early", pictures)
    assert maps.shape[1] == height
    assert (moments, tapped.output_shape) == (0, (None, 3 * 4))
    found = tapped.predict_on_batch(pictures)
    np.testing.assert_allclose(found, np.hstack(layout_of(maps)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("height", [height for height in THIRDS if height >= 3])
def test_every_row_is_in_exactly_one_third(height: int) -> None:
    """Rows that are marked by their number, with nothing learned in between."""
    pictures = keras.Input((height, 2, 1))
    rows = keras.layers.Activation("linear", name="rows")
    tapped, _ = tap(keras, keras.Model(pictures, rows(pictures)), FeatureLayers((), ("rows",)))
    marked = np.zeros((height, height, 2, 1), np.float32)
    marked[np.arange(height), np.arange(height)] = 1  # the n-th picture has its n-th row white
    found = tapped.predict_on_batch(marked)
    assert list((found > 0).sum(axis=1)) == [1] * height
    assert list(np.argmax(found, axis=1)) == sorted(np.argmax(found, axis=1))
    sizes = (found > 0).sum(axis=0)
    assert sizes.max() - sizes.min() <= 1


def test_all_moments_come_before_all_of_the_layout() -> None:
    network = own_network(18)  # maps 18, 9 and 4 high
    pictures = pictures_for(network)
    tapped, moments = tap(keras, network, FeatureLayers(("early", "last"), ("middle", "last")))
    early, middle, last = (maps_of(network, name, pictures) for name in ("early", "middle", "last"))
    expected = [*moments_of(early), *moments_of(last), *layout_of(middle), *layout_of(last)]
    assert (early.shape[1], middle.shape[1], last.shape[1]) == (18, 9, 4)
    assert moments == 2 * (4 + 6)
    found = tapped.predict_on_batch(pictures)
    np.testing.assert_allclose(found, np.hstack(expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["VGG16", "VGG19", "MobileNetV2"])
def test_the_measured_taps_are_layers_of_their_network(name: str) -> None:
    build = getattr(keras.applications, name)
    network = build(include_top=False, weights=None, input_shape=(64, 64, 3))
    taps = choose_feature_layers(network, name, None)
    tapped, moments = tap(keras, network, taps)
    channels = {layer.name: layer.output.shape[-1] for layer in network.layers}
    assert moments == 2 * sum(channels[layer] for layer in taps.moments)
    assert tapped.output_shape[1] - moments == 3 * sum(channels[layer] for layer in taps.layout)


def test_what_lies_deeper_than_the_last_tap_is_left_out() -> None:
    build = keras.applications.VGG16
    network = build(include_top=False, weights=None, input_shape=(32, 32, 3))
    tapped, _ = tap(keras, network, choose_feature_layers(network, "VGG16", None))
    names = [layer.name for layer in tapped.layers]
    assert "block4_conv3" in names
    assert not [name for name in names if name.startswith("block5")]
    assert tapped.count_params() < network.count_params() - 7_000_000


@pytest.mark.parametrize("name", ["EfficientNetB0", "DenseNet121"])
def test_any_network_has_a_choice_of_layers_of_different_sizes(name: str) -> None:
    build = getattr(keras.applications, name)
    network = build(include_top=False, weights=None, input_shape=(96, 64, 3))
    taps = choose_feature_layers(network, name, None)
    heights = [network.get_layer(layer).output.shape[1] for layer in taps.moments]
    assert taps.moments == taps.layout
    assert len(heights) >= 3
    assert heights == sorted(set(heights), reverse=True)
    assert heights[-1] > network.output_shape[1]
    tapped, moments = tap(keras, network, taps)
    found = tapped.predict_on_batch(np.full((2, 96, 64, 3), 0.5, np.float32))
    assert found.shape == (2, moments // 2 * 5)
    assert np.isfinite(found).all()


def test_the_choice_is_the_deepest_layer_of_each_size_but_the_smallest_and_no_padding() -> None:
    network = own_network()  # maps 12, 6, 8 (the padding) and 3 high
    assert choose_feature_layers(network, "Own", None) == FeatureLayers(
        ("early", "middle"), ("early", "middle")
    )


def test_a_network_with_maps_of_one_size_has_its_last_layer_tapped() -> None:
    pictures = keras.Input((4, 4, 3))
    first = keras.layers.Conv2D(2, 1, name="first")(pictures)
    network = keras.Model(pictures, keras.layers.Conv2D(2, 1, name="second")(first))
    assert choose_feature_layers(network, "Own", None) == FeatureLayers(("second",), ("second",))


def test_layers_that_are_asked_for_are_tapped_for_moments_and_layout_in_their_order() -> None:
    taps = choose_feature_layers(own_network(), "VGG16", ["late", "early"])
    assert taps == FeatureLayers(("late", "early"), ("late", "early"))


def test_a_layer_that_is_not_there_or_has_no_maps_is_an_error_that_lists_those_that_do() -> None:
    said = r"embed\.layers names flat, gone, .* Own makes .* expected some of .*early.*middle"
    with pytest.raises(BackboneError, match=said) as caught:
        choose_feature_layers(own_network(), "Own", ["early", "flat", "gone"])
    assert "flat" not in str(caught.value).partition("expected some of")[2]
    params = PARAMS.model_copy(update={"layers": ("block2_pool", "block6_pool")})
    said = r"names block6_pool, of which VGG16 .*block1_conv1.*block5_pool"
    with pytest.raises(BackboneError, match=said):
        load_backbone(params)


def test_the_parameters_name_the_layers_and_the_vector_tells_which() -> None:
    layers = ("block1_pool", "block2_pool")
    info = load_backbone(PARAMS.model_copy(update={"layers": layers})).info
    assert info.moments == info.layout == "block1_pool block2_pool"
    assert (info.retrieval_from, info.colour_from) == (2 * 192, 5 * 192)
    assert info.embedding_size == 5 * 192 + COLOUR_SIZE


def reloaded(name: str) -> None:
    """As a question about a poster does it: by what stands beside the vectors."""
    params = PARAMS.model_copy(update={"backbone": name})
    made_by = load_backbone(params).info
    taps = FeatureLayers(tuple(made_by.moments.split()), tuple(made_by.layout.split()))
    assert load_backbone(params, taps=taps).info == made_by


def test_a_network_can_be_built_again_by_the_names_of_its_taps() -> None:
    reloaded("VGG16")


def test_so_can_a_network_whose_layers_are_numbered_by_keras() -> None:
    reloaded("EfficientNetB0")
