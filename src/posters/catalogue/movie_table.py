"""Movies as a source offers them, and reading a table of movies that a user provides."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from posters.errors import TableError
from posters.files import read_bounded
from posters.images.imdb_addresses import image_address, is_placeholder
from posters.web.request import split_url

# An id becomes a file name, so its length is limited.
IMDB_ID = re.compile(r"tt[0-9]{7,10}")
MAX_TITLE = 1000
MAX_TABLE_BYTES = 100_000_000
# They move the cursor of a terminal, or reverse the text around them. Letters of languages that
# are written from right to left, joiners and combining marks are not among them.
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_CONTROL, _CONTROL_OR_SPACE = re.compile(f"[{_CONTROLS}]"), re.compile(rf"[\s{_CONTROLS}]")
TABLE_COLUMNS = ("imdb_id", "title", "year", "file")
ADDRESS_COLUMN = "poster_url"
MOVIE_GENRE_COLUMNS = ("imdbId", "Title", "Poster")
OLDEST_YEAR, NEWEST_YEAR = 1870, 2100
ALL_YEARS = range(OLDEST_YEAR, NEWEST_YEAR + 1)
MAX_PROBLEMS_SHOWN = 5
_LINE_END = re.compile("\r\n|\n|\r")
_WEB = re.compile("https?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie as a source offers it.

    Attributes:
        title: each run of white space and control characters becomes one space.
        year: of its first release, the label.
        poster: where the source finds its poster: a path or an address.
    """

    imdb_id: str
    title: str
    year: int
    poster: str

    def __post_init__(self) -> None:
        title = " ".join(_CONTROL.sub(" ", self.title).split())
        object.__setattr__(self, "title", title)


@dataclass
class Parsed:
    """The movies read from a table, a page or a response, in order and no id twice.

    `left_out` counts the others by reason: `not a movie`, `no year`, `outside the years`,
    `no poster`, `placeholder`, `malformed`, `repeated`.
    """

    movies: list[Movie] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, results: Iterable[Movie | str]) -> "Parsed":
        """Collect movies; a string among them is the reason why one could not be used."""
        movies: dict[str, Movie] = {}
        left_out: Counter[str] = Counter()
        for result in results:
            if isinstance(result, str):
                left_out[result] += 1
            elif result.imdb_id in movies:
                left_out["repeated"] += 1
            else:
                movies[result.imdb_id] = result
        return cls(list(movies.values()), left_out)

    def within(self, years: range) -> "Parsed":
        """The movies of some years; the others are counted as `outside the years`."""
        movies = [movie for movie in self.movies if movie.year in years]
        outside = Counter({"outside the years": len(self.movies) - len(movies)})
        return Parsed(movies, self.left_out + outside)


def is_address(poster: str) -> bool:
    """Whether a poster is an http or https address, not a path."""
    is_web = _WEB.match(poster) and not _CONTROL_OR_SPACE.search(poster)
    return bool(is_web and split_url(poster).hostname)


def year_of_text(digits: str) -> int | None:
    """The release year that a text of four digits names; None for any other text."""
    is_year = re.fullmatch("[0-9]{4}", digits) and int(digits) in ALL_YEARS
    return int(digits) if is_year else None


def listed_movie(
    imdb_id: str | None, title: str | None, year: int | None, poster: str | None
) -> Movie | str:
    """A movie of a list whose poster is an address, or the reason why it can't be used."""
    if imdb_id is None or not IMDB_ID.fullmatch(imdb_id) or not title:
        return "malformed"
    if year is None:
        return "no year"
    if poster is None or not is_address(poster):
        return "no poster"
    if is_placeholder(poster):
        return "placeholder"
    return Movie(imdb_id, title, year, image_address(poster))


def read_table(path: Path) -> Parsed:
    """Read a table of movies with the columns `imdb_id,title,year,file`; others are ignored.

    `file` is a path relative to the table or an http(s) address. Addresses may also be in a column
    `poster_url`, which is used where `file` is empty or missing. Kaggle's MovieGenre.csv can be
    read unchanged; it is recognised by its columns `imdbId`, `Title` and `Poster`.

    Returns:
        All movies of a table. Of MovieGenre.csv only the usable rows, and the number of others.

    Raises:
        TableError: a table lacks a column or has bad rows; the message shows the first few.
    """
    text = _read_text(path)
    return _parse_movie_genre(path, text) if _is_movie_genre(text) else _parse_table(path, text)


def _read_text(path: Path) -> str:
    try:
        content = read_bounded(path, MAX_TABLE_BYTES)
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise TableError(f"there is no table {path}: check the path in params.yaml") from error
    except OSError as error:
        raise TableError(
            f"the table {path} can't be read: {error.strerror}; expected a CSV file of at most "
            f"{MAX_TABLE_BYTES:,} bytes. Check the path in params.yaml"
        ) from error
    except UnicodeDecodeError as error:
        # Only Kaggle's file may be in Latin-1, in which any bytes are valid text.
        latin = content.decode("latin-1")
        if _is_movie_genre(latin):
            return latin
        raise TableError(f"{path} can't be read as UTF-8 text: {error}") from error


def _parse_table(path: Path, text: str) -> Parsed:
    rows = _rows(path, text)
    header = next(rows, (0, []))[1]
    _check_header(path, header)
    movies: list[Movie] = []
    problems: list[str] = []
    line_of: dict[str, int] = {}
    for line, values in rows:
        movie = _table_row(header, values)
        if isinstance(movie, str):
            problems.append(f"line {line}: {movie}")
        elif (first := line_of.setdefault(movie.imdb_id, line)) != line:
            problems.append(f"line {line}: imdb_id {movie.imdb_id} is also on line {first}")
        else:
            movies.append(movie)
    if problems:
        hidden = len(problems) - MAX_PROBLEMS_SHOWN
        more = f" and {hidden} more" if hidden > 0 else ""
        raise TableError(
            f"{path.name}: {len(problems)} rows can't be used: "
            f"{'; '.join(problems[:MAX_PROBLEMS_SHOWN])}{more}. Correct or remove them"
        )
    if not movies:
        raise TableError(f"{path.name} has a header but no movies: add rows")
    return Parsed(movies)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, and its line's number: of several lines, that of the last."""
    # In bytes, as StringIO would hold four for each character.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            values = [*map(str.strip, row)]
            if any(values):
                yield reader.line_num, values
    except csv.Error as error:
        raise TableError(f"{path.name} line {reader.line_num}: {error}; expected CSV") from error


def _check_header(path: Path, header: list[str]) -> None:
    expected = ",".join(TABLE_COLUMNS)
    if not header:
        raise TableError(f"{path.name} is empty: expected a header {expected}")
    missing = [column for column in TABLE_COLUMNS if column not in header]
    if ADDRESS_COLUMN in header and "file" in missing:
        missing.remove("file")
    if missing:
        raise TableError(
            f"{path.name} lacks the column {', '.join(missing)}: expected {expected} (or "
            f"{ADDRESS_COLUMN} for file), received {','.join(header)}; rename its columns"
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise TableError(f"{path.name} has the column {', '.join(repeated)} twice: remove one")


def _table_row(header: list[str], values: list[str]) -> Movie | str:
    """A row of a table as a movie, or what is wrong with it."""
    if len(values) != len(header):
        return f"{len(values)} values for {len(header)} columns"
    row = dict(zip(header, values, strict=True))
    year = year_of_text(row["year"])
    if not IMDB_ID.fullmatch(row["imdb_id"]):
        return f"imdb_id {row['imdb_id'][:20]!r} is not tt and 7 to 10 digits"
    if year is None:
        return f"year {row['year'][:20]!r} is not a year from {OLDEST_YEAR} to {NEWEST_YEAR}"
    if not row["title"]:
        return "title is empty"
    columns = [column for column in ("file", ADDRESS_COLUMN) if column in row]
    column = next((column for column in columns if row[column]), "")
    if not column:
        return f"no value in {' or '.join(columns)}"
    poster = row[column]
    must_be_address = column == ADDRESS_COLUMN or _WEB.match(poster)
    if must_be_address and not is_address(poster):
        return f"{column} {poster[:80]!r} is not an http or https address"
    if _CONTROL.search(poster):
        return f"{column} {poster[:80]!r} contains control characters"
    return Movie(row["imdb_id"], row["title"], year, poster)


def _is_movie_genre(text: str) -> bool:
    return set(MOVIE_GENRE_COLUMNS) <= {*_header(_LINE_END.split(text.lstrip(), maxsplit=1)[0])}


def _header(line: str) -> list[str]:
    return [name.strip(' "') for name in line.split(",")]


def _parse_movie_genre(path: Path, text: str) -> Parsed:
    # Each line is one row: an unclosed quote, as this file has some, spoils only its own line.
    first, *lines = [line for line in _LINE_END.split(text) if line.strip()]
    header = _header(first)
    parsed = Parsed.of(_movie_genre_row(header, line) for line in lines)
    if not parsed.movies:
        reasons = ", ".join(f"{number} {reason}" for reason, number in parsed.left_out.items())
        raise TableError(
            f"{path.name} has no movie that can be used ({reasons or 'it has no rows'}): "
            "expected rows such as 114709,...,Toy Story (1995),...,https://..."
        )
    return parsed


def _movie_genre_row(header: list[str], line: str) -> Movie | str:
    """A row of MovieGenre.csv: its id lacks `tt` and leading zeros, its title includes the year."""
    try:
        values = next(csv.reader([line]))
    except csv.Error:
        values = []
    if len(values) != len(header):
        return "malformed"
    number, title, poster = (values[header.index(name)].strip() for name in MOVIE_GENRE_COLUMNS)
    if not re.fullmatch("[0-9]{1,10}", number) or not int(number):
        return "malformed"
    name, _, ending = title.rpartition("(")
    year = year_of_text(ending.removesuffix(")")) if ending.endswith(")") else None
    name = name.strip() if year else title
    return listed_movie(f"tt{int(number):07d}", name, year, poster)
