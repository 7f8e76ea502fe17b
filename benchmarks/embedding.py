"""Posters a second, from the files to the vectors, beside the engines others would take."""

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
from posters.params import EmbedParams

Vectors = NDArray[np.float32]


def measure(params: EmbedParams, count: int = 40, runs: int = 2) -> dict[str, Any]:
    """Posters a second of each engine, at one precision and at the other.

    Raises:
        BenchmarkError: an engine gives other vectors.
    """
    files = [paths.DATA / entry.file for entry in read_entries(paths.CATALOGUE)][:count]
    weights = paths.from_root(params.weights)
    keras = load_backbone(params, weights_path=weights)
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            "ours, float32": ours(params, "float32", Path(folder)),
            "Keras predict": by_keras(keras),
            "ONNX Runtime": by_onnxruntime(keras, Path(folder) / "backbone.onnx"),
            "OpenVINO": by_openvino(keras, Path(folder) / "plain.xml", "f32"),
        }
        if has_bfloat16():
            contestants["ours, bfloat16"] = ours(params, "bfloat16", Path(folder))
            contestants["OpenVINO, bfloat16"] = by_openvino(
                keras, Path(folder) / "plain.xml", "bf16"
            )
        expected = contestants["Keras predict"](files[:4])
        for name, embed in contestants.items():
            likeness = cosine(embed(files[:4]), expected).min()
            if likeness < 1 - 1e-3:
                raise BenchmarkError(f"{name} gives other vectors: cosine {likeness:.6f}")
        times = seconds({name: partial(embed, files) for name, embed in contestants.items()}, runs)
    return {
        "backbone": params.backbone,
        "posters": len(files),
        "posters_per_second": {name: round(len(files) / taken, 2) for name, taken in times.items()},
    }


Embed = Callable[[Sequence[Path]], Vectors]


def ours(params: EmbedParams, precision: str, folder: Path) -> Embed:
    """As the stage `embed` does it."""
    changed = params.model_copy(update={"precision": precision})
    backbone, _ = open_backbone(changed, paths.from_root(params.weights), folder)
    return lambda files: backbone.embed(files)[:, backbone.info.features]


def by_keras(backbone: KerasBackbone) -> Embed:
    """`Model.predict` on an array of all pictures, as a tutorial has it."""
    model = backbone.whole_model()
    return lambda files: np.asarray(model.predict(pictures(backbone, files), 16, verbose=0))


def by_onnxruntime(backbone: KerasBackbone, path: Path) -> Embed:
    """Keras's own ONNX export, run by ONNX Runtime."""
    import onnxruntime

    model = backbone.whole_model()
    model(
        np.zeros((1, backbone.info.height, backbone.info.width, 3), np.float32)
    )  # Keras exports what was called
    model.export(path, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda files: batched(
        lambda batch: session.run(None, {name: batch})[0], pictures(backbone, files)
    )


def by_openvino(backbone: KerasBackbone, path: Path, precision: str) -> Embed:
    """OpenVINO as it comes, told to be as fast as it can."""
    import openvino

    model = openvino.convert_model(backbone.whole_model())
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
    compiled = openvino.Core().compile_model(model, "CPU", settings)

    def embed(files: Sequence[Path]) -> Vectors:
        read = pictures(backbone, files)
        answers: dict[int, Vectors] = {}
        queue = openvino.AsyncInferQueue(compiled)
        queue.set_callback(
            lambda request, at: answers.update({at: request.get_output_tensor().data.copy()})
        )
        for start in range(0, len(read), 4):
            queue.start_async(read[start : start + 4], start)
        queue.wait_all()
        return np.concatenate([answers[start] for start in sorted(answers)])

    return embed


def pictures(backbone: KerasBackbone, files: Sequence[Path]) -> Vectors:
    """All posters, scaled, one after the other: shape (n, height, width, 3)."""
    size = (backbone.info.width, backbone.info.height)
    return np.stack([resize(to_rgb(read_image(file)), size) for file in files])


def batched(run: Callable[[Vectors], Vectors], read: Vectors, size: int = 16) -> Vectors:
    """An engine's answers, batch by batch."""
    return np.concatenate([run(read[at : at + size]) for at in range(0, len(read), size)])


def cosine(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """The cosine similarity of each row with that of the other."""
    left, right = one.astype(np.float64), other.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    result: NDArray[np.float64] = (left * right).sum(axis=1) / lengths
    return result
