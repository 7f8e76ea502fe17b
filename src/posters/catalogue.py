"""The one table of movies: an id, its label and its picture travel in one row, never apart."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

import pandas as pd

from posters.errors import DataError, TableError
from posters.files import write_text

Origin = Literal["initial", "reserve", "topup"]

IMDB_ID = re.compile(r"tt\d{7,}")
TABLE_COLUMNS = ("imdb_id", "title", "year", "file")
OLDEST_YEAR, NEWEST_YEAR = 1870, 2100
_SHOWN = 5


@dataclass(frozen=True)
class Movie:
    """A movie as a source offers it.

    Attributes:
        imdb_id: `tt` and at least 7 digits.
        title: as the source spells it.
        year: of its first release, the label.
        poster: where the source finds its poster: a path or an address.
    """

    imdb_id: str
    title: str
    year: int
    poster: str


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


def read_table(path: Path) -> list[Movie]:
    """Read a person's table of movies: `imdb_id,title,year,file`, further columns ignored.

    Raises:
        TableError: missing file or column, a bad id or year, an empty title or file, a repeated id;
            the message counts the bad rows and shows the first few with their line numbers.
    """
    rows = _read_csv(path)
    if not rows:
        raise TableError(f"{path.name} is empty: expected a header {','.join(TABLE_COLUMNS)}")
    _, header = rows[0]
    missing = [column for column in TABLE_COLUMNS if column not in header]
    if missing:
        raise TableError(
            f"{path.name} lacks the column {', '.join(missing)}: expected "
            f"{','.join(TABLE_COLUMNS)}, received {','.join(header)}; rename its columns"
        )
    movies: list[Movie] = []
    problems: list[str] = []
    first_line: dict[str, int] = {}
    for line, values in rows[1:]:
        if len(values) != len(header):
            problems.append(f"line {line} has {len(values)} values for {len(header)} columns")
            continue
        row = dict(zip(header, (value.strip() for value in values), strict=True))
        problem = _row_problem(row)
        imdb_id = row["imdb_id"]
        if problem is None and imdb_id in first_line:
            problem = f"imdb_id {imdb_id} was on line {first_line[imdb_id]} already"
        if problem:
            problems.append(f"line {line}: {problem}")
            continue
        first_line[imdb_id] = line
        movies.append(Movie(imdb_id, row["title"], int(row["year"]), row["file"]))
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise TableError(
            f"{path.name}: {len(problems)} rows can't be used: "
            f"{'; '.join(problems[:_SHOWN])}{more}. Mend or remove them"
        )
    if not movies:
        raise TableError(f"{path.name} has a header but no movies: add rows")
    return movies


def _read_csv(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file that are not blank, each with the number of its last line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TableError(f"there is no table {path}: check the path in params.yaml") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} can't be read as UTF-8 text: {error}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, [*row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise TableError(f"{path.name} line {reader.line_num}: {error}; expected CSV") from error


def _row_problem(row: dict[str, str]) -> str | None:
    if not IMDB_ID.fullmatch(row["imdb_id"]):
        return f"imdb_id {row['imdb_id']!r} is not tt and at least 7 digits"
    if not (row["year"].isascii() and row["year"].isdigit()) or not (
        OLDEST_YEAR <= int(row["year"]) <= NEWEST_YEAR
    ):
        return f"year {row['year']!r} is not a year from {OLDEST_YEAR} to {NEWEST_YEAR}"
    for column in ("title", "file"):
        if not row[column]:
            return f"{column} is empty"
    return None


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
    return frame.astype({"year": "int64", "width": "int64", "height": "int64"})


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
    if list(frame.columns) != list(columns):
        raise DataError(f"{path.name} has other columns than expected: run `dvc repro`")
    return frame


def _to_csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
