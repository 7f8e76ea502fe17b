"""Networks of `keras.applications`, built and run by Keras."""

import importlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from posters.embedding.backbone import Backbone, BackboneInfo, cores
from posters.embedding.colour import COLOUR_SIZE
from posters.embedding.feature_layers import FeatureLayers, choose_feature_layers, feature_model
from posters.embedding.keras_import import import_keras
from posters.embedding.weights import load_network, weights_digest
from posters.errors import BackboneError

if TYPE_CHECKING:
    from posters.params import EmbedParams

# Sides in pixels that networks were trained at, if not 224 (Keras documentation, "Keras
# Applications").
_INPUT_SIZES = {
    "EfficientNetB1": 240,
    "EfficientNetB2": 260,
    "EfficientNetB3": 300,
    "EfficientNetB4": 380,
    "EfficientNetB5": 456,
    "EfficientNetB6": 528,
    "EfficientNetB7": 600,
    "EfficientNetV2B1": 240,
    "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300,
    "EfficientNetV2S": 384,
    "EfficientNetV2M": 480,
    "EfficientNetV2L": 480,
    "InceptionResNetV2": 299,
    "InceptionV3": 299,
    "NASNetLarge": 331,
    "Xception": 299,
}

_BATCH_SIZE = 32  # if `embed.batch_size` is null


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


def load_backbone(params: "EmbedParams", *, weights_path: Path | None = None) -> KerasBackbone:
    """Build a network of `keras.applications` without its classifier and load its weights.

    Raises:
        BackboneError: an unknown name, layer or size, or weights missing or not fitting.
    """
    keras = import_keras()
    name = params.backbone
    known = backbone_names(keras)
    if name not in known:
        raise BackboneError(
            f"embed.backbone {name!r} is unknown: expected one of {', '.join(known)}"
        )
    build = getattr(keras.applications, name)
    preprocess = importlib.import_module(build.__module__).preprocess_input
    width, height = params.input_size or default_size(name)
    options = {
        "include_top": False,
        "input_shape": (height, width, 3),
        "pooling": params.pooling if params.pooling in ("avg", "max") else None,
    }
    network, origin = load_network(
        lambda weights: build(weights=weights, **options), params, weights_path
    )
    digest = weights_digest(network)
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


def backbone_names(keras: Any) -> list[str]:
    """The names of all networks of `keras.applications`."""
    return sorted(entry for entry in vars(keras.applications) if entry[0].isupper())
