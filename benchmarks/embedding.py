"""Posters embedded per second, from files to vectors, compared with Keras and plain OpenVINO."""

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
from posters.embedding.backbone import resize
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.keras_backbone import KerasBackbone, load_backbone
from posters.embedding.openvino_model import convert_model
from posters.embedding.precision import has_bfloat16
from posters.embedding.quantisation import known_ranges
from posters.images.pictures import to_rgb
from posters.params import EmbedParams, load_params

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[Path]], Vectors]
MIN_SIMILARITY = 1 - 1e-3


def measure(count: int = 40, runs: int = 2) -> dict[str, Any]:
    """Posters per second of each engine, in the precisions that network and processor have.

    Raises:
        BenchmarkError: an engine gives other vectors than Keras.
    """
    params = load_params().embed
    files = [paths.DATA / entry.file for entry in read_entries(paths.CATALOGUE)][:count]
    keras = load_backbone(params)
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            "Keras predict": keras_predict(keras),
            "ours, float32": ours(params, "float32", Path(folder)),
            "OpenVINO": plain_openvino(keras, "f32"),
        }
        if has_bfloat16():
            contestants["ours, bfloat16"] = ours(params, "bfloat16", Path(folder))
            contestants["OpenVINO, bfloat16"] = plain_openvino(keras, "bf16")
        if known_ranges(keras.info.weights_digest):
            contestants["ours, int8"] = ours(params, "int8", Path(folder))
        expected = contestants["Keras predict"](files[:4])
        for name, embed in contestants.items():
            vectors = embed(files[:4])
            lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(expected, axis=1)
            lowest = ((vectors * expected).sum(axis=1) / lengths).min()
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
    backbone, _ = open_backbone(changed, folder)
    return lambda files: backbone.embed(files)[:, backbone.info.features]


def keras_predict(backbone: KerasBackbone) -> Embed:
    """`Model.predict` on an array of all pictures."""
    model = backbone.whole_model()
    return lambda files: np.asarray(model.predict(read(backbone, files), 16, verbose=0))


def plain_openvino(backbone: KerasBackbone, precision: str) -> Embed:
    """The model as OpenVINO converts it, with OpenVINO's settings for throughput."""
    import openvino

    model = convert_model(backbone.whole_model())
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
    return np.stack([resize(to_rgb(file), size) for file in files])
