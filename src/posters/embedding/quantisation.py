"""A network in whole numbers of eight bits, for `embed.precision: int8`.

Static quantisation after training (Jacob and others, 2018, "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference"):

- The activations after each convolution become one of 256 levels between 0 and the largest
  activation that generated posters caused (`activation_ranges.json`, written by
  `python src/calibrate.py`). The levels don't depend on the catalogue.
- Each output channel of a kernel becomes whole numbers from -63 to 63. Two products then fit into
  16 bits, as processors without VNNI add them; so all processors calculate the same sums.
- The first convolution stays in float32: pixels aren't between 0 and a maximum once their mean is
  subtracted, and it is 1% of the work.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.embedding.openvino_model import import_openvino

RANGES = Path(__file__).with_name("activation_ranges.json")
_ACTIVATION_LEVELS = 256
_LARGEST_WEIGHT = 63


def known_ranges(weights_digest: str) -> list[float] | None:
    """The largest activation after each convolution of a network with these weights, if known."""
    known: dict[str, list[float]] = json.loads(RANGES.read_text(encoding="utf-8"))
    return known.get(weights_digest)


def quantise(model: Any, ranges: Sequence[float]) -> None:
    """Change an OpenVINO model in place, so that it runs in whole numbers.

    It has convolutions, each followed by its bias and a ReLU, as VGG16 has; `ranges` are the
    largest activations after each.
    """
    operations = import_openvino().opset15
    steps = _convolutions(model)
    for number, ((convolution, activation), largest) in enumerate(zip(steps, ranges, strict=False)):
        if number > 0:
            kernel = convolution.input_value(1).get_node().data
            scale = np.abs(kernel).max(axis=(1, 2, 3), keepdims=True) / _LARGEST_WEIGHT
            rounded = operations.constant(np.round(kernel / scale).astype(np.int8))
            restored = operations.multiply(
                operations.convert(rounded, np.float32), operations.constant(scale)
            )
            convolution.input(1).replace_source_output(restored.output(0))
        uses = activation.output(0).get_target_inputs()
        bounds = [operations.constant(np.float32(bound)) for bound in (0, largest)]
        levels = operations.fake_quantize(activation, *bounds, *bounds, levels=_ACTIVATION_LEVELS)
        for use in uses:
            use.replace_source_output(levels.output(0))


def largest_activations(model: Any, pictures: Iterable[NDArray[np.float32]]) -> list[float]:
    """The largest activation after each convolution of an OpenVINO model in float32.

    `pictures` have the shape (height, width, 3), 0-255. The numbers are rounded up to three digits.
    """
    openvino = import_openvino()
    axes = openvino.opset15.constant(np.arange(4))
    maxima = [
        openvino.opset15.reduce_max(activation, axes) for _, activation in _convolutions(model)
    ]
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(
        openvino.Model(maxima, model.get_parameters()), "CPU", settings
    )
    found = np.max([list(compiled(picture[None]).values()) for picture in pictures], axis=0)
    step = 10.0 ** (np.floor(np.log10(found)) - 2)
    rounded: list[float] = (np.ceil(found / step) * step).tolist()
    return rounded


def _convolutions(model: Any) -> list[tuple[Any, Any]]:
    """Each convolution and the ReLU behind its bias, from the input to the output."""
    pairs = []
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "Convolution":
            activation = operation
            while activation.get_type_name() != "Relu":
                # One use until the ReLU: the bias, unless it is zero.
                (use,) = activation.output(0).get_target_inputs()
                activation = use.get_node()
            pairs.append((operation, activation))
    return pairs
