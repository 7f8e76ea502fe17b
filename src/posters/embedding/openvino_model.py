"""OpenVINO models: trained networks as files that run without TensorFlow.

Importing TensorFlow takes seconds, opening an OpenVINO model tenths of a second. Keras's ONNX files
are no alternative: they differ from export to export.
"""

import sys
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.embedding.scaling import blocks
from posters.files import damaged

BACKBONE_MODEL = "backbone.xml"
"""Name of the network's file in `data/embeddings`."""

_ROWS_AT_ONCE = 1024
# Whole numbers are part of a model in int8; what is left of it runs in float32.
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


class OpenVinoModel:
    """A network that `save_model` wrote, ready to run; threads may share it.

    Args:
        path: of the `.xml` file; the `.bin` file is beside it.
        precision: `float32`, `int8`, or `bfloat16` if `has_bfloat16` (see `precision`).
        many: optimise for calls from several threads (`workers`), each on its share of the cores,
            instead of single calls on all cores. The results are the same.
        threads: limits the threads of this process; None: one per core.
        content: contents of the two files, if they are not on this machine.

    Raises:
        DataError: a file is missing or damaged.
    """

    def __init__(
        self,
        path: Path,
        precision: str = "float32",
        many: bool = False,
        threads: int | None = None,
        content: Sequence[bytes] | None = None,
    ) -> None:
        openvino = import_openvino()
        for file in openvino_files(path) if content is None else ():
            if not file.is_file():
                raise damaged(file, "it is missing")
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
            "PERFORMANCE_HINT": "THROUGHPUT" if many else "LATENCY",
        }
        if threads:
            # Each process pins its threads to the first cores, so that several would share one.
            settings |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
        try:
            core = openvino.Core()
            model = path if content is None else core.read_model(*content)
            self._compiled = core.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[-200:]
            raise damaged(path, reason) from error
        self.workers = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        # A request serves one thread at a time; `pop` and `append` of a list are atomic.
        self._idle_requests: list[Any] = []

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's output of shape (n, size) for at least one row, shape (n, ...)."""
        try:
            request = self._idle_requests.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        outputs = []
        for block in blocks(rows, _ROWS_AT_ONCE):
            request.infer([np.ascontiguousarray(block)], share_inputs=True)
            # A copy, because the next inference overwrites it.
            outputs.append(request.get_output_tensor().data.copy())
        self._idle_requests.append(request)
        return np.concatenate(outputs)


def convert_model(model: Any) -> Any:
    """The OpenVINO model of a Keras model with one input and one output."""
    import_openvino()
    from openvino.tools import ovc

    with warnings.catch_warnings():
        # OpenVINO calls the model with a list of one input, and Keras warns.
        warnings.filterwarnings("ignore", message="The structure of `inputs` doesn't match")
        return ovc.convert_model(model)


def save_model(model: Any, path: Path, compress: bool = False) -> None:
    """Write an OpenVINO model to a path (`.xml`); the same model gives the same bytes.

    Weights in float32 stay so, unless `compress` makes them float16.
    """
    # The original names contain the number of models that Keras has built before.
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
        for output in node.outputs():
            output.get_tensor().set_names(set())
    model.set_friendly_name("graph")
    import_openvino().save_model(model, path, compress_to_fp16=compress)


@cache
def import_openvino() -> Any:
    """Import OpenVINO, which takes tenths of a second."""
    # OpenVINO sends usage data at each import, unless this package is absent.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    # It also imports its converters of models, which takes as long as all else.
    sys.modules["openvino.tools.ovc"] = None  # type: ignore[assignment]
    import openvino

    del sys.modules["openvino.tools.ovc"]

    # OpenVINO initialises its NumPy support at the first array, which deadlocks if two threads do
    # so at the same time.
    _ = openvino.Tensor(np.zeros(1, np.float32)).data
    return openvino


def openvino_files(path: Path) -> Sequence[Path]:
    """The two files of a model, its operations and its weights, by the path of the first."""
    return [path, path.with_suffix(".bin")]
