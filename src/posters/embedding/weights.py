"""Weights of a Keras network: ImageNet's, from a file, or seeded random ones."""

import hashlib
import http.client
import socket
import sys
import urllib.error
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posters.embedding.keras_import import import_keras, reset_keras
from posters.errors import BackboneError

if TYPE_CHECKING:
    from posters.params import EmbedParams

_DOWNLOAD_TIMEOUT = 30.0  # seconds without a byte
_CORRUPTED = "Incomplete or corrupted file"  # Keras's message for a download with a wrong hash

Build = Callable[[str | None], Any]
"""Builds the network with weights `imagenet`, or with None: freshly initialised."""


def load_network(build: Build, params: "EmbedParams", weights_path: Path | None) -> tuple[Any, str]:
    """Build a network with the weights that the parameters name.

    Returns:
        The network and the origin of its weights: `imagenet`, `random` or `file`.

    Raises:
        BackboneError: the network can't be built, or its weights are missing or don't fit.
    """
    name = params.backbone
    keras = import_keras()
    reset_keras(keras, params.seed)
    if params.weights == "imagenet":
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)  # Keras sets none
        try:
            return _build(build, "imagenet", name), "imagenet"
        except Exception as error:
            if not _is_failed_download(error):
                raise
            if params.if_unreachable == "stop":
                raise BackboneError(
                    f"ImageNet weights of {name} can't be downloaded ({error}): connect to the "
                    "internet, set embed.weights to a file, or set embed.if_unreachable to random"
                ) from error
            _warn_random(name, error)
            reset_keras(keras, params.seed)
        finally:
            socket.setdefaulttimeout(before)
    elif params.weights != "random":
        return _build_from_file(build, name, weights_path or Path(params.weights)), "file"
    return _build(build, None, name), "random"


def weights_digest(network: Any) -> str:
    """The SHA-256 of all weights of a network, with their shapes and types, in their order."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(f"{weight.shape}{weight.dtype}".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _warn_random(name: str, error: Exception) -> None:
    line = "!" * 88
    print(
        f"{line}\n! ImageNet weights of {name} can't be downloaded:\n!   {error}\n"
        "! Going on with RANDOM weights: neighbours and years mean little, and every result is\n"
        "! marked. When there is a connection: dvc repro --force --single-item embed && dvc repro\n"
        f"{line}",
        file=sys.stderr,
    )


def _build(build: Build, weights: str | None, name: str) -> Any:
    try:
        return build(weights)
    except ValueError as error:
        if _CORRUPTED in str(error):
            raise
        raise BackboneError(f"{name} can't be built with this embed.input_size: {error}") from error


def _build_from_file(build: Build, name: str, path: Path) -> Any:
    if not path.is_file():
        raise BackboneError(
            f"embed.weights names no file: {path} (expected imagenet, random, or a weights file)"
        )
    network = _build(build, None, name)
    try:
        with warnings.catch_warnings():
            # Keras only warns if the file lacks a layer's weights, and leaves them random.
            warnings.filterwarnings("error", message=".*freshly-initialized.*")
            network.load_weights(str(path))
    except Exception as error:
        # h5py and Keras raise many types of errors for truncated files and other networks.
        reason = " ".join(str(error).split())[:200]
        raise BackboneError(
            f"the weights in {path.name} don't fit {name} without its top: {reason}. Expected a "
            f".weights.h5 or .h5 file saved from keras.applications.{name}(include_top=False)"
        ) from error
    return network


def _is_failed_download(error: Exception) -> bool:
    # Keras raises a bare Exception for most failed downloads.
    types = (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException)
    messages = ("URL fetch failure", _CORRUPTED)
    return isinstance(error, types) or any(message in str(error) for message in messages)
