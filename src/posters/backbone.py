"""The frozen pre-trained network: any of `keras.applications`, by name, with its own habits.

Importing this module is cheap; Keras is imported when a backbone is loaded.
"""

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posters.errors import BackboneError
from posters.images import PosterLike, to_rgb
from posters.keras_import import import_keras
from posters.weights import load_network, weights_digest

# Sides in pixels that the networks were trained at, where that is not 224 (Keras documentation,
# "Keras Applications"; a test holds them against the default input shapes).
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


@dataclass(frozen=True)
class BackboneInfo:
    """What a vector came out of; two vectors can be compared when this is equal.

    Attributes:
        name: as in `keras.applications`.
        weights: `imagenet`, `random`, or `file`: what the network really runs with.
        weights_digest: SHA-256 over all weights, so that a changed file can't go unnoticed.
        pooling: `avg`, `max` or `flatten`.
        input_size: side in pixels that posters are scaled to.
        seed: of random weights.
        embedding_size: length of a vector.
    """

    name: str
    weights: str
    weights_digest: str
    pooling: str
    input_size: int
    seed: int
    embedding_size: int

    @property
    def fingerprint(self) -> str:
        """A digest of everything the vectors depend on: the key of the embeddings' cache."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()

    @property
    def caveat(self) -> str | None:
        """What must be said wherever results of this network are shown, if anything."""
        return f"random {self.name} weights" if self.weights == "random" else None


class Backbone:
    """A network without its classifier, ready to turn posters into vectors.

    Attributes:
        info: what it is.
    """

    def __init__(self, model: Any, preprocess: Any, info: BackboneInfo, batch_size: int) -> None:
        self.info = info
        self._model = model
        self._preprocess = preprocess
        self._batch_size = batch_size

    def probe(self) -> str:
        """A digest of the vectors that this network gives known pictures, here and now.

        It changes with whatever the vectors depend on and `info` does not tell: the code that
        converts and scales pictures, the versions of the packages, the processor.
        """
        return hashlib.sha256(self.embed(_probes()).tobytes()).hexdigest()

    def embed(self, posters: Sequence[PosterLike]) -> NDArray[np.float32]:
        """Turn posters into vectors of shape (n_posters, embedding_size), float32.

        On one machine the vector of a poster is the same to the bit, however many others come
        with it and in whatever order (a test holds it to that).

        Raises:
            PosterRefused: a poster can't be read.
        """
        vectors = np.empty((len(posters), self.info.embedding_size), dtype=np.float32)
        for start in range(0, len(posters), self._batch_size):
            chunk = posters[start : start + self._batch_size]
            batch = np.stack([resize(to_rgb(poster), self.info.input_size) for poster in chunk])
            # (B, H, W, 3) -> (B, embedding_size)
            output = self._model.predict_on_batch(self._preprocess(batch))
            vectors[start : start + len(chunk)] = output
        return vectors


def _probes() -> list[Image.Image]:
    """Known pictures of every kind that posters come as."""
    pixels = np.random.default_rng(0).integers(0, 256, (90, 60, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    clear = picture.convert("RGBA")
    clear.putalpha(picture.convert("L"))
    return [picture, picture.convert("L"), picture.convert("CMYK"), picture.convert("P"), clear]


def resize(image: Image.Image, side: int) -> NDArray[np.float32]:
    """Scale an RGB image to (side, side, 3), 0-255: squeezed, not cropped, to lose no edge."""
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), dtype=np.float32)


def load_backbone(
    name: str,
    *,
    weights: str,
    if_unreachable: str,
    pooling: str,
    input_size: int | None,
    seed: int,
    batch_size: int,
    weights_path: Path | None = None,
) -> Backbone:
    """Build a network of `keras.applications` without its classifier and load its weights.

    Args:
        name: such as `VGG16`.
        weights: `imagenet`, `random`, or a path as it stands in the parameters.
        if_unreachable: `random` (with a loud warning) or `stop`, when `imagenet` can't be had.
        pooling: `avg`, `max` or `flatten`.
        input_size: side in pixels; None takes the one the network was trained at.
        seed: of random weights.
        batch_size: posters in a forward pass.
        weights_path: where the file that `weights` names lies.

    Raises:
        BackboneError: an unknown name, an impossible size, or weights missing or not fitting.
    """
    keras = import_keras()
    build, module = _find(keras, name)
    side = input_size or _INPUT_SIZES.get(name, 224)
    options = {
        "include_top": False,
        "input_shape": (side, side, 3),
        "pooling": None if pooling == "flatten" else pooling,
    }
    network, origin = load_network(
        lambda content: build(weights=content, **options),
        name,
        weights=weights,
        weights_path=weights_path or Path(weights),
        if_unreachable=if_unreachable,
        seed=seed,
    )
    if pooling == "flatten":
        network = keras.Model(network.input, keras.layers.Flatten()(network.output))
    network.trainable = False
    info = BackboneInfo(
        name=name,
        weights=origin,
        weights_digest=weights_digest(network),
        pooling=pooling,
        input_size=side,
        seed=seed if origin == "random" else 0,
        embedding_size=int(network.output_shape[-1]),
    )
    return Backbone(network, module.preprocess_input, info, batch_size)


def _find(keras: Any, name: str) -> tuple[Any, ModuleType]:
    known = backbone_names(keras)
    if name not in known:
        raise BackboneError(
            f"embed.backbone {name!r} is unknown: expected one of {', '.join(known)}"
        )
    build = getattr(keras.applications, name)
    return build, importlib.import_module(build.__module__)


def backbone_names(keras: Any) -> list[str]:
    """The names of all networks of `keras.applications`."""
    return sorted(entry for entry in vars(keras.applications) if entry[0].isupper())
