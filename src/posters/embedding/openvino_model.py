"""Graphs: trained networks as files that run without TensorFlow, by OpenVINO.

Importing TensorFlow takes seconds, opening a graph tenths of one. OpenVINO reads Keras models
directly, writes the same bytes each time, and uses whatever the processor has. (ONNX was tried: the
names in its files differ from export to export, and its converter does not know the erfc of a
gelu.)

Importing this module is cheap.
"""

import sys
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.errors import DataError

SUFFIXES = (".xml", ".bin")
"""A graph is two files: what is computed, and with which weights."""

BACKBONE_MODEL = "backbone.xml"
"""The network's file beside the vectors that it made."""

_ROWS_AT_ONCE = 1024
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoModel:
    """A network that `write_openvino_model` wrote.

    Args:
        path: ends in `.xml`; the weights lie beside it.
        rows_at_once: how many rows it is given at once.
        precision: what it calculates in: `float32`, or `bfloat16` where the processor has it
            (`has_bfloat16`); weights and results are float32 either way.
        many: whether several threads will ask it, each on a share of the processor's cores, which
            is faster for many rows; else all cores work on the rows of one. The results are the
            same.
        threads: how many it may calculate with, without a core of their own; None: all there are.
        content: of its files, where they don't lie here; `path` then only names it.

    Attributes:
        path: see above.
        workers: how many threads may ask it at a time.

    Raises:
        DataError: it is missing or damaged.
    """

    def __init__(
        self,
        path: Path,
        rows_at_once: int = _ROWS_AT_ONCE,
        precision: str = "float32",
        many: bool = False,
        threads: int | None = None,
        content: Sequence[bytes] | None = None,
    ) -> None:
        openvino = _import_openvino()
        missing = [file.name for file in map(path.with_suffix, SUFFIXES) if not file.is_file()]
        if missing and content is None:
            raise DataError(f"data/{path.parent.name}/{missing[0]} is missing: run `dvc repro`")
        self.path = path
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
            "PERFORMANCE_HINT": "THROUGHPUT" if many else "LATENCY",
        }
        if threads:
            # Each process pins its threads to the first cores: several would share one.
            settings |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
        try:
            core = openvino.Core()
            graph = path if content is None else core.read_model(*content)
            self._compiled = core.compile_model(graph, "CPU", settings)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[-200:]
            raise DataError(
                f"data/{path.parent.name}/{path.name} is damaged ({reason}): run `dvc repro`"
            ) from error
        self.workers = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._rows_at_once = rows_at_once
        # One that is making vectors is nobody else's; taking and giving back are atomic.
        self._idle_requests: list[Any] = []

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network makes of rows, shape (n, ...): shape (n, size)."""
        try:
            request = self._idle_requests.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        pieces = []
        for start in range(0, len(rows), self._rows_at_once):
            piece = np.ascontiguousarray(rows[start : start + self._rows_at_once])
            request.infer([piece], share_inputs=True)
            # A copy, as the next rows overwrite it.
            pieces.append(request.get_output_tensor().data.copy())
        self._idle_requests.append(request)
        return np.concatenate(pieces)


def write_openvino_model(model: Any, path: Path) -> None:
    """Write a Keras model as a graph; the same model gives the same bytes.

    Args:
        model: with one input and one output.
        path: ends in `.xml`; the weights are written beside it, none of them rounded.
    """
    openvino = _import_openvino()
    with warnings.catch_warnings():
        # It calls the model with a list of one input, and Keras says so.
        warnings.filterwarnings("ignore", message="The structure of `inputs` doesn't match")
        graph = openvino.convert_model(model)
    # As they come, names tell how many models were made before this one.
    for number, node in enumerate(graph.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
        for output in node.outputs():
            output.get_tensor().set_names(set())
    graph.set_friendly_name("graph")
    openvino.save_model(graph, path, compress_to_fp16=False)


def usable_precision(wanted: str) -> str:
    """`bfloat16` where it is wanted and the processor calculates in it, else `float32`."""
    return "bfloat16" if wanted == "bfloat16" and has_bfloat16() else "float32"


@cache
def has_bfloat16() -> bool:
    """Whether this processor calculates in bfloat16; where it is emulated, it is slower."""
    capabilities = _import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "BF16" in capabilities


@cache
def _import_openvino() -> Any:
    # OpenVINO reports each import to its makers over the network unless this package is absent.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    # Its bindings get to know NumPy at the first array they see: two threads that bring one at the
    # same time wait for each other for ever. So they see one here.
    _ = openvino.Tensor(np.zeros(1, np.float32)).data
    return openvino


def openvino_files(path: Path) -> Sequence[Path]:
    """The files of the graph at a path that ends in `.xml`."""
    return [path.with_suffix(suffix) for suffix in SUFFIXES]
