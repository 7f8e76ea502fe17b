"""Movies as a person's table lists them: every row is checked before anything is done with one."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from posters.errors import TableError

IMDB_ID = re.compile(r"tt[0-9]{7,}")
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


def read_table(path: Path) -> list[Movie]:
    """Read a person's table of movies: `imdb_id,title,year,file`, further columns ignored.

    Raises:
        TableError: missing file or column, a bad id or year, an empty title or file, a repeated id;
            the message counts the bad rows and shows the first few with their line numbers.
    """
    rows = _read_csv(path)
    if not rows:
        raise TableError(f"{path.name} is empty: expected a header {','.join(TABLE_COLUMNS)}")
    header = [name.strip() for name in rows[0][1]]
    missing = [column for column in TABLE_COLUMNS if column not in header]
    if missing:
        raise TableError(
            f"{path.name} lacks the column {', '.join(missing)}: expected "
            f"{','.join(TABLE_COLUMNS)}, received {','.join(header)}; rename its columns"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise TableError(f"{path.name} has the column {', '.join(twice)} twice: remove one")
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
    year = row["year"]
    if not re.fullmatch("[0-9]{4}", year) or not OLDEST_YEAR <= int(year) <= NEWEST_YEAR:
        return f"year {year[:20]!r} is not a year from {OLDEST_YEAR} to {NEWEST_YEAR}"
    for column in ("title", "file"):
        if not row[column]:
            return f"{column} is empty"
    return None
