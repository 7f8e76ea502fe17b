"""The protocol behind which every source of movies and posters stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from posters.catalogue.movie_table import Movie
from posters.web.ledger import Ledger


@dataclass(frozen=True)
class Picture:
    """A poster's file as it came, and where from: an address, or a path relative to a table."""

    content: bytes
    url: str


class Source(Protocol):
    """Offers movies in a fixed order, and the poster of each.

    Attributes:
        name: stands in the catalogue with each movie.
        attribution: the line that the site asks to be shown; empty where none is asked for.
        connections: how many posters may be asked for at a time.
    """

    name: str
    attribution: str
    connections: int

    @property
    def ledger(self) -> Ledger | None:
        """Where attempts are written down; None for a source that asks nobody."""
        ...

    def initial(self) -> Iterator[Movie]:
        """Movies of all years as they come, in a seeded random order: a natural sample's queue."""
        ...

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in a fixed order, for the reserve and the top-up to draw on."""
        ...

    def poster(self, movie: Movie) -> Picture:
        """A movie's poster. May be called from several threads.

        Raises:
            PosterRefused: there is none.
            FetchFailed: it can't be had.
            SourceError: nothing more can be had from here.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """What was read: digests of listings, and what was left out of them, by reason."""
        ...
