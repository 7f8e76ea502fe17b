"""IMDb's non-commercial data sets: which movies there are of each year, the best known first.

`title.basics.tsv.gz` (about 200 MB, 11 million lines, some 700,000 of them movies) and
`title.ratings.tsv.gz` (about 8 MB) from https://datasets.imdbws.com. Both are streamed: only the
movies of the years asked for are held.
"""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from posters.errors import SourceError

BASICS, RATINGS = "title.basics", "title.ratings"
MAX_BYTES = 8 * 2**30  # decompressed; title.basics has about 1 GB
MAX_LINE = 2**20
_BASICS_COLUMNS = ("tconst", "titleType", "primaryTitle", "isAdult", "startYear")
_RATINGS_COLUMNS = ("tconst", "numVotes")
_NULL = rb"\N"
_ID = re.compile(rb"tt[0-9]{7,}")
_YEAR = re.compile(rb"[0-9]{4}")
_VOTES = re.compile(rb"[0-9]{1,12}")


class Film(NamedTuple):
    """A movie of the data sets; `votes` is 0 where nobody has rated it."""

    imdb_id: str
    title: str
    year: int
    votes: int


def read_films(
    basics: Path, ratings: Path, years: range
) -> tuple[dict[int, list[Film]], Counter[str]]:
    """Read the movies of some years; adult ones are not among them.

    Args:
        basics: title.basics, compressed or not.
        ratings: title.ratings, compressed or not.
        years: those that are kept.

    Returns:
        For each of the years its films by votes descending, then by id. And how many lines were
        passed over, by file and reason: `title.basics: malformed`, `no year`, `repeated`. Lines
        of title.basics that do not hold the word `movie` are not looked at, whatever they are.

    Raises:
        SourceError: a file is missing, cut short or corrupt, lacks a column, has a line of more
            than `MAX_LINE` bytes, or more than `MAX_BYTES` bytes in all.
    """
    passed_over: Counter[str] = Counter()
    found: dict[bytes, tuple[str, int]] = {}
    for values in _rows(basics, BASICS, _BASICS_COLUMNS, b"movie", passed_over):
        film = _film(values, years)
        if isinstance(film, str):
            passed_over[f"{BASICS}: {film}"] += 1
        elif film and values[0] in found:
            passed_over[f"{BASICS}: repeated"] += 1
        elif film:
            found[values[0]] = film
    votes: dict[bytes, int] = {}
    for imdb_id, number in _rows(ratings, RATINGS, _RATINGS_COLUMNS, b"", passed_over):
        if not _ID.fullmatch(imdb_id) or not _VOTES.fullmatch(number):
            passed_over[f"{RATINGS}: malformed"] += 1
        elif imdb_id in found:
            votes[imdb_id] = int(number)
    films: dict[int, list[Film]] = {year: [] for year in years}
    for imdb_id, (title, year) in found.items():
        films[year].append(Film(imdb_id.decode(), title, year, votes.get(imdb_id, 0)))
    for of_year in films.values():
        of_year.sort(key=lambda film: (-film.votes, film.imdb_id))
    return films, passed_over


def _film(values: list[bytes], years: range) -> tuple[str, int] | str | None:
    """Title and year of a line, or why it can't be used, or None when it is not asked for."""
    imdb_id, kind, spelt, adult, year = values
    if kind != b"movie" or adult == b"1":
        return None
    if adult != b"0" or not _ID.fullmatch(imdb_id) or spelt == _NULL:
        return "malformed"
    if year == _NULL:
        return "no year"
    if not _YEAR.fullmatch(year):
        return "malformed"
    if int(year) not in years:
        return None
    try:
        title = spelt.decode().strip()
    except UnicodeDecodeError:
        return "malformed"
    return (title, int(year)) if title else "malformed"


def _rows(
    path: Path, name: str, columns: tuple[str, ...], word: bytes, passed_over: Counter[str]
) -> Iterator[list[bytes]]:
    """The values of these columns, of each line that holds the word."""
    blocks = _blocks(path, name)
    first, _, rest = next(blocks, b"").partition(b"\n")
    header = first.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").rstrip("\r")
    names = header.split("\t")
    if not set(columns) <= set(names):
        raise SourceError(
            f"{path} has another header than IMDb's {name}.tsv: expected the columns "
            f"{', '.join(columns)}, received {header[:120]!r}. Download {_address(name)}"
        )
    places = [names.index(column) for column in columns]
    for block in chain([rest], blocks):
        for line in _lines_with(word, block):
            values = line.rstrip(b"\r").split(b"\t")  # a bare quote is part of its title
            if len(values) == len(names):
                yield [values[place] for place in places]
            elif line.strip():
                passed_over[f"{name}: malformed"] += 1


def _lines_with(word: bytes, block: bytes) -> Iterator[bytes]:
    """To look for the word is quicker than to split off ten million lines that lack it."""
    end = 0
    while (found := block.find(word, end)) >= 0:
        begin = block.rfind(b"\n", end, found) + 1 or end
        end = block.find(b"\n", found) + 1 or len(block) + 1
        yield block[begin : end - 1]


def _blocks(path: Path, name: str) -> Iterator[bytes]:
    """A file in blocks of whole lines, the last line's end left off."""
    total = 0
    rest = b""
    try:
        with path.open("rb") as plain:
            compressed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            file = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if compressed else plain
            while read := file.read(MAX_LINE):
                total += len(read)
                block = rest + read
                # No more is read at once than a line may have: only the first can be too long.
                if total > MAX_BYTES or (block.find(b"\n") + 1 or len(block)) > MAX_LINE:
                    raise SourceError(
                        f"{path} is not IMDb's {name}: expected lines of at most {MAX_LINE:,} "
                        f"bytes, {MAX_BYTES:,} bytes in all. Download {_address(name)} again"
                    )
                lines, _, rest = block.rpartition(b"\n")
                if lines:
                    yield lines
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{path} can't be read as IMDb's {name}.tsv.gz: {error}. Download {_address(name)} "
            "again"
        ) from error
    if rest:
        yield rest


def _address(name: str) -> str:
    return f"https://datasets.imdbws.com/{name}.tsv.gz"
