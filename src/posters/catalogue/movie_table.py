"""Movies as a person's table lists them: every row is checked before anything is done with one."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from posters.errors import TableError
from posters.images.imdb_addresses import image_address, is_placeholder

# The upper bound keeps whatever a page or a table says usable as the name of a file.
IMDB_ID = re.compile(r"tt[0-9]{7,20}")
TABLE_COLUMNS = ("imdb_id", "title", "year", "file")
ADDRESS_COLUMN = "poster_url"
MOVIE_GENRE_COLUMNS = ("imdbId", "Title", "Poster")
OLDEST_YEAR, NEWEST_YEAR = 1870, 2100
_SHOWN = 5

Row = tuple[int, list[str]]
"""The number of a row's last line, and its values."""


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


@dataclass
class Parsed:
    """What could be read from a table, a page or an answer.

    Attributes:
        movies: in the order they were read, no id twice.
        left_out: how many could not be used, by reason: `not a movie`, `no year`, `no poster`,
            `placeholder`, `malformed`, `repeated`.
    """

    movies: list[Movie] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, offers: Iterable[Movie | str]) -> "Parsed":
        """Gather movies; an offer that is a text is the reason why one is left out."""
        movies: dict[str, Movie] = {}
        left_out: Counter[str] = Counter()
        for offer in offers:
            if isinstance(offer, str):
                left_out[offer] += 1
            elif offer.imdb_id in movies:
                left_out["repeated"] += 1
            else:
                movies[offer.imdb_id] = offer
        return cls(list(movies.values()), left_out)


def is_address(poster: str) -> bool:
    """Whether a poster is to be fetched: an http or https address rather than a path."""
    try:
        parts = urlsplit(poster)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not re.search(r"[\s\x00-\x1f]", poster)
        )
    except ValueError:
        return False


def read_table(path: Path) -> Parsed:
    """Read a person's table of movies: `imdb_id,title,year,file`, further columns ignored.

    `file` is a path relative to the table or an http(s) address; addresses may also stand in a
    column `poster_url`, which counts where `file` is empty or not there. Kaggle's MovieGenre.csv
    is taken as it comes: it is known by its columns `imdbId`, `Title` and `Poster`.

    Returns:
        All movies of a table. Of MovieGenre.csv, which nobody will mend, those that can be used,
        and how many can't.

    Raises:
        TableError: missing file or column, a bad id or year, an empty title or file, a repeated id;
            the message counts the bad rows and shows the first few with their line numbers.
    """
    text = _read_text(path)
    if _is_movie_genre(text):
        return _read_movie_genre(path, text)
    rows = [*_rows(path, text)]
    if not rows:
        raise TableError(f"{path.name} is empty: expected a header {','.join(TABLE_COLUMNS)}")
    header = [name.strip() for name in rows[0][1]]
    _check_header(path, header)
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
        poster = row.get("file") or row[ADDRESS_COLUMN]
        movies.append(Movie(imdb_id, row["title"], int(row["year"]), poster))
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise TableError(
            f"{path.name}: {len(problems)} rows can't be used: "
            f"{'; '.join(problems[:_SHOWN])}{more}. Mend or remove them"
        )
    if not movies:
        raise TableError(f"{path.name} has a header but no movies: add rows")
    return Parsed(movies)


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise TableError(f"there is no table {path}: check the path in params.yaml") from error
    except UnicodeDecodeError as error:
        # Kaggle's file is in latin-1, which any bytes are: nothing else may be read so.
        latin = content.decode("latin-1")
        if _is_movie_genre(latin):
            return latin
        raise TableError(f"{path} can't be read as UTF-8 text: {error}") from error
    except OSError as error:
        raise TableError(f"{path} can't be read as UTF-8 text: {error}") from error


def _rows(path: Path, text: str) -> Iterator[Row]:
    """The rows of a CSV file that are not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield reader.line_num, row
    except csv.Error as error:
        raise TableError(f"{path.name} line {reader.line_num}: {error}; expected CSV") from error


def _check_header(path: Path, header: list[str]) -> None:
    missing = [column for column in TABLE_COLUMNS if column not in header]
    if ADDRESS_COLUMN in header and "file" in missing:
        missing.remove("file")
    if missing:
        raise TableError(
            f"{path.name} lacks the column {', '.join(missing)}: expected "
            f"{','.join(TABLE_COLUMNS)} (or {ADDRESS_COLUMN} for file), received "
            f"{','.join(header)}; rename its columns"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise TableError(f"{path.name} has the column {', '.join(twice)} twice: remove one")


def _row_problem(row: dict[str, str]) -> str | None:
    if not IMDB_ID.fullmatch(row["imdb_id"]):
        return f"imdb_id {row['imdb_id']!r} is not tt and 7 to 20 digits"
    if _year(row["year"]) is None:
        return f"year {row['year'][:20]!r} is not a year from {OLDEST_YEAR} to {NEWEST_YEAR}"
    if not row["title"]:
        return "title is empty"
    columns = [column for column in ("file", ADDRESS_COLUMN) if column in row]
    column = next((column for column in columns if row[column]), None)
    if column is None:
        return f"{' and '.join(columns)} {'is' if len(columns) == 1 else 'are'} empty"
    meant_as_address = column == ADDRESS_COLUMN or re.match("https?:", row[column], re.IGNORECASE)
    if meant_as_address and not is_address(row[column]):
        return f"{column} {row[column][:80]!r} is not an http or https address"
    return None


def _year(text: str) -> int | None:
    if re.fullmatch("[0-9]{4}", text) and OLDEST_YEAR <= int(text) <= NEWEST_YEAR:
        return int(text)
    return None


def _is_movie_genre(text: str) -> bool:
    first = re.split("\r\n|\n|\r", text.lstrip(), maxsplit=1)[0]
    return set(MOVIE_GENRE_COLUMNS) <= set(_header(first))


def _header(line: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def _read_movie_genre(path: Path, text: str) -> Parsed:
    # Line by line: no value of this file holds a line end, and a quote that never closes would
    # take the following movies into its row.
    first, *lines = [line for line in re.split("\r\n|\n|\r", text) if line.strip()]
    header = _header(first)
    parsed = Parsed.of(_movie_genre_row(header, line) for line in lines)
    if not parsed.movies:
        reasons = ", ".join(f"{number} {reason}" for reason, number in parsed.left_out.items())
        raise TableError(
            f"{path.name} holds no movie that can be used ({reasons or 'it has no rows'}): "
            "expected rows such as 114709,...,Toy Story (1995),...,https://..."
        )
    return parsed


def _movie_genre_row(header: list[str], line: str) -> Movie | str:
    """A row of MovieGenre.csv: its id is without tt and zeros, its year is in the title."""
    try:
        values = next(csv.reader([line]))
    except csv.Error:
        return "malformed"
    if len(values) != len(header):
        return "malformed"
    number, named, poster = (values[header.index(name)].strip() for name in MOVIE_GENRE_COLUMNS)
    if not re.fullmatch("[0-9]{1,10}", number) or not int(number) or not named:
        return "malformed"
    title, _, ending = named.rpartition("(")
    year = _year(ending.removesuffix(")")) if ending.endswith(")") else None
    if year is None:
        return "no year"
    if not title.strip():
        return "malformed"
    if not is_address(poster):
        return "no poster"
    if is_placeholder(poster):
        return "placeholder"
    return Movie(f"tt{int(number):07d}", title.strip(), year, image_address(poster))
