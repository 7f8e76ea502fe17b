"""The protocol of all sources of movies and posters."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from posters.catalogue.movie_table import Movie
from posters.web.ledger import Ledger


class Picture(NamedTuple):
    """A poster's file, unchanged, and its origin: an address, or a path relative to a table."""

    content: bytes
    url: str


class Source(Protocol):
    """Offers movies in a seeded random order, and the poster of each.

    `initial` and `candidates` give the movies of a year from one list in one order: the correction
    for label shift requires that the posters of a year are alike, whatever their origin.

    Attributes:
        name: of the source, in each row of the catalogue.
        attribution: a line that the site requires to be shown, or empty.
        connections: how many posters may be fetched at a time.
    """

    name: str
    attribution: str
    connections: int

    @property
    def ledger(self) -> Ledger | None:
        """The record of requests; None for a source of files."""
        ...

    def initial(self) -> Iterator[Movie]:
        """Movies of all years, for the initial catalogue."""
        ...

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year, for the reserve and the top-up."""
        ...

    def poster(self, movie: Movie) -> Picture:
        """A movie's poster. May be called from several threads.

        Raises:
            PosterRefused: there is none.
            FetchFailed: it can't be fetched.
            SourceError: nothing more can be fetched from this source.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Digests of the listings that were read, and `left_out`: unusable movies by reason."""
        ...
