"""Tables of long measurements, kept until code, data or parameters change."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

import posters
from posters import paths
from posters.files import sha256, sha256_of_file, write_text
from posters.params import Params

_TEXT = ("imdb_id", "group")
_EMBEDDINGS = ("backbone.json", "embeddings.npy")


def cached_tables(
    name: str,
    measure: Callable[[int], pd.DataFrame],
    numbers: Iterable[int],
    params: Params,
    *others: object,
) -> pd.DataFrame:
    """The tables that `measure(number)` returns, one after the other.

    Those in `.cache/NAME` are read from there. They depend on the parameters of the pipeline, on
    the data of the last run, which `measure` reads, and on the `repr` of `others`.
    """
    data = (paths.CATALOGUE, paths.SPLIT, *(paths.EMBEDDINGS / file for file in _EMBEDDINGS))
    files = (*sorted(Path(posters.__path__[0]).rglob("*.py")), *data)
    digests = [sha256_of_file(file) for file in files]
    tables = []
    for number in tqdm(list(numbers), desc=name, disable=None):
        key = sha256(f"{params.model_dump_json()} {number} {others} {digests}".encode())
        file = paths.cache() / name / f"{key[:32]}.csv"
        if not file.exists():
            write_text(file, measure(number).to_csv(index=False, lineterminator="\n"))
        tables.append(pd.read_csv(file, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False))
    return pd.concat(tables, ignore_index=True)
