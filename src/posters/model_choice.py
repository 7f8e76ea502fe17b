"""Which model answers, your own or the pretrained one, and how its network is opened."""

import json
from dataclasses import replace
from pathlib import Path

from posters import paths
from posters.catalogue.caveats import GENERATED
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Embeddings, read_embeddings, read_info
from posters.embedding.exported_backbone import export_network, kept_network
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel
from posters.embedding.precision import precision_for
from posters.errors import DataError
from posters.files import damaged, unless_damaged
from posters.images.poster_checks import poster_warnings
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.year_model import read_about

# With one poster per batch, a poster's vector does not depend on the other posters. It is as fast
# as larger batches, since each core has its own thread, and takes a third less memory.
_BATCH_SIZE = 1

NETWORK_CHOICES = "network.json"
"""In `pretrained/embeddings`: how to build the network, which is not in git."""


def model_folder(model: str = "auto") -> Path:
    """The folder of the model that `--model` names, for `Predictor`.

    `auto` is your own model of the last run, unless it learned from generated posters or there is
    none: then it is the pretrained one.

    Raises:
        DataError: your own model is damaged.
    """
    if model == "auto":
        exists = (paths.MODEL / "about.json").exists()
        is_real = exists and GENERATED not in read_about(paths.MODEL).get("caveats", ())
        model = "own" if is_real else "pretrained"
    return paths.PRETRAINED if model == "pretrained" else paths.DATA


def open_catalogue(folder: Path) -> Embeddings | ReducedCatalogue:
    """What neighbours are searched in: the embeddings in `folder`, or a reduced catalogue."""
    return (
        ReducedCatalogue.read(folder) if ReducedCatalogue.is_in(folder) else read_embeddings(folder)
    )


def network_of(folder: Path) -> Path:
    """The file of the network that made the vectors in `folder`: see `prepared_network`."""
    path = folder / BACKBONE_MODEL
    if not path.exists() and ReducedCatalogue.is_in(folder):
        path = prepared_network(folder)
    return path


def open_backbone(folder: Path, network: Path, many: bool = False) -> Backbone:
    """Open `network_of(folder)`."""
    info = read_info(folder)
    precision = precision_for(info.precision, info.name)
    if precision is None:
        # float32 vectors of MobileNetV2 give other years to a model trained on bfloat16.
        raise DataError(
            f"data/embeddings was made in {info.precision}, which this processor does "
            "not support: set embed.precision to float32 in params.yaml, then run `dvc repro`"
        )
    model = OpenVinoModel(network, precision=precision, many=many)
    return Backbone(model, info, _BATCH_SIZE, model.workers, poster_warnings)


def prepared_network(folder: Path = paths.PRETRAINED / paths.EMBEDDINGS.name) -> Path:
    """The network of the pretrained model in `.cache`; at first its weights are downloaded.

    Raises:
        BackboneError: the weights can't be downloaded.
        DataError: this code builds another network than the one that made the vectors.
    """
    with unless_damaged(folder / NETWORK_CHOICES):
        choices = json.loads((folder / NETWORK_CHOICES).read_text(encoding="utf-8"))
        info = read_info(folder)
    networks = paths.cache() / "networks"
    kept = kept_network(choices, networks)
    if kept is None:
        # Imported late, as it takes long.
        from posters.params import EmbedParams

        params = EmbedParams(**choices, if_unreachable="stop", engine="local", batch_size=None)
        kept = export_network(params, networks)
    made, path = kept
    if replace(made, precision=info.precision) != info:
        raise damaged(folder / NETWORK_CHOICES, "this code builds another network")
    return path
