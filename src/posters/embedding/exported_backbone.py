"""The backbone as it is run: exported from Keras once, kept in `.cache/graphs`, opened without it.

Building a network in Keras takes ten seconds, most of them to import TensorFlow; opening its graph
takes one. Where TensorFlow has a GPU, which graphs are not run on, Keras runs the network after
all; `predict.py` goes by the graph there too.
"""

import hashlib
import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from posters.embedding.backbone import Backbone, BackboneInfo
from posters.embedding.keras_backbone import KerasBackbone, load_backbone
from posters.embedding.keras_import import sees_gpu
from posters.embedding.openvino_model import (
    BACKBONE_MODEL,
    OpenVinoModel,
    usable_precision,
    write_openvino_model,
)
from posters.embedding.weights import warn_random
from posters.errors import BackboneError, DataError
from posters.files import replacing, sha256_of_file, write_json

if TYPE_CHECKING:
    from posters.params import EmbedParams

_INFO = "backbone.json"
# What a graph does not depend on.
_NO_MATTER = {"batch_size", "engine", "precision", "if_unreachable"}
_CODE = (
    *("colour", "exported_backbone", "feature_layers"),
    *("keras_backbone", "openvino_model", "weights"),
)
_PACKAGES = ("keras", "tensorflow", "openvino", "numpy")
# Posters that a graph is given at once, where `embed.batch_size` leaves it open: measured best.
_BATCH_SIZE = 2
# Where Keras downloads from.
_WEIGHTS_HOST = "https://storage.googleapis.com/tensorflow/keras-applications/"
_REACH_TIMEOUT = 5.0  # seconds


def open_backbone(params: "EmbedParams", weights_path: Path, graphs: Path) -> tuple[Backbone, Path]:
    """The network that the parameters ask for, built only if it was not built before.

    Args:
        params: which network, weights, pooling and precision.
        weights_path: where the file lies that `params.weights` names, if it names one.
        graphs: the folder in which graphs are kept.

    Returns:
        The network and its graph.

    Raises:
        BackboneError: an unknown name, layer or size, weights missing or not fitting, or what was
            kept is damaged.
    """
    folder = graphs / f"{params.backbone}-{_key(params, weights_path)[:32]}"
    info = _kept(folder, params)
    backbone: KerasBackbone | None = None
    if info is None:
        backbone = load_backbone(params, weights_path=weights_path)
        info = backbone.info
        with replacing(folder) as beside:
            beside.mkdir()
            write_openvino_model(backbone.whole_model(), beside / BACKBONE_MODEL)
            write_json(beside / _INFO, asdict(info))
    # On a cluster every machine goes by the graph: all are to give the same bytes.
    if params.engine == "local" and sees_gpu():
        backbone = backbone or load_backbone(params, weights_path=weights_path)
        return backbone, folder / BACKBONE_MODEL
    precision = usable_precision(params.precision)
    try:
        graph = OpenVinoModel(folder / BACKBONE_MODEL, precision=precision, many=True)
    except DataError as error:
        raise BackboneError(
            f"the network kept in .cache/graphs/{folder.name} is damaged or incomplete: delete "
            "that folder, and it is made again"
        ) from error
    info = replace(info, precision=precision)
    return Backbone(graph, info, params.batch_size or _BATCH_SIZE, graph.workers), graph.path


def _key(params: "EmbedParams", weights_path: Path) -> str:
    asked = params.model_dump(mode="json", exclude=_NO_MATTER)
    if params.weights == "imagenet":
        # Weights that were put there since by hand are noticed.
        asked["weights"] = ["imagenet", *sorted(file.name for file in _downloads().glob("*"))]
    elif params.weights != "random" and weights_path.is_file():
        asked["weights"] = sha256_of_file(weights_path)
    made_by = [
        *(f"{package} {metadata.version(package)}" for package in _PACKAGES),
        *(sha256_of_file(Path(__file__).with_name(f"{module}.py")) for module in _CODE),
    ]
    return hashlib.sha256(json.dumps([asked, made_by], sort_keys=True).encode()).hexdigest()


def _downloads() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _kept(folder: Path, params: "EmbedParams") -> BackboneInfo | None:
    """What is known of the graph that was made before; None if it must be made."""
    try:
        info = BackboneInfo(**json.loads((folder / _INFO).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if params.weights == "imagenet" and info.weights != "imagenet":
        # Random ones took their place: to be tried again, unless that is in vain anyway.
        if params.if_unreachable == "stop" or _reachable():
            return None
        warn_random(info.name, "there is still no way to them")
    return info


def _reachable() -> bool:
    """Whether downloads have a chance; Keras itself would need TensorFlow to find out."""
    request = urllib.request.Request(_WEIGHTS_HOST, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_REACH_TIMEOUT):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
