"""Writes a year head with fewer bytes."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posters.embedding.openvino_model import import_openvino
from posters.years.year_model import HEAD_MODEL


def write_small_head(folder: Path, target: Path, vectors: NDArray[np.float32]) -> None:
    """Write the year head in `folder` to `target`, with its weights in float16."""
    openvino = import_openvino()
    model = openvino.Core().read_model(folder / HEAD_MODEL)
    openvino.save_model(model, target / HEAD_MODEL, compress_to_fp16=True)
