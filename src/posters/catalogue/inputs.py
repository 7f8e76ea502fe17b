"""Digests of the tables and posters outside the repository that params.yaml names.

DVC can only watch paths that are in `dvc.yaml`, but params.yaml decides which tables are read. So
the first stage writes digests of these files into `data/inputs/`, and the stages that read the
files depend on the digests.
"""

from pathlib import Path
from typing import Any

from posters import paths
from posters.catalogue.movie_table import is_address, read_table
from posters.errors import PosterRefused
from posters.files import sha256, sha256_of_file
from posters.params import Params
from posters.web.ledger import LEDGER, Ledger


def digests(params: Params) -> dict[str, dict[str, Any]]:
    """Digests of each stage's outside files.

    Returns:
        By name: `table` (read by scrape: a table, or a folder of pages), `pool` (rebalance) and
        `web`: how often `make retry-failed` and `make refresh` were run.

    Raises:
        TableError: a table can't be used.
    """
    source = params.source
    table: dict[str, Any] = {}
    pool: dict[str, Any] = {}
    if source.tables_read:
        assert source.table and source.pool  # checked by SourceParams
        table, pool = _table_digest(source.table, params), _table_digest(source.pool, params)
    if source.replica:
        # The local server serves both tables as one list.
        table = pool = {"table": table, "pool": pool}
    elif source.kind == "imdb_pages" and source.pages:
        table = pool = _pages_digest(paths.from_root(source.pages))
    return {
        "table": table,
        "pool": pool,
        "web": Ledger(paths.archive(source.archive) / LEDGER).marks(),
    }


def _pages_digest(folder: Path) -> dict[str, Any]:
    """The digest of a folder; a missing one is reported by the stage that reads it."""
    files = sorted(file for file in folder.glob("*") if file.is_file())
    listed = "".join(f"{file.name}\0{sha256_of_file(file)}\n" for file in files)
    return {"pages": len(files), "sha256": sha256(listed.encode())}


def _table_digest(name: str, params: Params) -> dict[str, Any]:
    path = paths.from_root(name)
    posters = [movie.poster for movie in read_table(path).movies]
    listed = "".join(f"{poster}\0{_poster_digest(path, poster, params)}\n" for poster in posters)
    return {
        "movies": len(posters),
        "sha256": sha256_of_file(path),
        "posters_sha256": sha256(listed.encode()),
    }


def _poster_digest(table: Path, poster: str, params: Params) -> str:
    """The digest of a poster's file, or why the stage that reads it will refuse it."""
    if is_address(poster):
        return "address"
    # Imported late, as it imports NumPy, and this runs at each `dvc repro`.
    from posters.catalogue.poster_file import read_named_poster

    try:
        return sha256(read_named_poster(table, poster, params))
    except PosterRefused as refused:
        return refused.reason
