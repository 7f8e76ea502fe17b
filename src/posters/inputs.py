"""Files outside the repository that the pipeline reads, as digests that DVC can watch.

DVC's deps are paths that stand in `dvc.yaml`; which table and which weights are read stands in
`params.yaml`. A first, light stage writes their digests into `data/inputs/`, and the stages that
read the files depend on those: a table, a poster or a weights file that changed on disk is noticed.
"""

from pathlib import Path
from typing import Any

from posters import paths
from posters.errors import BackboneError
from posters.files import sha256, sha256_of_file
from posters.params import Params
from posters.table import read_table


def digests(params: Params) -> dict[str, dict[str, Any]]:
    """What each stage's outside files are made of now.

    Returns:
        By name: `table` (scrape reads it), `pool` (rebalance) and `weights` (embed).

    Raises:
        TableError: a table can't be used.
        BackboneError: the weights' file is missing.
    """
    return {
        "table": _table(params.source.table) if params.source.kind == "table" else {},
        "pool": _table(params.source.pool) if params.source.kind == "table" else {},
        "weights": _weights(params.embed.weights),
    }


def _table(named: str | None) -> dict[str, Any]:
    assert named  # SourceParams refuses kind: table without its tables
    path = paths.from_root(named)
    movies = read_table(path)
    posters = "".join(
        f"{movie.poster}\0{_or_missing(path.parent / movie.poster)}\n" for movie in movies
    )
    return {
        "movies": len(movies),
        "sha256": sha256_of_file(path),
        "posters_sha256": sha256(posters.encode()),
    }


def _or_missing(path: Path) -> str:
    """A bad poster is no error here: the stage that reads it refuses and counts it."""
    try:
        return sha256_of_file(path) if path.is_file() else "missing"
    except OSError:
        return "unreadable"


def _weights(weights: str) -> dict[str, Any]:
    if weights in ("imagenet", "random"):
        return {"weights": weights}
    path = paths.from_root(weights)
    if not path.is_file():
        raise BackboneError(
            f"embed.weights names no file: {weights} (expected imagenet, random, or the path of a "
            "weights file, absolute or relative to the repository)"
        )
    return {"weights": "file", "sha256": sha256_of_file(path)}
