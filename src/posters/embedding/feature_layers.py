"""Tapping a network at several depths: what a poster is made of shows early, what it shows, late.

Paper, ink, grain and lettering, by which a poster can be dated, live in the early and middle layers
of a network; its last ones know cats from dogs and have forgotten the rest. Two things are read off
in one forward pass:

- *moments*: mean and standard deviation of each channel over all positions of a layer. They
  describe its texture (after Huang and Belongie, 2017, "Arbitrary Style Transfer in Real-time with
  Adaptive Instance Normalization").
- *layout*: the mean of each channel over the top, the middle and the bottom third of the picture:
  where on a poster its colours, faces and lettering are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posters.errors import BackboneError

BANDS = 3


@dataclass(frozen=True)
class FeatureLayers:
    """Names of layers.

    Attributes:
        moments: those whose moments are taken.
        layout: those whose layout is taken.
    """

    moments: tuple[str, ...]
    layout: tuple[str, ...]


# Chosen by cross-validation on real posters (MobileNetV2: see `make ablation`), or by analogy with
# it (VGG: the same depths).
_MEASURED = {
    "MobileNetV2": FeatureLayers(
        moments=tuple(f"block_{block}_expand_relu" for block in (1, 3, 6, 8, 10, 13)),
        layout=(
            "expanded_conv_project_BN",
            *(f"block_{block}_add" for block in (2, 5, 9, 12, 15)),
        ),
    ),
    "VGG16": FeatureLayers(
        moments=(
            *("block1_conv2", "block2_conv2", "block3_conv1"),
            *("block3_conv3", "block4_conv1", "block4_conv3"),
        ),
        layout=("block1_pool", "block2_pool", "block3_pool", "block4_pool"),
    ),
    "VGG19": FeatureLayers(
        moments=(
            *("block1_conv2", "block2_conv2", "block3_conv1"),
            *("block3_conv4", "block4_conv1", "block4_conv4"),
        ),
        layout=("block1_pool", "block2_pool", "block3_pool", "block4_pool"),
    ),
}


# They only cut, pad or scale what a picture or a layer before them is.
_NO_LAYERS = frozenset({"InputLayer", "Rescaling", "Normalization", "ZeroPadding2D", "Cropping2D"})


def choose_feature_layers(network: Any, name: str, asked: Sequence[str] | None) -> FeatureLayers:
    """The layers to tap.

    Args:
        network: a Keras network without its classifier.
        name: as in `keras.applications`.
        asked: as the parameters name them, for moments and layout alike; None for a choice made
            for the network: the one that was measured, or else the deepest layer of each size of
            its feature maps but the smallest.

    Raises:
        BackboneError: there is no such layer, or it has no positions to pool over.
    """
    maps = [layer.name for layer in network.layers if _is_map(layer)]
    if asked is not None:
        taps = FeatureLayers(tuple(asked), tuple(asked))
        check_feature_layers(network, name, taps)
        return taps
    return _MEASURED.get(name) or _deepest_of_each_size(network, maps)


def check_feature_layers(network: Any, name: str, taps: FeatureLayers) -> None:
    """Make sure that a network has all layers to tap.

    Raises:
        BackboneError: there is no such layer, or it has no positions to pool over.
    """
    maps = [layer.name for layer in network.layers if _is_map(layer)]
    missing = [layer for layer in (*taps.moments, *taps.layout) if layer not in maps]
    if missing:
        raise BackboneError(
            f"embed.layers names {', '.join(dict.fromkeys(missing))}, of which {name} makes no "
            f"feature maps: expected some of {', '.join(maps)}"
        )


def tap(keras: Any, network: Any, taps: FeatureLayers) -> tuple[Any, int]:
    """A network that gives moments and layout in one forward pass; what lies deeper is left out.

    Returns:
        A Keras model: pictures in; out (n, size): for each layer of `taps.moments` the means of its
        channels, then their standard deviations; then for each layer of `taps.layout` the means
        of its channels in the top, the middle and the bottom third. And how many of these numbers
        are moments.
    """
    operations = keras.ops
    moments = []
    for name in taps.moments:
        maps = network.get_layer(name).output  # (n, height, width, channels)
        moments += [operations.mean(maps, axis=(1, 2)), operations.std(maps, axis=(1, 2))]
    layout = []
    for name in taps.layout:
        maps = network.get_layer(name).output
        height = int(maps.shape[1])
        # Of a map less than three high, a row counts in more than one third.
        for band in range(BANDS):
            first = min(round(band * height / BANDS), height - 1)
            end = max(round((band + 1) * height / BANDS), first + 1)
            layout.append(operations.mean(maps[:, first:end], axis=(1, 2)))
    outputs = operations.concatenate([*moments, *layout], axis=-1)
    return keras.Model(network.input, outputs), sum(int(part.shape[-1]) for part in moments)


def _is_map(layer: Any) -> bool:
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and None not in shape[1:] and type(layer).__name__ not in _NO_LAYERS


def _deepest_of_each_size(network: Any, maps: Sequence[str]) -> FeatureLayers:
    deepest = {int(network.get_layer(name).output.shape[1]): name for name in maps}
    sizes = sorted(size for size in deepest if size > 1)
    # From the largest maps to the smallest, which know what is shown and not how.
    chosen = tuple(deepest[size] for size in sizes[:0:-1]) or (maps[-1],)
    return FeatureLayers(chosen, chosen)
