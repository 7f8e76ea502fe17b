"""The poster files that a table names: by default only those in the table's own folder."""

import os
from pathlib import Path

from posters.errors import PosterRefused
from posters.images.pictures import read_poster_file
from posters.params import Params


def read_named_poster(table: Path, name: str, params: Params) -> bytes:
    """Read a poster by its path relative to a table.

    Whoever wrote a table must not choose which files of this machine end up in the data. So links
    are followed first, and a file outside the table's folder is refused unless
    `source.allow_outside` is true.

    Raises:
        PosterRefused: `outside the folder`, or as `read_poster_file` does.
    """
    folder, path = (Path(os.path.realpath(path)) for path in (table.parent, table.parent / name))
    if not (params.source.allow_outside or path.is_relative_to(folder)):
        raise PosterRefused(
            "outside the folder",
            f"{name[:80]!r} is not in the folder of {table.name}: move the file there, or set "
            "source.allow_outside to true if you trust this table",
        )
    return read_poster_file(path, params.posters.max_bytes)
