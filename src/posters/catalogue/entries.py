"""The one table of movies: an id, its label and its picture travel in one row, never apart."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from posters.errors import DataError
from posters.files import write_text

if TYPE_CHECKING:
    import pandas as pd

Origin = Literal["initial", "reserve", "topup"]


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


CATALOGUE_COLUMNS = Entry._fields
_NUMBERS = ("year", "width", "height")
_REFUSAL_COLUMNS = Refusal._fields


def write_catalogue(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries as CSV, in the order of their ids.

    Raises:
        DataError: two entries share an id or a picture: such a table is never written.
    """
    ordered = sorted(entries, key=lambda entry: entry.imdb_id)
    for column in ("imdb_id", "sha256"):
        seen: set[str] = set()
        for entry in ordered:
            value = getattr(entry, column)
            if value in seen:
                raise DataError(f"{path.name}: {column} {value} stands in more than one row")
            seen.add(value)
    write_text(path, _to_csv(CATALOGUE_COLUMNS, ordered))


def write_refusals(path: Path, refusals: Iterable[Refusal]) -> None:
    """Write what was refused as CSV, in the order of the attempts."""
    write_text(path, _to_csv(_REFUSAL_COLUMNS, refusals))


def read_catalogue(path: Path) -> "pd.DataFrame":
    """Read a catalogue: one row a movie, the columns of `Entry`, in the order of the ids.

    Raises:
        DataError: the file is missing or is no catalogue.
    """
    # Late: whoever asks for entries alone needn't wait for pandas.
    import pandas as pd

    columns = _read_columns(path)
    return pd.DataFrame(columns).astype({name: "int64" for name in _NUMBERS})


def read_entries(path: Path) -> list[Entry]:
    """Read a catalogue as entries; raises as `read_catalogue`."""
    columns = _read_columns(path)
    return [Entry(*row) for row in zip(*columns.values(), strict=True)]


def _read_columns(path: Path) -> dict[str, Sequence[Any]]:
    """The values of each column; of a million rows in a third of the time that rows take."""
    rows = _read_rows(path, CATALOGUE_COLUMNS)
    values = [*zip(*rows, strict=True)] or [()] * len(CATALOGUE_COLUMNS)
    columns: dict[str, Sequence[Any]] = dict(zip(CATALOGUE_COLUMNS, values, strict=True))
    try:
        return columns | {name: [int(value) for value in columns[name]] for name in _NUMBERS}
    except ValueError as error:
        raise DataError(f"{path.name} is damaged ({error}): run `dvc repro`") from error


def count_refusals(path: Path) -> dict[str, int]:
    """How many posters a file of refusals holds for each reason, by the reason's name."""
    place = _REFUSAL_COLUMNS.index("reason")
    reasons = Counter(row[place] for row in _read_rows(path, _REFUSAL_COLUMNS))
    return dict(sorted(reasons.items()))


def _read_rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = [row for row in csv.reader(file, strict=True) if row] or [[]]
    except FileNotFoundError as error:
        raise DataError(f"{path.name} is missing: run `dvc repro`") from error
    except (ValueError, csv.Error) as error:
        # Of which errors of decoding are a kind.
        raise DataError(f"{path.name} is damaged ({error}): run `dvc repro`") from error
    if header != list(columns):
        raise DataError(f"{path.name} has other columns than expected: run `dvc repro`")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise DataError(
                f"{path.name} is damaged (row {number} has {len(row)} of {len(columns)} columns): "
                "run `dvc repro`"
            )
    return rows


def _to_csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
