"""Features from several layers of a network, computed in one forward pass.

Paper, ink, grain and lettering show in the early and middle layers; the last tell objects apart.

- *Year features*: mean and standard deviation of each channel of a layer. They describe texture
  (Huang and Belongie, 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
  Normalization").
- *Retrieval features*: mean of each channel of deeper layers. They describe what is shown, and how.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posters.errors import BackboneError


@dataclass(frozen=True)
class FeatureLayers:
    """Names of the layers behind the year features and the retrieval features."""

    year: tuple[str, ...]
    retrieval: tuple[str, ...]


def _vgg_layers(last_blocks_have: int) -> FeatureLayers:
    """The convolutions of blocks 2 to 4, and those of blocks 4 and 5 (docs/results.md)."""
    convolutions = {2: 2} | dict.fromkeys((3, 4, 5), last_blocks_have)
    names = {
        block: tuple(f"block{block}_conv{number}" for number in range(1, count + 1))
        for block, count in convolutions.items()
    }
    return FeatureLayers(names[2] + names[3] + names[4], names[4] + names[5])


# VGG16: chosen by cross-validation on training rows, and by neighbours, of real posters; VGG19 as
# VGG16. MobileNetV2: chosen in an earlier version by the errors on tests of real posters.
_DEFAULT_LAYERS = {
    "MobileNetV2": FeatureLayers(
        year=tuple(f"block_{block}_expand_relu" for block in (1, 3, 6, 8, 10, 13)),
        retrieval=(
            "expanded_conv_project_BN",
            *(f"block_{block}_add" for block in (2, 5, 9, 12, 15)),
        ),
    ),
    "VGG16": _vgg_layers(3),
    "VGG19": _vgg_layers(4),
}

# These layers have four-dimensional outputs but compute no features.
_NO_FEATURES = {"InputLayer", "Rescaling", "Normalization", "ZeroPadding2D", "Cropping2D"}


def choose_feature_layers(
    network: Any, name: str, requested: Sequence[str] | None
) -> FeatureLayers:
    """The layers of a Keras network to compute features from.

    `requested` is `embed.layers`, for both kinds of features. None selects the network's default
    layers, or, if it has none, the deepest layer of each size of feature maps but the smallest.

    Raises:
        BackboneError: the network has no such layer, or the layer has no feature maps.
    """
    known = [layer.name for layer in network.layers if _has_feature_maps(layer)]
    if requested is None:
        return _DEFAULT_LAYERS.get(name) or _deepest_of_each_size(network, known)
    unknown = [layer for layer in dict.fromkeys(requested) if layer not in known]
    if unknown:
        raise BackboneError(
            f"embed.layers: {name} has no feature maps named {', '.join(unknown)}; expected some "
            f"of {', '.join(known)}"
        )
    return FeatureLayers(tuple(requested), tuple(requested))


def feature_model(keras: Any, network: Any, layers: FeatureLayers) -> tuple[Any, int]:
    """A Keras model from pictures to features of shape (n, size), and the number of year features.

    For each of `layers.year` the means of its channels, then their standard deviations; then the
    means of the channels of each of `layers.retrieval`. Of all numbers the square root is taken.
    """
    operations = keras.ops
    year = []
    for name in layers.year:
        maps = network.get_layer(name).output  # (n, height, width, channels)
        mean = operations.mean(maps, axis=(1, 2))
        # Mean of squares less square of mean: one pass less over maps of millions of numbers.
        squares = operations.mean(operations.square(maps), axis=(1, 2))
        variance = operations.relu(squares - operations.square(mean))
        year += [mean, operations.sqrt(variance)]
    retrieval = [
        operations.mean(network.get_layer(name).output, axis=(1, 2)) for name in layers.retrieval
    ]
    outputs = operations.concatenate([*year, *retrieval], axis=-1)
    # A few channels are hundreds of times larger in a few posters. Roots have shorter tails (power
    # normalisation: Perronnin, Sánchez, Mensink, 2010, "Improving the Fisher Kernel").
    outputs = operations.sign(outputs) * operations.sqrt(operations.abs(outputs))
    return keras.Model(network.input, outputs), sum(int(part.shape[-1]) for part in year)


def _has_feature_maps(layer: Any) -> bool:
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and None not in shape[1:] and type(layer).__name__ not in _NO_FEATURES


def _deepest_of_each_size(network: Any, names: Sequence[str]) -> FeatureLayers:
    deepest = {int(network.get_layer(name).output.shape[1]): name for name in names}
    sizes = sorted(size for size in deepest if size > 1)
    # From large maps to small; the smallest tell what is shown, not how.
    chosen = tuple(deepest[size] for size in sizes[:0:-1]) or (names[-1],)
    return FeatureLayers(chosen, chosen)
