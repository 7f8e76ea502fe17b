"""The precision of a network's arithmetic on this processor: `embed.precision`."""

from functools import cache

from posters.embedding.openvino_model import import_openvino
from posters.embedding.quantisation import known_ranges
from posters.errors import BackboneError

# Vectors of these networks have the same neighbours in bfloat16 as in float32 (docs/results.md);
# MobileNetV2's do not.
_KEEP_NEIGHBOURS_IN_BFLOAT16 = {"VGG16"}


def choose_precision(wanted: str, network: str, weights_digest: str) -> str:
    """What `embed.precision` means for a network: `int8`, `bfloat16` or `float32`.

    `auto` is the fastest in which the network keeps its neighbours.

    Raises:
        BackboneError: int8 is wanted, and the network's ranges are unknown.
    """
    quantisable = known_ranges(weights_digest) is not None
    if wanted == "int8" and not quantisable:
        raise BackboneError(
            f"embed.precision int8: the ranges of {network}'s activations with these weights are "
            "unknown; expected VGG16 with ImageNet weights, or another embed.precision"
        )
    if wanted == "auto":
        keeps = network in _KEEP_NEIGHBOURS_IN_BFLOAT16
        wanted = "int8" if quantisable else "bfloat16" if keeps else "float32"
    return "float32" if wanted == "bfloat16" and not has_bfloat16() else wanted


def precision_for(made_in: str, network: str) -> str | None:
    """The precision in which this processor makes vectors like those of `made_in`, or None."""
    if made_in != "bfloat16" or has_bfloat16():
        return made_in
    return "float32" if network in _KEEP_NEIGHBOURS_IN_BFLOAT16 else None


@cache
def has_bfloat16() -> bool:
    """Whether this processor calculates in bfloat16; emulation would be slower than float32."""
    capabilities = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "BF16" in capabilities
