"""Posters embedded per second, from files to vectors, compared with other engines."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import BenchmarkError, seconds
from posters import paths
from posters.catalogue.entries import read_entries
from posters.embedding.backbone import cores, resize
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.keras_backbone import KerasBackbone, load_backbone
from posters.embedding.openvino_model import has_bfloat16
from posters.images.pictures import read_image, to_rgb
from posters.params import EmbedParams, load_params

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[Path]], Vectors]
BATCH_SIZE = 16
MIN_SIMILARITY = 1 - 1e-3


def measure(count: int = 40, runs: int = 2) -> dict[str, Any]:
    """Posters per second of each engine in float32, and in bfloat16 if the processor has it.

    Raises:
        BenchmarkError: an engine gives other vectors than Keras.
    """
    params = load_params().embed
    files = [paths.DATA / entry.file for entry in read_entries(paths.CATALOGUE)][:count]
    keras = load_backbone(params, weights_path=paths.from_root(params.weights))
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            "ours, float32": ours(params, "float32", Path(folder)),
            "Keras predict": keras_predict(keras),
            "ONNX Runtime": onnx_runtime(keras, Path(folder) / "backbone.onnx"),
            "OpenVINO": plain_openvino(keras, "f32"),
        }
        if has_bfloat16():
            contestants["ours, bfloat16"] = ours(params, "bfloat16", Path(folder))
            contestants["OpenVINO, bfloat16"] = plain_openvino(keras, "bf16")
        expected = contestants["Keras predict"](files[:4])
        for name, embed in contestants.items():
            lowest = similarity(embed(files[:4]), expected).min()
            if lowest < MIN_SIMILARITY:
                raise BenchmarkError(f"{name} gives other vectors: similarity {lowest:.6f}")
        times = seconds({name: partial(embed, files) for name, embed in contestants.items()}, runs)
    return {
        "backbone": params.backbone,
        "posters": len(files),
        "posters_per_second": {name: round(len(files) / taken, 2) for name, taken in times.items()},
    }


def ours(params: EmbedParams, precision: str, folder: Path) -> Embed:
    """The engine of the stage `embed`."""
    changed = params.model_copy(update={"precision": precision})
    backbone, _ = open_backbone(changed, paths.from_root(params.weights), folder)
    return lambda files: backbone.embed(files)[:, backbone.info.features]


def keras_predict(backbone: KerasBackbone) -> Embed:
    """`Model.predict` on an array of all pictures."""
    model = backbone.whole_model()
    return lambda files: np.asarray(model.predict(read(backbone, files), BATCH_SIZE, verbose=0))


def onnx_runtime(backbone: KerasBackbone, path: Path) -> Embed:
    """The model as Keras exports it to ONNX, in ONNX Runtime."""
    import onnxruntime

    model = backbone.whole_model()
    shape = (1, backbone.info.height, backbone.info.width, 3)
    model(np.zeros(shape, np.float32))  # Keras can export a model only after a call
    model.export(path, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def embed(files: Sequence[Path]) -> Vectors:
        pictures = read(backbone, files)
        batches = np.split(pictures, range(BATCH_SIZE, len(pictures), BATCH_SIZE))
        return np.concatenate([session.run(None, {name: batch})[0] for batch in batches])

    return embed


def plain_openvino(backbone: KerasBackbone, precision: str) -> Embed:
    """The model as OpenVINO converts it, with OpenVINO's settings for throughput."""
    import openvino

    model = openvino.convert_model(backbone.whole_model())
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
    compiled = openvino.Core().compile_model(model, "CPU", settings)

    def embed(files: Sequence[Path]) -> Vectors:
        pictures = read(backbone, files)
        outputs: dict[int, Vectors] = {}

        def keep(request: Any, start: int) -> None:
            outputs[start] = request.get_output_tensor().data.copy()

        queue = openvino.AsyncInferQueue(compiled)
        queue.set_callback(keep)
        for start in range(0, len(pictures), 4):
            queue.start_async(pictures[start : start + 4], start)
        queue.wait_all()
        return np.concatenate([outputs[start] for start in sorted(outputs)])

    return embed


def read(backbone: KerasBackbone, files: Sequence[Path]) -> Vectors:
    """All pictures at the backbone's size: shape (n, height, width, 3)."""
    size = (backbone.info.width, backbone.info.height)
    return np.stack([resize(to_rgb(read_image(file)), size) for file in files])


def similarity(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """The cosine similarity of each pair of rows: shape (n,)."""
    left, right = (
        rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        for rows in (one, other)
    )
    return np.asarray((left * right).sum(axis=1))
