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

from posters.colour import COLOUR_SIZE, colour_statistics
from posters.errors import BackboneError
from posters.images import PosterLike, to_rgb
from posters.keras_import import import_keras
from posters.params import EmbedParams
from posters.taps import Taps, check_taps, choose_taps, tap
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
        pooling: `depths` (moments and layout of several layers, see `taps`), or `avg`, `max`,
            `flatten` of the last one.
        moments, layout: the layers that are tapped for each (see `taps`), between spaces.
        mirrored: whether a vector is the mean of the poster's and of its mirror image's.
        width, height: in pixels, what posters are scaled to.
        seed: of random weights.
        embedding_size: length of a vector.
        look_from: where the part of a vector begins by which neighbours are found.
        colour_from: where it ends, and the colours begin (see `colour`).
    """

    name: str
    weights: str
    weights_digest: str
    pooling: str
    moments: str
    layout: str
    mirrored: bool
    width: int
    height: int
    seed: int
    embedding_size: int
    look_from: int
    colour_from: int

    @property
    def fingerprint(self) -> str:
        """A digest of everything the vectors depend on: the key of the embeddings' cache."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()

    @property
    def features(self) -> slice:
        """The part of a vector that came out of the network, from which years are learned."""
        return slice(0, self.colour_from)

    @property
    def colour(self) -> slice:
        """The part of a vector that says what colours a poster has, and nothing else."""
        return slice(self.colour_from, self.embedding_size)

    @property
    def look(self) -> slice:
        """The part of a vector by which neighbours are found."""
        return slice(self.look_from, self.colour_from)

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
            size = (self.info.width, self.info.height)
            batch = np.stack([resize(to_rgb(poster), size) for poster in chunk])
            rows = slice(start, start + len(chunk))
            vectors[rows, self.info.colour] = colour_statistics(batch)
            # (B, H, W, 3) -> (B, colour_from); preprocessing overwrites the batch.
            output = self._model.predict_on_batch(self._preprocess(batch))
            vectors[rows, self.info.features] = output
        return vectors


def _probes() -> list[Image.Image]:
    """Known pictures of every kind that posters come as."""
    pixels = np.random.default_rng(0).integers(0, 256, (90, 60, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    clear = picture.convert("RGBA")
    clear.putalpha(picture.convert("L"))
    return [picture, picture.convert("L"), picture.convert("CMYK"), picture.convert("P"), clear]


def resize(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """Scale an RGB image to a width and a height: squeezed, not cropped, to lose no edge.

    Returns:
        Shape (height, width, 3), 0-255.
    """
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)


def default_size(name: str) -> tuple[int, int]:
    """Width and height for a network: as many pixels as it was trained on, shaped as posters are.

    >>> default_size("VGG16")
    (192, 288)
    """
    side = _INPUT_SIZES.get(name, 224)
    return round(side * 6 / 7 / 32) * 32, round(side * 9 / 7 / 32) * 32


def load_backbone(
    params: EmbedParams, *, weights_path: Path | None = None, taps: Taps | None = None
) -> Backbone:
    """Build a network of `keras.applications` without its classifier and load its weights.

    Args:
        params: which network, weights and pooling.
        weights_path: where the file lies that `params.weights` names, if not there.
        taps: the layers to tap, instead of those that `params` asks for.

    Raises:
        BackboneError: an unknown name, layer or size, or weights missing or not fitting.
    """
    keras = import_keras()
    name = params.backbone
    build, module = _find(keras, name)
    width, height = params.input_size or default_size(name)
    options = {
        "include_top": False,
        "input_shape": (height, width, 3),
        "pooling": params.pooling if params.pooling in ("avg", "max") else None,
    }
    network, origin = load_network(
        lambda content: build(weights=content, **options),
        name,
        weights=params.weights,
        weights_path=weights_path or Path(params.weights),
        if_unreachable=params.if_unreachable,
        seed=params.seed,
    )
    digest = weights_digest(network)
    look_from = 0
    if params.pooling == "depths":
        taps = taps or choose_taps(network, name, params.layers)
        check_taps(network, name, taps)
        network, look_from = tap(keras, network, taps)
    else:
        taps = Taps((), ())
        if params.pooling == "flatten":
            network = keras.Model(network.input, keras.layers.Flatten()(network.output))
    network.trainable = False
    if params.mirrored:
        network = _with_mirror_image(keras, network)
    info = BackboneInfo(
        name=name,
        weights=origin,
        weights_digest=digest,
        pooling=params.pooling,
        moments=" ".join(taps.moments),
        layout=" ".join(taps.layout),
        mirrored=params.mirrored,
        width=width,
        height=height,
        seed=params.seed if origin == "random" else 0,
        embedding_size=int(network.output_shape[-1]) + COLOUR_SIZE,
        look_from=look_from,
        colour_from=int(network.output_shape[-1]),
    )
    return Backbone(network, module.preprocess_input, info, params.batch_size)


def _with_mirror_image(keras: Any, network: Any) -> Any:
    """The mean of what a network gives for a picture and for its mirror image."""
    posters = keras.Input(network.input_shape[1:])
    mirrored = keras.ops.flip(posters, axis=2)
    return keras.Model(posters, (network(posters) + network(mirrored)) / 2)


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
