"""The `table` source: two CSV files of movies, their posters beside them or on the web."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from posters.catalogue.movie_table import Movie, Parsed, is_address, read_table
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed, PosterRefused, SiteBlocked, SiteUnreachable, TableError
from posters.files import sha256, unit_interval
from posters.images.imdb_addresses import IMAGE_HOST, image_address, is_placeholder
from posters.images.pictures import read_poster_file
from posters.params import FetchParams, PosterParams
from posters.sources.imdb import image_site
from posters.sources.imdb_datasets import Film
from posters.sources.replica import NATURAL_VOTES
from posters.web.archive import Archive
from posters.web.request import Site, picture_limits


class Tables:
    """The movies of two tables, each in a seeded order, and their posters that are files.

    Args:
        table: the CSV that the initial catalogue is sampled from.
        pool: the CSV that the reserve and the top-up draw on; may be the same file.
        seed: decides the order within either table, whatever the order of its rows.

    Raises:
        TableError: when a table is first asked for and can't be used.
    """

    def __init__(self, table: Path, pool: Path, *, seed: int) -> None:
        self._table, self._pool = table, pool
        self._seed = seed
        self._folders: dict[Movie, Path] = {}

    @cached_property
    def initial(self) -> list[Movie]:
        """Movies of the table."""
        return self._in_order(self._table, self._parsed[0])

    @cached_property
    def pool(self) -> dict[int, list[Movie]]:
        """Movies of the pool by year."""
        by_year: dict[int, list[Movie]] = defaultdict(list)
        for movie in self._in_order(self._pool, self._parsed[1]):
            by_year[movie.year].append(movie)
        return by_year

    @cached_property
    def left_out(self) -> Counter[str]:
        """Rows that could not be used, by reason."""
        first, second = self._parsed
        return first.left_out + (Counter() if second is first else second.left_out)

    @cached_property
    def hosts(self) -> list[str]:
        """The hosts that posters are on."""
        posters = (image_address(m.poster) for parsed in self._parsed for m in parsed.movies)
        return sorted({urlsplit(poster).hostname or "" for poster in posters if is_address(poster)})

    def read_poster(self, movie: Movie) -> bytes:
        """A poster that is a file; refused when it is missing."""
        return read_poster_file(self._folders[movie] / movie.poster)

    @cached_property
    def _parsed(self) -> tuple[Parsed, Parsed]:
        first = read_table(self._table)
        return first, first if self._pool == self._table else read_table(self._pool)

    def _in_order(self, table: Path, parsed: Parsed) -> list[Movie]:
        # The movie keeps the relative path, so that no catalogue names a machine's folders.
        self._folders.update(dict.fromkeys(parsed.movies, table.parent))
        return sorted(parsed.movies, key=lambda movie: unit_interval(self._seed, movie.imdb_id))


def table_sites(tables: Tables, settings: FetchParams) -> list[Site]:
    """The hosts that a table's posters are on, and those that the parameters add."""
    return [
        image_site(host, settings)
        if host == IMAGE_HOST
        else Site(host, settings.requests_per_second)
        for host in sorted({*tables.hosts, *(host.lower() for host in settings.hosts)})
    ]


class TableSource:
    """Movies from tables of one's own.

    Args:
        tables: what was read.
        archive: asks for the posters that are addresses; None when all are files.
        settings, rules: how they are asked for, and how large one may be.
    """

    name = "table"
    attribution = ""

    def __init__(
        self,
        tables: Tables,
        archive: Archive | None,
        settings: FetchParams,
        rules: PosterParams,
    ) -> None:
        self.connections = 2 * settings.image_connections if archive else 1
        self.ledger = archive.ledger if archive else None
        self._tables = tables
        self._archive = archive
        self._settings = settings
        self._rules = rules

    def initial(self) -> Iterator[Movie]:
        """Movies of the table in a seeded random order."""
        return iter(self._tables.initial)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of the pool of one year in a seeded random order."""
        return iter(self._tables.pool.get(year, []))

    def poster(self, movie: Movie) -> Picture:
        """The poster, read beside the table or fetched from its address."""
        if not is_address(movie.poster):
            return Picture(self._tables.read_poster(movie), movie.poster)
        if is_placeholder(movie.poster):
            raise PosterRefused("placeholder", "the address is that of IMDb's own picture")
        assert self._archive, "a table with addresses comes with an archive"
        address = image_address(movie.poster)
        try:
            held = self._archive.get(
                address,
                picture_limits(self._rules, self._settings),
                what="poster",
                imdb_id=movie.imdb_id,
            )
        except (SiteBlocked, SiteUnreachable) as stopped:
            # A table may name many hosts: the posters of the others can still be had.
            raise FetchFailed("site stopped", str(stopped), passing=True) from stopped
        return Picture(held.read(), address)

    def describe(self) -> dict[str, Any]:
        """The rows that could not be used, by reason."""
        return {"left_out": dict(sorted(self._tables.left_out.items()))}


class TableShelf:
    """The files of two tables, for the replica: the whole way over HTTP gives the same catalogue.

    Args:
        tables: the natural sample is made of the first, the candidates of a year, in the order that
            the source `table` tries them in, of the second. (IMDb knows one list alone: what is
            left of the first is a candidate here as well.)

    Raises:
        TableError: a poster is an address: only files can be served.
    """

    def __init__(self, tables: Tables) -> None:
        if tables.hosts:
            raise TableError(
                f"the replica serves files, and the tables name posters on {tables.hosts[0]}: set "
                "source.replica to false and kind to table"
            )
        self._tables = tables
        self._movies = {
            movie.imdb_id: movie
            for movie in (*(m for year in tables.pool.values() for m in year), *tables.initial)
        }

    def films(self) -> list[Film]:
        """Votes decide that the replica's order is the tables'."""
        natural = {movie.imdb_id for movie in self._tables.initial}
        films = {
            movie.imdb_id: Film(movie.imdb_id, movie.title, movie.year, NATURAL_VOTES)
            for movie in self._tables.initial
        }
        for movies in self._tables.pool.values():
            for rank, movie in enumerate(movies):
                votes = (2 if movie.imdb_id in natural else 1) * NATURAL_VOTES - 1 - rank
                films[movie.imdb_id] = Film(movie.imdb_id, movie.title, movie.year, votes)
        return [*films.values()]

    def key(self, imdb_id: str) -> str | None:
        """The beginning of the file's digest; None when the file is missing."""
        try:
            return sha256(self.picture(imdb_id))[:16]
        except PosterRefused:
            return None

    def picture(self, imdb_id: str) -> bytes:
        """The file of a film's poster."""
        if imdb_id not in self._movies:
            raise PosterRefused("missing", f"no film {imdb_id}")
        return self._tables.read_poster(self._movies[imdb_id])
