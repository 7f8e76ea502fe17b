"""Digest the files outside the repository that params.yaml names, so that DVC notices a change.

dvc repro inputs
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from posters import paths
from posters.catalogue.inputs import digests
from posters.embedding.imagenet_weights import weights_identity
from posters.files import write_bytes, write_json
from posters.params import load_params


def main() -> None:
    """Write `data/inputs/{table,pool,weights,web}.json`, and a copy of `metrics/sweep.csv`."""
    params = load_params()
    for name, digest in {**digests(params), "weights": weights_identity(params.embed)}.items():
        write_json(paths.INPUTS / f"{name}.json", digest)
    # For the report. Without a sweep it is a blank line: DVC warns of an empty file.
    sweep = paths.METRICS / "sweep.csv"
    write_bytes(paths.INPUTS / sweep.name, sweep.read_bytes() if sweep.exists() else b"\n")


if __name__ == "__main__":
    command.run("inputs", main)
