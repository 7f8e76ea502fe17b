"""Where movies and posters come from: one file each, behind one small protocol."""

from collections.abc import Iterator
from typing import Protocol

from posters import paths
from posters.params import Params
from posters.sources.sample import SampleSource
from posters.sources.table import TableSource
from posters.table import Movie


class Source(Protocol):
    """Offers movies in a fixed order, and the poster of each."""

    name: str

    def initial(self) -> Iterator[Movie]:
        """Movies of all years as they come, in a seeded random order: a natural sample's queue."""
        ...

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in a fixed order, for the reserve and the top-up to draw on."""
        ...

    def poster(self, movie: Movie) -> bytes:
        """The file of a movie's poster.

        Raises:
            PosterRefused: there is none.
        """
        ...


def open_source(params: Params) -> Source:
    """The source that the parameters name, ready to be asked.

    Raises:
        TableError: a table can't be used.
    """
    if params.source.kind == "table":
        assert params.source.table and params.source.pool  # SourceParams refuses anything else
        return TableSource(
            paths.from_root(params.source.table),
            paths.from_root(params.source.pool),
            seed=params.scrape.seed,
        )
    return SampleSource(
        movies=params.scrape.movies,
        first_year=params.scrape.first_year,
        last_year=params.scrape.last_year,
        seed=params.scrape.seed,
        cache=paths.cache() / "drawings",
    )
