"""The one table of movies: an id, its label and its picture travel in one row, never apart."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

import pandas as pd

from posters.errors import DataError
from posters.files import write_text

Origin = Literal["initial", "reserve", "topup"]


@dataclass(frozen=True)
class Entry:
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


@dataclass(frozen=True)
class Refusal:
    """A movie whose poster was refused, and why."""

    imdb_id: str
    year: int
    origin: Origin
    reason: str
    detail: str


CATALOGUE_COLUMNS = tuple(field.name for field in fields(Entry))
_REFUSAL_COLUMNS = tuple(field.name for field in fields(Refusal))


def write_catalogue(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries as CSV, in the order of their ids.

    Raises:
        DataError: two entries share an id or a picture: such a table is never written.
    """
    ordered = sorted(entries, key=lambda entry: entry.imdb_id)
    for column in ("imdb_id", "sha256"):
        counts = Counter(getattr(entry, column) for entry in ordered)
        repeated = [value for value, count in counts.items() if count > 1]
        if repeated:
            raise DataError(f"{path.name}: {column} {repeated[0]} stands in more than one row")
    write_text(path, _to_csv(CATALOGUE_COLUMNS, map(astuple, ordered)))


def write_refusals(path: Path, refusals: Iterable[Refusal]) -> None:
    """Write what was refused as CSV, in the order of the attempts."""
    write_text(path, _to_csv(_REFUSAL_COLUMNS, map(astuple, refusals)))


def read_catalogue(path: Path) -> pd.DataFrame:
    """Read a catalogue: one row a movie, the columns of `Entry`, in the order of the ids.

    Raises:
        DataError: the file is missing or is no catalogue.
    """
    frame = _read_frame(path, CATALOGUE_COLUMNS)
    try:
        return frame.astype({"year": "int64", "width": "int64", "height": "int64"})
    except ValueError as error:
        raise DataError(f"{path.name} is damaged ({error}): run `dvc repro`") from error


def read_entries(path: Path) -> list[Entry]:
    """Read a catalogue as entries; raises as `read_catalogue`."""
    return [Entry(*row) for row in read_catalogue(path).itertuples(index=False, name=None)]


def count_refusals(path: Path) -> dict[str, int]:
    """How many posters a file of refusals holds for each reason, by the reason's name."""
    return dict(sorted(Counter(_read_frame(path, _REFUSAL_COLUMNS)["reason"]).items()))


def _read_frame(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        # Titles such as "NA", "None" and "007" are titles: nothing is guessed to be null or number.
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path.name} is missing: run `dvc repro`") from error
    except ValueError as error:
        # Of which pandas' own errors of parsing and decoding are kinds.
        raise DataError(f"{path.name} is damaged ({error}): run `dvc repro`") from error
    if list(frame.columns) != list(columns):
        raise DataError(f"{path.name} has other columns than expected: run `dvc repro`")
    return frame


def _to_csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
