"""Fetch and build ahead what the first prediction and `make repro` need: the networks.

make weights
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import shutil
from pathlib import Path

from posters import paths
from posters.embedding.exported_backbone import export_network
from posters.embedding.openvino_model import openvino_files
from posters.model_choice import prepared_network
from posters.params import load_params


def main() -> None:
    """Leave the networks in `.cache/networks`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--copy-pretrained",
        type=Path,
        metavar="FOLDER",
        help="build the network of the pretrained model alone, and copy it to this folder: "
        "pretrained/embeddings with it needs no TensorFlow",
    )
    folder = parser.parse_args().copy_pretrained
    if folder:
        for file in openvino_files(prepared_network()):
            print(f"weights: {shutil.copy(file, folder)}")
        return
    params = load_params().embed.model_copy(update={"if_unreachable": "stop"})
    info, _ = export_network(params, paths.cache() / "networks")
    print(f"weights: {info.name}, {info.weights}, SHA-256 {info.weights_digest}")
    prepared_network()


if __name__ == "__main__":
    command.run("weights", main)
