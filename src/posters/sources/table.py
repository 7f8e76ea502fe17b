"""The `table` source: two CSV files of movies, their posters beside them or on the web."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from posters import paths
from posters.catalogue.movie_table import ALL_YEARS, Movie, is_address, read_table
from posters.catalogue.poster_file import read_named_poster
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed, PosterRefused, SiteBlocked, SiteUnreachable, TableError
from posters.files import sha256
from posters.images.imdb_addresses import IMAGE_HOST, image_address, is_placeholder
from posters.params import FetchParams, Params
from posters.sources.imdb_datasets import RatedMovie
from posters.sources.local_imdb import NATURAL_VOTES
from posters.sources.web_source import description, image_site, seeded_order
from posters.web.archive import Archive
from posters.web.request import Site, picture_limits


class Tables:
    """The movies of two tables, each in a seeded order, and their posters that are files.

    `source.table` is the CSV file that the initial catalogue is sampled from, `source.pool` the one
    for the reserve and the top-up; they may be the same. The order does not depend on that of the
    rows. Movies of other years than `years` are left out.

    Raises:
        TableError: a table can't be used.
    """

    def __init__(self, params: Params, years: range = ALL_YEARS) -> None:
        source = params.source
        assert source.table and source.pool  # SourceParams refuses anything else
        self._params = params
        self._table, self._pool = paths.from_root(source.table), paths.from_root(source.pool)
        both = dict.fromkeys((self._table, self._pool))
        self._parsed = {path: read_table(path).within(years) for path in both}
        for parsed in self._parsed.values():
            parsed.movies = seeded_order(parsed.movies, params.scrape.seed)
        # `Movie.poster` stays relative, so that the catalogue contains no paths of this machine.
        self._of_pool: set[Movie] = set()

    @property
    def initial(self) -> list[Movie]:
        """Movies of the table."""
        return self._parsed[self._table].movies

    @cached_property
    def pool(self) -> dict[int, list[Movie]]:
        """Movies of the pool by year."""
        movies = self._parsed[self._pool].movies
        if self._pool != self._table:
            self._of_pool.update(movies)
        by_year: dict[int, list[Movie]] = defaultdict(list)
        for movie in movies:
            by_year[movie.year].append(movie)
        return by_year

    @property
    def left_out(self) -> Counter[str]:
        """How many rows are left out, by reason."""
        return sum((parsed.left_out for parsed in self._parsed.values()), Counter())

    @cached_property
    def hosts(self) -> list[str]:
        """The hosts of the posters that are addresses."""
        movies = (movie for parsed in self._parsed.values() for movie in parsed.movies)
        posters = (image_address(movie.poster) for movie in movies if is_address(movie.poster))
        return sorted({urlsplit(poster).hostname or "" for poster in posters})

    def read_poster(self, movie: Movie) -> bytes:
        """Read a poster that is a file; raises as `read_named_poster`."""
        table = self._pool if movie in self._of_pool else self._table
        return read_named_poster(table, movie.poster, self._params)


class TableSource:
    """Movies from the user's own tables; without an archive all posters must be files."""

    name = "table"
    attribution = ""

    def __init__(self, tables: Tables, archive: Archive | None, params: Params) -> None:
        self.connections = 2 * params.fetch.image_connections if archive else 1
        self.ledger = archive.ledger if archive else None
        self._tables = tables
        self._archive = archive
        self._limits = picture_limits(params.posters, params.fetch)

    @staticmethod
    def sites(tables: Tables, fetch: FetchParams) -> list[Site]:
        """The hosts of the posters, and those that `fetch.hosts` adds."""
        return [
            image_site(host, fetch) if host == IMAGE_HOST else Site(host, fetch.requests_per_second)
            for host in sorted({*tables.hosts, *(host.lower() for host in fetch.hosts)})
        ]

    def initial(self) -> Iterator[Movie]:
        """Movies of the table in a seeded random order."""
        return iter(self._tables.initial)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of the pool of one year in a seeded random order."""
        return iter(self._tables.pool.get(year, []))

    def poster(self, movie: Movie) -> Picture:
        """Read the poster's file or download it from its address."""
        if not is_address(movie.poster):
            return Picture(self._tables.read_poster(movie), movie.poster)
        if is_placeholder(movie.poster):
            raise PosterRefused("placeholder", "the address is that of IMDb's placeholder picture")
        assert self._archive, "required when a poster is an address"
        address = image_address(movie.poster)
        try:
            answer = self._archive.get(address, self._limits, what="poster", imdb_id=movie.imdb_id)
        except (SiteBlocked, SiteUnreachable) as stopped:
            # A table may name many hosts: the posters on the others are still available.
            raise FetchFailed("site stopped", str(stopped), temporary=True) from stopped
        return Picture(answer.read(), address)

    def describe(self) -> dict[str, Any]:
        """How many rows are left out, by reason."""
        return description(self._tables.left_out)


class TableCatalogue:
    """Two tables as a catalogue for the local server: HTTP gives the same movies and posters.

    The first table gives the natural sample, the second the candidates of each year in the order of
    the `table` source. IMDb has one list of movies: those of the first table that were not sampled
    are candidates too.

    Raises:
        TableError: a poster is an address: only files can be served.
    """

    def __init__(self, tables: Tables) -> None:
        if tables.hosts:
            raise TableError(
                "source.replica serves poster files only, and the tables name posters on "
                f"{tables.hosts[0]}: set source.replica to false and source.kind to table"
            )
        self._tables = tables
        self._by_id = {movie.imdb_id: movie for movie in tables.initial}
        self._rated = {movie.imdb_id: _rated(movie, NATURAL_VOTES) for movie in tables.initial}
        for of_year in tables.pool.values():
            for rank, movie in enumerate(of_year):
                votes = (2 if movie.imdb_id in self._by_id else 1) * NATURAL_VOTES - 1 - rank
                self._rated[movie.imdb_id] = _rated(movie, votes)
                self._by_id.setdefault(movie.imdb_id, movie)

    def movies(self) -> Iterable[RatedMovie]:
        """The movies, with votes that give the order of the tables."""
        return self._rated.values()

    def picture_key(self, imdb_id: str) -> str | None:
        """The beginning of the file's digest; None when the file is missing."""
        try:
            return sha256(self.picture(imdb_id))[:16]
        except PosterRefused:
            return None

    def picture(self, imdb_id: str) -> bytes:
        """The file of a movie's poster."""
        return self._tables.read_poster(self._by_id[imdb_id])


def _rated(movie: Movie, votes: int) -> RatedMovie:
    return RatedMovie(movie.imdb_id, movie.title, movie.year, votes)
