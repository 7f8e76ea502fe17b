"""Networks of `keras.applications`, built and run by Keras.

Their weights are ImageNet's, those of a file, or seeded random ones.
"""

import http.client
import importlib
import socket
import sys
import threading
import urllib.error
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from posters import paths
from posters.embedding.backbone import Backbone, BackboneInfo
from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.feature_layers import FeatureLayers, choose_feature_layers, feature_model
from posters.embedding.imagenet_weights import PINNED_NETWORK, vgg16_weights, weights_digest
from posters.embedding.keras_import import import_keras, reset_keras
from posters.errors import BackboneError, WeightsUnreachable
from posters.processors import cores

if TYPE_CHECKING:
    from posters.params import EmbedParams

# Sides in pixels that networks were trained at, if not 224 (Keras documentation, "Keras
# Applications").
_INPUT_SIZES = {
    **{"EfficientNetB1": 240, "EfficientNetB2": 260, "EfficientNetB3": 300, "EfficientNetB4": 380},
    **{"EfficientNetB5": 456, "EfficientNetB6": 528, "EfficientNetB7": 600},
    **{"EfficientNetV2B1": 240, "EfficientNetV2B2": 260, "EfficientNetV2B3": 300},
    **{"EfficientNetV2S": 384, "EfficientNetV2M": 480, "EfficientNetV2L": 480},
    **{"InceptionResNetV2": 299, "InceptionV3": 299, "NASNetLarge": 331, "Xception": 299},
}

_BATCH_SIZE = 32  # if `embed.batch_size` is null
_DOWNLOAD_TIMEOUT = 10.0  # seconds without a byte
_CORRUPTED = "Incomplete or corrupted file"  # Keras's message for a download with a wrong hash


class KerasBackbone(Backbone):
    """A network that Keras runs: one batch at a time, on all cores or on a GPU.

    `model` turns pictures that `preprocess` of `keras.applications` has prepared into features.
    """

    def __init__(self, model: Any, preprocess: Any, info: BackboneInfo, batch_size: int) -> None:
        lock = threading.Lock()

        def forward(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
            count = len(pictures)
            # Always full batches: for other sizes a GPU may sum in another order.
            padding = [(0, -count % batch_size), (0, 0), (0, 0), (0, 0)]
            batch = preprocess(np.pad(pictures, padding))
            with lock:
                features: NDArray[np.float32] = model.predict_on_batch(batch)[:count]
                return features

        super().__init__(forward, info, batch_size, cores())
        self._model = model
        self._preprocess = preprocess

    def whole_model(self) -> Any:
        """One Keras model from pictures (0-255) to features, preprocessing included."""
        keras = import_keras()
        pictures = keras.Input((self.info.height, self.info.width, 3), name="pictures")
        return keras.Model(pictures, self._model(keras.layers.Lambda(self._preprocess)(pictures)))


def default_size(name: str) -> tuple[int, int]:
    """Width and height for a network: as many pixels as in its training, in a poster's shape.

    >>> default_size("VGG16")
    (192, 288)
    """
    side = _INPUT_SIZES.get(name, 224)
    return round(side * 6 / 7 / 32) * 32, round(side * 9 / 7 / 32) * 32


def load_backbone(params: "EmbedParams") -> KerasBackbone:
    """Build a network of `keras.applications` without its classifier and load its weights.

    Raises:
        BackboneError: an unknown name, layer or size, or weights missing or not fitting.
    """
    keras = import_keras()
    name = params.backbone
    known = sorted(entry for entry in vars(keras.applications) if entry[0].isupper())
    if name not in known:
        raise BackboneError(
            f"embed.backbone {name!r} is unknown: expected one of {', '.join(known)}"
        )
    application = getattr(keras.applications, name)
    preprocess = importlib.import_module(application.__module__).preprocess_input
    width, height = params.input_size or default_size(name)

    def build(weights: str | None) -> Any:
        reset_keras(keras, params.seed)
        try:
            return application(
                include_top=False,
                input_shape=(height, width, 3),
                pooling=params.pooling if params.pooling in ("avg", "max") else None,
                weights=weights,
            )
        except ValueError as error:
            if _CORRUPTED in str(error):
                raise
            raise BackboneError(
                f"{name} can't be built with this embed.input_size: {error}"
            ) from error

    if params.weights == "random":
        network, origin = build(None), "random"
    elif params.weights == "imagenet":
        network, origin = _with_imagenet_weights(build, params)
    else:
        network, origin = build(None), "file"
        _load_weights(network, name, paths.from_root(params.weights))
    digest = weights_digest(network.get_weights())
    layers, retrieval_from = FeatureLayers((), ()), 0
    if params.pooling == "layers":
        layers = choose_feature_layers(network, name, params.layers)
        network, retrieval_from = feature_model(keras, network, layers)
    elif params.pooling == "flatten":
        network = keras.Model(network.input, keras.layers.Flatten()(network.output))
    network.trainable = False
    colour_from = int(network.output_shape[-1])
    info = BackboneInfo(
        name=name,
        weights=origin,
        weights_digest=digest,
        pooling=params.pooling,
        year_layers=" ".join(layers.year),
        retrieval_layers=" ".join(layers.retrieval),
        precision="float32",
        width=width,
        height=height,
        seed=params.seed if origin == "random" else 0,
        embedding_size=colour_from + COLOUR_SIZE,
        retrieval_from=retrieval_from,
        colour_from=colour_from,
    )
    return KerasBackbone(network, preprocess, info, params.batch_size or _BATCH_SIZE)


def _with_imagenet_weights(
    build: Callable[[str | None], Any], params: "EmbedParams"
) -> tuple[Any, str]:
    """The network, and `imagenet`, or `random` if the download failed and may fail."""
    name = params.backbone
    try:
        if name != PINNED_NETWORK:
            return _downloaded_by_keras(build), "imagenet"
        network = build(None)
        network.set_weights(vgg16_weights(lambda: _downloaded_by_keras(build).get_weights()))
        return network, "imagenet"
    except WeightsUnreachable as error:
        if params.if_unreachable == "stop":
            raise BackboneError(
                f"ImageNet weights of {name} can't be downloaded ({error}): connect to the "
                "internet and run `make weights`, or set embed.weights to a file, or to random"
            ) from error
        line = "!" * 88
        print(
            f"{line}\n! ImageNet weights of {name} can't be downloaded:\n!   {error}\n"
            "! Going on with RANDOM weights: neighbours and years mean little, and every result "
            "is\n! marked. When there is a connection: dvc repro --force --single-item embed && "
            f"dvc repro\n{line}",
            file=sys.stderr,
        )
    return build(None), "random"


def _downloaded_by_keras(build: Callable[[str | None], Any]) -> Any:
    """The network with the weights in Keras's cache, or else those of Keras's host."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)  # Keras sets none
    try:
        return build("imagenet")
    except Exception as error:
        # Keras raises a bare Exception for most failed downloads.
        types = (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException)
        messages = ("URL fetch failure", _CORRUPTED)
        if not isinstance(error, types) and not any(text in str(error) for text in messages):
            raise
        raise WeightsUnreachable(str(error)) from error
    finally:
        socket.setdefaulttimeout(before)


def _load_weights(network: Any, name: str, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            # Keras only warns if the file lacks a layer's weights, and leaves them random.
            warnings.filterwarnings("error", message=".*freshly-initialized.*")
            network.load_weights(str(path))
    except Exception as error:
        # h5py and Keras raise many types of errors for truncated files and other networks.
        reason = " ".join(str(error).split())[:200]
        raise BackboneError(
            f"the weights in {path.name} don't fit {name} without its top: {reason}. Expected a "
            f".weights.h5 or .h5 file saved from keras.applications.{name}(include_top=False)"
        ) from error
