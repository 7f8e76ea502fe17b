"""Fetch the weights that params.yaml names ahead of `make repro`, and print which they are.

make weights
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse

from posters import paths
from posters.embedding.keras_backbone import load_backbone
from posters.params import load_params


def main() -> None:
    """Load the network once; its weights stay in `.cache/weights` or Keras's own cache."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    params = load_params().embed.model_copy(update={"if_unreachable": "stop"})
    info = load_backbone(params, weights_path=paths.from_root(params.weights)).info
    print(f"weights: {info.name}, {info.weights}, SHA-256 {info.weights_digest}")


if __name__ == "__main__":
    command.run("weights", main)
