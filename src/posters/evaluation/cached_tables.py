"""Tables of long measurements, kept until code, data or parameters change."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import posters
from posters import paths
from posters.files import write_text
from posters.params import Params

_TEXT = ("imdb_id", "group")


def cached_table(
    name: str, measure: Callable[[int], pd.DataFrame], number: int, params: Params, *others: object
) -> pd.DataFrame:
    """The table that `measure(number)` returns, read from `.cache/NAME` if it is there.

    Args:
        name: of the measurement.
        measure: called with `number`; reads the data of the last run.
        number: of the repetition.
        params: of the pipeline.
        others: what else the table depends on; their `repr` tells them apart.
    """
    code = sorted(Path(posters.__path__[0]).rglob("*.py"))
    embeddings = (paths.EMBEDDINGS / part for part in ("backbone.json", "embeddings.npy"))
    data = (paths.CATALOGUE, paths.SPLIT, *embeddings)
    digest = hashlib.sha256(f"{params.model_dump_json()} {number} {others}".encode())
    for file in (*code, *data):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    file = paths.cache() / name / f"{digest.hexdigest()[:32]}.csv"
    if not file.exists():
        write_text(file, measure(number).to_csv(index=False, lineterminator="\n"))
    return pd.read_csv(file, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False)
