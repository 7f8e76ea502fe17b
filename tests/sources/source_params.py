"""Parameters of the sources in these tests."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from sites import Sites, params_with, settings
from small_pictures import encoded, picture

from posters.catalogue.source_protocol import Source
from posters.sources.web_source import WebSource

AnySource = TypeVar("AnySource", bound=WebSource)
POSTER = encoded(picture(1), "JPEG")


@contextlib.contextmanager
def opened(
    source: type[AnySource],
    sites: Sites,
    folder: Path,
    pages: Path | None = None,
    **scrape: int,
) -> Iterator[AnySource]:
    """A source with the years 1950 to 1952, whose hosts are all served by `sites`."""
    params = params_with(
        fetch=dict(settings()),
        scrape={"first_year": 1950, "last_year": 1952, "seed": 1, **scrape},
        source={"pages": pages and str(pages), "min_votes": 100},
    )
    with sites.archive(folder, source.sites(settings())) as archive:
        yield source(archive, params)


def listed_alike(source: Source, years: Iterable[int] = range(1950, 1953)) -> list[str]:
    """The ids of all movies in the order of the source, which is the same for every origin."""
    movies = list(source.initial())
    for year in years:
        assert list(source.candidates(year)) == [movie for movie in movies if movie.year == year]
    return [movie.imdb_id for movie in movies]
