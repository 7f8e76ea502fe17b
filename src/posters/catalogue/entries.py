"""The catalogue: one row per movie with its id, its label and its poster.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and movies have titles
such as "-30-" and "+1". So tables are written with an apostrophe before such a text, which makes it
plain text (https://owasp.org/www-community/attacks/CSV_Injection); reading a catalogue removes it.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import pandas as pd

from posters.errors import DataError
from posters.files import FORMULA, replacing

Origin = Literal["initial", "reserve", "topup"]
_FORMULA = re.compile(FORMULA)


class Entry(NamedTuple):
    """A movie whose poster was accepted: one row of the catalogue.

    Attributes:
        file: the poster, relative to the folder of the catalogue.
        source: the source's name; `sample` means that the poster is generated.
        poster_url: where the poster came from.
        sha256: of the poster file.
        width, height: of the poster, in pixels.
        origin: `initial` (a natural sample), `reserve` (the balanced test) or `topup`.
    """

    imdb_id: str
    title: str
    year: int
    file: str
    source: str
    poster_url: str
    sha256: str
    width: int
    height: int
    origin: Origin


class Refusal(NamedTuple):
    """A movie whose poster was refused, and why."""

    imdb_id: str
    year: int
    origin: Origin
    reason: str
    detail: str


def write_catalogue(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries as CSV, sorted by id.

    Raises:
        DataError: two entries have the same id or the same poster; nothing is written.
    """
    rows = sorted(entries, key=attrgetter("imdb_id"))
    for column in ("imdb_id", "sha256"):
        seen: set[str] = set()
        for value in map(attrgetter(column), rows):
            if value in seen:
                raise DataError(f"{path.name}: {column} {value} is in more than one row")
            seen.add(value)
    _write_csv(path, Entry, rows)


def write_refusals(path: Path, refusals: Iterable[Refusal]) -> None:
    """Write refusals as CSV in the given order."""
    _write_csv(path, Refusal, refusals)


def read_catalogue(path: Path) -> pd.DataFrame:
    """Read a catalogue: one row per movie, the columns of `Entry`, sorted by id.

    Raises:
        DataError: the file is missing or is not a catalogue.
    """
    return _read_csv(path, Entry)


def read_entries(path: Path) -> list[Entry]:
    """Read a catalogue as entries; raises as `read_catalogue`."""
    rows = read_catalogue(path).astype(object).itertuples(index=False, name=None)
    return [*map(Entry._make, rows)]


def read_refusals(path: Path) -> list[Refusal]:
    """Read what `write_refusals` wrote; raises as `read_catalogue`."""
    return [Refusal(*row) for row in _read_csv(path, Refusal).itertuples(index=False, name=None)]


def count_refusals(path: Path) -> dict[str, int]:
    """The number of refused posters by reason, sorted by the reason's name."""
    return dict(sorted(Counter(refusal.reason for refusal in read_refusals(path)).items()))


def _read_csv(path: Path, row_type: type[Entry] | type[Refusal]) -> pd.DataFrame:
    kinds = {
        name: "int64" if kind is int else "str" for name, kind in row_type.__annotations__.items()
    }
    try:
        # Every text is a value: a movie may be called "NA". Only "\n" ends a row.
        frame = pd.read_csv(path, dtype=kinds, na_filter=False, lineterminator="\n")
    except FileNotFoundError as error:
        raise DataError(f"{path.name} is missing: run `dvc repro`") from error
    except ValueError as error:
        raise DataError(f"{path.name} is damaged ({error}): run `dvc repro`") from error
    if tuple(frame.columns) != row_type._fields:
        raise DataError(
            f"{path.name} has unexpected columns: expected {','.join(row_type._fields)}, received "
            f"{','.join(frame.columns)}. Run `dvc repro`"
        )
    if not frame["origin"].isin(get_args(Origin)).all():  # a row that was cut off
        raise DataError(f"{path.name} is damaged (a row has no valid origin): run `dvc repro`")
    return _replace(frame, f"^'({FORMULA})", r"\1")


def _write_csv(
    path: Path, row_type: type[Entry] | type[Refusal], rows: Iterable[Entry | Refusal]
) -> None:
    # Of a million rows, pandas would take half as long again and more memory.
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(row_type._fields)
        writer.writerows(map(_quoted, rows))


def _quoted(row: Entry | Refusal) -> list[object]:
    return [
        f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value for value in row
    ]


def quote_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before each text that a spreadsheet would run as a formula."""
    return _replace(table, f"^({FORMULA})", r"'\1")


def _replace(table: pd.DataFrame, pattern: str, by: str) -> pd.DataFrame:
    replaced = table.copy()
    for name in table.columns[table.dtypes == "str"]:  # DataFrame.replace takes five times as long
        replaced[name] = table[name].str.replace(pattern, by, regex=True)
    return replaced
