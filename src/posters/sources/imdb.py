"""The `imdb` source: data sets choose the movies, the suggestion JSON finds each one's picture.

Nothing is scraped: IMDb publishes the data sets for personal and non-commercial use
(https://developer.imdb.com/non-commercial-datasets/).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed, SourceError
from posters.files import unit_interval
from posters.images.imdb_addresses import IMAGE_HOST
from posters.params import FetchParams, PosterParams
from posters.sources.imdb_datasets import Film, read_films
from posters.sources.imdb_suggestion import poster_address
from posters.web.archive import Archive, StoredAnswer
from posters.web.request import JSON, Limits, Site, picture_limits

ATTRIBUTION = "Information courtesy of IMDb (https://www.imdb.com). Used with permission."
BASICS, RATINGS = "title.basics.tsv.gz", "title.ratings.tsv.gz"
_MAX_DATASET_BYTES = 2_000_000_000
_MAX_SUGGESTION_BYTES = 1_000_000


@dataclass(frozen=True)
class Edition:
    """Which IMDb is asked: the real one, or a replica.

    Attributes:
        name: stands in the catalogue with each movie.
        attribution: printed and shown; empty for a replica, which shows nothing of IMDb's.
        datasets, suggestions: where they are asked for; each ends in a slash.
    """

    name: str = "imdb"
    attribution: str = ATTRIBUTION
    datasets: str = "https://datasets.imdbws.com/"
    suggestions: str = "https://v3.sg.media-imdb.com/suggestion/x/"


LIVE = Edition()


def imdb_sites(settings: FetchParams) -> list[Site]:
    """The hosts that the live source asks, and how often each may be."""
    slow = settings.requests_per_second
    return [
        Site("datasets.imdbws.com", slow),
        Site("v3.sg.media-imdb.com", slow),
        image_site(IMAGE_HOST, settings),
    ]


def image_site(host: str, settings: FetchParams) -> Site:
    """A host of pictures: more than one at a time, at its own rate."""
    return Site(host, settings.images_per_second, settings.image_connections)


class ImdbSource:
    """Films from IMDb's data sets.

    Args:
        archive: asks the sites, or has their answers.
        settings: how they are asked.
        rules: how large a picture may be.
        years: films of other years are none of ours.
        min_votes: of a film in the natural sample.
        seed: decides the order of the sample.
        edition: which IMDb is asked.
    """

    def __init__(
        self,
        archive: Archive,
        settings: FetchParams,
        rules: PosterParams,
        *,
        years: range,
        min_votes: int,
        seed: int,
        edition: Edition = LIVE,
    ) -> None:
        self.name = edition.name
        self.attribution = edition.attribution
        self.connections = 2 * settings.image_connections
        self.ledger = archive.ledger
        self._archive = archive
        self._settings = settings
        self._rules = rules
        self._years = years
        self._min_votes = min_votes
        self._seed = seed
        self._edition = edition

    def initial(self) -> Iterator[Movie]:
        """Films with enough votes in a seeded random order."""
        films, _ = self._films
        known = [film for year in films.values() for film in year if film.votes >= self._min_votes]
        known.sort(key=lambda film: unit_interval(self._seed, film.imdb_id))
        return map(_movie, known)

    def candidates(self, year: int) -> Iterator[Movie]:
        """Films of one year, those with the most votes first."""
        films, _ = self._films
        return map(_movie, films.get(year, []))

    def poster(self, movie: Movie) -> Picture:
        """The picture that the suggestion JSON names for exactly this id and year."""
        asked = f"{self._edition.suggestions}{movie.imdb_id}.json"
        suggestion = self._archive.get(
            asked,
            Limits(JSON, _MAX_SUGGESTION_BYTES, self._settings.total_timeout),
            what="lookup",
            imdb_id=movie.imdb_id,
        )
        try:
            with self._archive.reading(asked):
                address = poster_address(suggestion.read(), movie.imdb_id, movie.year)
        except SourceError as error:
            # One bad answer is no reason to stop; it may be better another day.
            raise FetchFailed("malformed answer", str(error), passing=True) from error
        held = self._archive.get(
            address,
            picture_limits(self._rules, self._settings),
            what="poster",
            imdb_id=movie.imdb_id,
        )
        return Picture(held.read(), address)

    def describe(self) -> dict[str, Any]:
        """The digests and dates of the data sets, and the lines that were passed over."""
        _, left_out = self._films
        return {
            "datasets": {
                name: {"sha256": held.sha256, "modified": held.modified}
                for name, held in self._datasets.items()
            },
            "left_out": dict(sorted(left_out.items())),
        }

    @cached_property
    def _datasets(self) -> dict[str, StoredAnswer]:
        limits = Limits((), _MAX_DATASET_BYTES, self._settings.dataset_timeout)
        return {
            name: self._archive.get(self._edition.datasets + name, limits, what="listing")
            for name in (BASICS, RATINGS)
        }

    @cached_property
    def _films(self) -> tuple[dict[int, list[Film]], Counter[str]]:
        basics, ratings = (self._datasets[name].path for name in (BASICS, RATINGS))
        with self._archive.reading(*(self._edition.datasets + name for name in (BASICS, RATINGS))):
            return read_films(basics, ratings, self._years)


def _movie(film: Film) -> Movie:
    return Movie(film.imdb_id, film.title, film.year, "")
