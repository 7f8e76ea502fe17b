"""Read IMDb's non-commercial data sets: movies with their number of votes.

`title.basics.tsv.gz` (about 200 MB, 11 million lines, some 700,000 of them movies) and
`title.ratings.tsv.gz` (about 8 MB) from https://datasets.imdbws.com are read line by line: only
the movies of the requested years are kept in memory.
"""

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

from posters.catalogue.movie_table import IMDB_ID, Movie
from posters.errors import SourceError

BASICS, RATINGS = "title.basics.tsv.gz", "title.ratings.tsv.gz"
MAX_BYTES = 8 * 2**30  # decompressed; title.basics has about 1 GB
MAX_LINE = 2**20
_BASICS_COLUMNS = ("tconst", "titleType", "primaryTitle", "isAdult", "startYear")
_RATINGS_COLUMNS = ("tconst", "numVotes")
_NULL = rb"\N"
_ID = re.compile(IMDB_ID.pattern.encode())
_YEAR = re.compile(rb"[0-9]{4}")
_VOTES = re.compile(rb"[0-9]{1,12}")


class RatedMovie(NamedTuple):
    """A movie of the data sets; `votes` is 0 where it has no rating."""

    imdb_id: str
    title: str
    year: int
    votes: int

    @property
    def movie(self) -> Movie:
        """The movie without its votes; the data sets know no posters."""
        return Movie(self.imdb_id, self.title, self.year, "")


def read_datasets(
    basics: Path, ratings: Path, years: range
) -> tuple[list[RatedMovie], Counter[str]]:
    """Read the movies of some years, adult ones excluded, from files that may be compressed.

    Returns:
        The movies in the order of the files. And how many lines are left out, by file and reason:
        `title.basics: not a movie`, `adult`, `outside the years`, `no year`, `malformed`,
        `repeated`.

    Raises:
        SourceError: a file is missing, truncated or corrupt, lacks a column, has a line of more
            than `MAX_LINE` bytes, or more than `MAX_BYTES` bytes in all.
    """
    left_out: Counter[str] = Counter()
    found: dict[bytes, RatedMovie] = {}
    for values in _rows(basics, BASICS, _BASICS_COLUMNS, b"movie", left_out):
        movie = "repeated" if values[0] in found else _movie_or_reason(values, years)
        if isinstance(movie, str):
            left_out[f"title.basics: {movie}"] += 1
        else:
            found[values[0]] = movie
    for imdb_id, votes in _rows(ratings, RATINGS, _RATINGS_COLUMNS, b"", left_out):
        if not _ID.fullmatch(imdb_id) or not _VOTES.fullmatch(votes):
            left_out["title.ratings: malformed"] += 1
        elif imdb_id in found:
            found[imdb_id] = found[imdb_id]._replace(votes=int(votes))
    return list(found.values()), left_out


def _movie_or_reason(values: list[bytes], years: range) -> RatedMovie | str:
    """The movie of a line, or why it is left out."""
    imdb_id, title_type, title, adult, year = values
    if title_type != b"movie":
        return "not a movie"
    if adult == b"1":
        return "adult"
    if adult != b"0" or not _ID.fullmatch(imdb_id) or title == _NULL:
        return "malformed"
    if year == _NULL:
        return "no year"
    if not _YEAR.fullmatch(year):
        return "malformed"
    if int(year) not in years:
        return "outside the years"
    try:
        movie = RatedMovie(imdb_id.decode(), title.decode().strip(), int(year), votes=0)
    except UnicodeDecodeError:
        return "malformed"
    return movie if movie.title else "malformed"


def _rows(
    path: Path, name: str, columns: tuple[str, ...], word: bytes, left_out: Counter[str]
) -> Iterator[list[bytes]]:
    """The values of these columns, for each line that contains the word; others are no movies."""
    try:
        lines = _lines(path)
        header = next(lines, b"").decode("utf-8-sig", "replace").rstrip("\r\n")
        names = header.split("\t")
        if not set(columns) <= set(names):
            expected = f"expected the columns {', '.join(columns)}"
            raise ValueError(f"{expected}, received {header[:120]!r}")
        indices = [names.index(column) for column in columns]
        file = name.removesuffix(".tsv.gz")
        not_a_movie, malformed = f"{file}: not a movie", f"{file}: malformed"
        for line in lines:
            # Quotes have no meaning here.
            values = line.rstrip(b"\r\n").split(b"\t") if word in line else []
            if len(values) == len(names):
                yield [values[index] for index in indices]
            elif line.strip():
                left_out[malformed if values else not_a_movie] += 1
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(
            f"{path} can't be read as {name}: {error}. Download "
            f"https://datasets.imdbws.com/{name} again"
        ) from error


def _lines(path: Path) -> Iterator[bytes]:
    total = 0
    with path.open("rb") as plain:
        compressed = plain.peek(2).startswith(b"\x1f\x8b")
        raw = gzip.GzipFile(fileobj=plain) if compressed else plain
        file = io.BufferedReader(cast(io.RawIOBase, raw), MAX_LINE)  # faster than GzipFile's own
        while line := file.readline(MAX_LINE + 1):
            total += len(line)
            if len(line) > MAX_LINE or total > MAX_BYTES:
                raise ValueError(
                    f"expected lines of at most {MAX_LINE:,} bytes, {MAX_BYTES:,} bytes in all"
                )
            yield line
