"""What the sources share: the order of their movies, downloads, and their description."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from posters.catalogue.movie_table import Movie, Parsed
from posters.catalogue.pseudo_random import unit_interval
from posters.catalogue.source_protocol import Picture
from posters.params import FetchParams, Params
from posters.web.archive import Archive, StoredAnswer
from posters.web.request import Site, picture_limits

_Listed = TypeVar("_Listed")


def seeded_order(
    movies: Iterable[_Listed], seed: int, id_of: Callable[[_Listed], object] = attrgetter("imdb_id")
) -> list[_Listed]:
    """Movies in a random order that depends on the seed and their ids alone."""
    return sorted(movies, key=lambda movie: unit_interval(seed, id_of(movie)))


def image_site(host: str, fetch: FetchParams) -> Site:
    """A host of pictures: several connections, at a rate of its own."""
    return Site(host, fetch.images_per_second, fetch.image_connections)


def description(
    left_out: Mapping[str, int], datasets: Mapping[str, StoredAnswer] | None = None
) -> dict[str, Any]:
    """What `describe` returns: the listings by name, and how many rows can't be used, by reason."""
    described: dict[str, Any] = {}
    if datasets:
        described["datasets"] = {
            name: {"sha256": answer.sha256, "modified": answer.modified}
            for name, answer in datasets.items()
        }
    return described | {"left_out": dict(sorted(left_out.items()))}


class WebSource:
    """Base class of the sources whose posters are downloaded.

    Args:
        archive: holds the answers of the sites and requests the missing ones.
        params: movies of other years than those of `scrape` are left out.
    """

    name = ""
    attribution = ""

    def __init__(self, archive: Archive, params: Params) -> None:
        self.connections = 2 * max(site.connections for site in self.sites(params.fetch))
        self.ledger = archive.ledger
        self._archive = archive
        self._params = params
        self._picture_limits = picture_limits(params.posters, params.fetch)

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, with their rates."""
        raise NotImplementedError

    def poster(self, movie: Movie) -> Picture:
        """Download the poster from the address that came with the movie."""
        return self._download(movie, movie.poster)

    def _download(self, movie: Movie, address: str) -> Picture:
        answer = self._archive.get(
            address, self._picture_limits, what="poster", imdb_id=movie.imdb_id
        )
        return Picture(answer.read(), address)


class ListedSource(WebSource):
    """Base class of the sources that list all movies before any poster is downloaded."""

    def initial(self) -> Iterator[Movie]:
        """All movies in a seeded random order."""
        return iter(self._in_order)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in the order of `initial`."""
        return (movie for movie in self._in_order if movie.year == year)

    def describe(self) -> dict[str, Any]:
        """How many movies of the listing can't be used, by reason."""
        return description(self._listing.left_out)

    @cached_property
    def _in_order(self) -> list[Movie]:
        return seeded_order(self._listing.movies, self._params.scrape.seed)

    @cached_property
    def _listing(self) -> Parsed:
        return self._read_listing().within(self._params.scrape.years)

    def _read_listing(self) -> Parsed:
        """All movies of the listing, of any year."""
        raise NotImplementedError
