"""The backbone as an OpenVINO model: exported from Keras once and kept in `.cache/networks`.

Building a network in Keras takes ten seconds, opening its OpenVINO model one. If TensorFlow has a
GPU, Keras runs the network for the stage `embed`; `predict.py` uses the OpenVINO model everywhere.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.embedding.backbone import Backbone, BackboneInfo
from posters.embedding.imagenet_weights import weights_identity
from posters.embedding.keras_import import sees_gpu
from posters.embedding.openvino_model import (
    BACKBONE_MODEL,
    OpenVinoModel,
    convert_model,
    save_model,
)
from posters.embedding.precision import choose_precision
from posters.embedding.quantisation import RANGES, known_ranges, quantise
from posters.errors import BackboneError, DataError
from posters.files import replacing, sha256_of_file, write_json

if TYPE_CHECKING:
    from posters.params import EmbedParams

_INFO = "backbone.json"
# The key of an exported network depends on all other parameters, and on these modules and packages.
_IGNORED_PARAMS = {"batch_size", "engine", "if_unreachable"}
_MODULES = (
    *("colour", "exported_backbone", "feature_layers", "imagenet_weights", "keras_backbone"),
    *("openvino_model", "precision", "quantisation"),
)
_PACKAGES = ("keras", "tensorflow", "openvino", "numpy")
_BATCH_SIZE = 2  # if `embed.batch_size` is null: measured fastest for OpenVINO


def open_backbone(params: "EmbedParams", networks: Path) -> tuple[Backbone, Path]:
    """The network that the parameters name, and its OpenVINO model in the cache folder `networks`.

    Arguments and errors are those of `export_network`.
    """
    # Machines of a cluster all run the OpenVINO model, so that they give the same bytes.
    on_gpu = params.engine == "local" and params.precision != "int8" and sees_gpu()
    if on_gpu:
        params = params.model_copy(update={"precision": "float32"})
    info, path = export_network(params, networks)
    if on_gpu:
        from posters.embedding.keras_backbone import load_backbone

        return load_backbone(params), path
    try:
        model = OpenVinoModel(path, precision=info.precision, many=True)
    except DataError as error:
        raise BackboneError(
            f"the network in .cache/networks/{path.parent.name} is damaged or incomplete: delete "
            "that folder, then run `dvc repro` to build it again"
        ) from error
    return Backbone(model, info, params.batch_size or _BATCH_SIZE, model.workers), path


def export_network(params: "EmbedParams", networks: Path) -> tuple[BackboneInfo, Path]:
    """What vectors the network makes, and its OpenVINO model in the cache folder `networks`.

    It is built if it is not in the cache, or if random weights there replace ImageNet's: then the
    download is tried again.

    Raises:
        BackboneError: see `load_backbone` and `weights_identity`; or the cache is damaged.
    """
    choices = network_choices(params)
    if params.weights not in ("imagenet", "random"):
        choices |= weights_identity(params)
    kept = kept_network(choices, networks)
    if kept:
        return kept
    if sys.stderr.isatty():
        print(f"building {params.backbone}, about 15 s left", file=sys.stderr, flush=True)
    from posters.embedding.keras_backbone import load_backbone  # imported late, for predict.py

    built = load_backbone(params)
    info = built.info
    network = convert_model(built.whole_model())
    precision = choose_precision(params.precision, info.name, info.weights_digest)
    ranges = known_ranges(info.weights_digest)
    if ranges and precision == "int8":
        quantise(network, ranges)
    folder = _folder(choices, networks)
    with replacing(folder) as partial:
        partial.mkdir()
        save_model(network, partial / BACKBONE_MODEL)
        write_json(partial / _INFO, asdict(info))
    return replace(info, precision=precision), folder / BACKBONE_MODEL


def network_choices(params: "EmbedParams") -> dict[str, Any]:
    """The parameters that decide which vectors a network makes."""
    return params.model_dump(mode="json", exclude=_IGNORED_PARAMS)


def kept_network(choices: Mapping[str, Any], networks: Path) -> tuple[BackboneInfo, Path] | None:
    """The result of `export_network` for these `network_choices` if it is in the cache."""
    folder = _folder(choices, networks)
    try:
        info = BackboneInfo(**json.loads((folder / _INFO).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # If random weights replace ImageNet's, try the download again.
    if choices["weights"] == "imagenet" and info.weights != "imagenet":
        return None
    precision = choose_precision(choices["precision"], info.name, info.weights_digest)
    return replace(info, precision=precision), folder / BACKBONE_MODEL


def _folder(choices: Mapping[str, Any], networks: Path) -> Path:
    """Where the network of these parameters is kept."""
    from importlib import metadata  # imported late, for predict.py

    code = [
        *(f"{package} {metadata.version(package)}" for package in _PACKAGES),
        *(sha256_of_file(Path(__file__).with_name(f"{module}.py")) for module in _MODULES),
        sha256_of_file(RANGES),
    ]
    key = hashlib.sha256(json.dumps([choices, code], sort_keys=True).encode()).hexdigest()
    return networks / f"{choices['backbone']}-{key[:32]}"
