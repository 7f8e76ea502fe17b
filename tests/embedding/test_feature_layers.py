"""Features of a network's layers, compared with numpy on the outputs of those layers."""

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from parts import embed_params

from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.feature_layers import FeatureLayers, choose_feature_layers, feature_model
from posters.embedding.keras_backbone import load_backbone
from posters.errors import BackboneError


def small_network(height: int = 12, width: int = 8) -> Any:
    """Feature maps of three sizes, a padding layer of a fourth size, and a flat layer."""
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


def pictures_for(network: Any) -> NDArray[np.float32]:
    shape = (3, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def maps_of(network: Any, layer: str) -> NDArray[np.float64]:
    alone = keras.Model(network.input, network.get_layer(layer).output)
    return np.asarray(alone.predict_on_batch(pictures_for(network)), np.float64)


def test_features_are_roots_of_channel_statistics_then_of_means() -> None:
    network = small_network()
    layers = FeatureLayers(("middle", "early"), ("early", "middle", "last"))
    model, year_size = feature_model(keras, network, layers)
    maps = [maps_of(network, name) for name in layers.year]
    year = [statistic(of, axis=(1, 2)) for of in maps for statistic in (np.mean, np.std)]
    retrieval = [maps_of(network, name).mean(axis=(1, 2)) for name in layers.retrieval]
    statistics = np.hstack([*year, *retrieval])
    expected = np.sign(statistics) * np.sqrt(np.abs(statistics))
    assert year_size == 2 * (5 + 4)
    found = model.predict_on_batch(pictures_for(network))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert (expected > 0.01).mean() > 0.5


def test_other_networks_use_the_deepest_layer_of_each_size_but_the_smallest() -> None:
    network = small_network()  # feature maps 12, 6 and 3 high, and a padding layer of 8
    layers = choose_feature_layers(network, "Small", None)
    assert layers == FeatureLayers(("early", "middle"), ("early", "middle"))
    one_size = keras.Model(network.input, network.get_layer("early").output)
    layers = choose_feature_layers(one_size, "Small", None)
    assert layers == FeatureLayers(("early",), ("early",))


def test_unknown_layer_is_an_error_that_lists_the_known() -> None:
    message = r"embed\.layers: Small has no .* named flat, gone; expected .*early.*middle"
    with pytest.raises(BackboneError, match=message) as caught:
        choose_feature_layers(small_network(), "Small", ["early", "flat", "gone"])
    assert "flat" not in str(caught.value).partition("expected some of")[2]


def test_requested_layers_give_both_kinds_of_features_in_their_order() -> None:
    layers = ("block2_pool", "block1_pool")
    info = load_backbone(embed_params(backbone="VGG16", layers=layers)).info
    assert info.year_layers == info.retrieval_layers == "block2_pool block1_pool"
    assert (info.retrieval_from, info.colour_from) == (2 * 192, 3 * 192)
    assert info.embedding_size == 3 * 192 + COLOUR_SIZE


def test_names_of_layers_do_not_depend_on_networks_built_before() -> None:
    """Keras numbers unnamed layers through a whole process."""
    params = embed_params(backbone="EfficientNetB0")
    assert load_backbone(params).info == load_backbone(params).info
