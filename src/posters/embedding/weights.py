"""Weights for a network of Keras: downloaded, from a file, or seeded random, and never mistaken.

Importing this module is cheap.
"""

import contextlib
import hashlib
import http.client
import socket
import sys
import urllib.error
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posters.embedding.keras_import import import_keras
from posters.errors import BackboneError

_DOWNLOAD_TIMEOUT = 30.0  # seconds without a byte
# What Keras says of a download whose hash is wrong.
_CORRUPTED = "Incomplete or corrupted file"

Build = Callable[[str | None], Any]
"""Builds the network with `imagenet` weights, or with None: freshly initialised ones."""


def load_network(
    build: Build,
    name: str,
    *,
    weights: str,
    weights_path: Path,
    if_unreachable: str,
    seed: int,
) -> tuple[Any, str]:
    """Build a network and give it the weights that the parameters ask for.

    Args:
        build: builds the network.
        name: of the network, for messages.
        weights: `imagenet`, `random`, or a path as it stands in the parameters.
        weights_path: where the file lies that `weights` names, if it names one.
        if_unreachable: `random` (with a loud warning) or `stop`, when `imagenet` can't be had.
        seed: of random weights.

    Returns:
        The network, and where its weights really are from: `imagenet`, `random` or `file`.

    Raises:
        BackboneError: the network can't be built so, or its weights are missing or don't fit.
    """
    _begin_anew(seed)
    if weights == "random":
        return _built(build, None, name), "random"
    if weights != "imagenet":
        return _with_file(build, name, weights_path), "file"
    try:
        with _download_timeout():
            return _built(build, "imagenet", name), "imagenet"
    except BackboneError:
        raise
    except Exception as error:
        # Keras raises a bare Exception when a download fails, and others when it breaks off.
        _must_be_unreachable(error)
        if if_unreachable == "stop":
            raise BackboneError(
                f"ImageNet weights of {name} can't be had ({error}): connect to the network, "
                "set embed.weights to a file, or set embed.if_unreachable to random"
            ) from error
        warn_random(name, error)
    _begin_anew(seed)
    return _built(build, None, name), "random"


def _begin_anew(seed: int) -> None:
    keras = import_keras()
    # Keras numbers layers without a name of their own through a whole process, and some are known
    # by that name later: each network begins at one.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)


def weights_digest(network: Any) -> str:
    """The SHA-256 over all weights of a network, their shapes and types, in their order."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(f"{weight.shape}{weight.dtype}".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _built(build: Build, content: str | None, name: str) -> Any:
    try:
        return build(content)
    except ValueError as error:
        if _CORRUPTED in str(error):
            raise
        raise BackboneError(f"{name} can't be built with this embed.input_size: {error}") from error


def _with_file(build: Build, name: str, path: Path) -> Any:
    if not path.is_file():
        raise BackboneError(
            f"embed.weights names no file: {path} (expected imagenet, random, or a weights file)"
        )
    network = _built(build, None, name)
    try:
        with warnings.catch_warnings():
            # Keras only warns when a layer finds no weights in the file, and leaves it random.
            warnings.filterwarnings("error", message=".*freshly-initialized.*")
            network.load_weights(str(path))
    except Exception as error:
        # h5py and Keras raise many kinds here: a truncated file, another network's, no HDF5 at all.
        reason = " ".join(str(error).split())[:200]
        raise BackboneError(
            f"the weights in {path.name} don't fit {name} without its top: {reason}. Expected a "
            f".weights.h5 or .h5 file saved from keras.applications.{name}(include_top=False)"
        ) from error
    return network


@contextlib.contextmanager
def _download_timeout() -> Iterator[None]:
    """Keras downloads without a time limit: a silent network would hang the stage for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _must_be_unreachable(error: Exception) -> None:
    """Let everything through that is not a failed download: a bug must not look like bad luck."""
    broken = (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException)
    failed = isinstance(error, broken) or any(
        sign in str(error) for sign in ("URL fetch failure", _CORRUPTED)
    )
    if not failed:
        raise error


def warn_random(name: str, error: object) -> None:
    """Say loudly that random weights took the place of ImageNet's, why, and what to do."""
    line = "!" * 88
    print(
        f"{line}\n! ImageNet weights of {name} can't be had:\n!   {error}\n"
        "! Going on with RANDOM weights: neighbours and years mean little, and every result is\n"
        "! marked. Once there is a network: dvc repro --force --single-item embed && dvc repro\n"
        f"{line}",
        file=sys.stderr,
    )
