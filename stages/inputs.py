"""Digest the files outside the repository that params.yaml names, so that DVC notices a change.

dvc repro inputs
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from posters import paths
from posters.catalogue import inputs
from posters.files import write_bytes, write_json
from posters.params import load_params


def main() -> None:
    """Write `data/inputs/{table,pool,weights,web}.json`, and a copy of `metrics/sweep.csv`."""
    for name, digest in inputs.digests(load_params()).items():
        write_json(paths.INPUTS / f"{name}.json", digest)
    write_bytes(paths.INPUTS / "sweep.csv", inputs.sweep())


if __name__ == "__main__":
    command.run("inputs", main)
