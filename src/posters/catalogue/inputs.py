"""Files outside the pipeline that it reads, as digests that DVC can watch.

DVC's deps are paths that stand in `dvc.yaml`; which table and which weights are read stands in
`params.yaml`. A first, light stage writes their digests into `data/inputs/`, and the stages that
read the files depend on those: a table, a poster or a weights file that changed on disk is noticed.
What needn't be there, a sweep, is copied instead.
"""

from pathlib import Path
from typing import Any

from posters import paths
from posters.catalogue.movie_table import is_address, read_table
from posters.errors import BackboneError
from posters.files import sha256, sha256_of_file
from posters.params import Params
from posters.web.ledger import LEDGER, Ledger


def digests(params: Params) -> dict[str, dict[str, Any]]:
    """What each stage's outside files are made of now.

    Returns:
        By name: `table` (what scrape reads: a table, or a folder of pages), `pool` (rebalance),
        `weights` (embed) and `web`: how often something was to be asked again (`make
        retry-failed`, `make refresh`).

    Raises:
        TableError: a table can't be used.
        BackboneError: the weights' file is missing.
    """
    source = params.source
    table: dict[str, Any] = {}
    pool: dict[str, Any] = {}
    if source.tables_read:
        table, pool = _table(source.table), _table(source.pool)
    if source.replica:
        # The replica serves both as one.
        table = pool = {"table": table, "pool": pool}
    elif source.kind == "imdb_pages" and source.pages:
        table = pool = _pages(paths.from_root(source.pages))
    return {
        "table": table,
        "pool": pool,
        "weights": _weights(params.embed.weights),
        "web": Ledger(paths.archive(source.archive) / LEDGER).marks(),
    }


def sweep() -> bytes:
    """The table of the last sweep over t, which the report shows; an empty line where none is.

    A copy, as whatever DVC watches has to exist, and to hold something, or it warns.
    """
    table = paths.METRICS / "sweep.csv"
    return table.read_bytes() if table.exists() else b"\n"


def _pages(folder: Path) -> dict[str, Any]:
    """A folder that is missing is no error here: the stage that reads it says so."""
    files = sorted(file for file in folder.glob("*") if file.is_file())
    listed = "".join(f"{file.name}\0{sha256_of_file(file)}\n" for file in files)
    return {"pages": len(files), "sha256": sha256(listed.encode())}


def _table(named: str | None) -> dict[str, Any]:
    assert named  # SourceParams refuses kind: table without its tables
    path = paths.from_root(named)
    movies = read_table(path).movies
    posters = "".join(f"{movie.poster}\0{_state(path.parent, movie.poster)}\n" for movie in movies)
    return {
        "movies": len(movies),
        "sha256": sha256_of_file(path),
        "posters_sha256": sha256(posters.encode()),
    }


def _state(folder: Path, poster: str) -> str:
    """A bad poster is no error here: the stage that reads it refuses and counts it."""
    if is_address(poster):
        return "address"  # what it leads to is not looked at: nothing is fetched here
    path = folder / poster
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
