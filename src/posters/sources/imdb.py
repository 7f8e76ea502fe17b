"""The `imdb` source: IMDb's data sets list the movies, its suggestions name their posters.

No page is scraped: IMDb publishes the data sets for personal and non-commercial use
(https://developer.imdb.com/non-commercial-datasets/). The suggestions are the JSON behind the
search box of its site.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from posters.catalogue.movie_table import Movie, Parsed, is_address
from posters.catalogue.source_protocol import Picture
from posters.errors import FetchFailed, PosterRefused, SourceError
from posters.images.imdb_addresses import IMAGE_HOST, image_address, is_placeholder
from posters.params import FetchParams, Params
from posters.sources.imdb_datasets import BASICS, RATINGS, RatedMovie, read_datasets
from posters.sources.json_values import at, integer, read_json, text, unexpected
from posters.sources.web_source import ListedSource, description, image_site
from posters.web.archive import Archive, StoredAnswer
from posters.web.request import JSON, Limits, Site

ATTRIBUTION = "Information courtesy of IMDb (https://www.imdb.com). Used with permission."
_MAX_DATASET_BYTES = 2_000_000_000
_MAX_SUGGESTION_BYTES = 1_000_000


@dataclass(frozen=True)
class Endpoints:
    """The addresses of IMDb, or of the local server that stands in for it.

    Attributes:
        name: the name of the source in the catalogue.
        attribution: printed and shown; empty for the local server, which serves nothing of IMDb's.
        datasets, suggestions: prefixes of the addresses; each ends in a slash.
    """

    name: str = "imdb"
    attribution: str = ATTRIBUTION
    datasets: str = "https://datasets.imdbws.com/"
    suggestions: str = "https://v3.sg.media-imdb.com/suggestion/x/"


IMDB = Endpoints()


class ImdbSource(ListedSource):
    """Movies of IMDb's data sets that have enough votes."""

    def __init__(self, archive: Archive, params: Params, endpoints: Endpoints = IMDB) -> None:
        super().__init__(archive, params)
        self.name = endpoints.name
        self.attribution = endpoints.attribution
        self._min_votes = params.source.min_votes
        self._suggestions = endpoints.suggestions
        self._addresses = [endpoints.datasets + name for name in (BASICS, RATINGS)]

    @staticmethod
    def sites(fetch: FetchParams) -> list[Site]:
        """The hosts that are accessed, with their rates."""
        return [
            Site("datasets.imdbws.com", fetch.requests_per_second),
            Site("v3.sg.media-imdb.com", fetch.requests_per_second),
            image_site(IMAGE_HOST, fetch),
        ]

    def poster(self, movie: Movie) -> Picture:
        """Download the picture that the suggestions give for exactly this id and year."""
        address = f"{self._suggestions}{movie.imdb_id}.json"
        limits = Limits(JSON, _MAX_SUGGESTION_BYTES, self._params.fetch.total_timeout)
        answer = self._archive.get(address, limits, what="lookup", imdb_id=movie.imdb_id).read()
        try:
            with self._archive.reading(address):
                poster = suggested_poster(answer, movie.imdb_id, movie.year)
        except SourceError as error:
            # One bad answer does not end the run.
            raise FetchFailed("malformed answer", str(error), temporary=True) from error
        return self._download(movie, poster)

    def describe(self) -> dict[str, Any]:
        """Digests and dates of the data sets, and how many lines can't be used, by reason."""
        datasets = dict(zip((BASICS, RATINGS), self._answers, strict=True))
        return description(self._listing.left_out, datasets)

    @cached_property
    def _answers(self) -> list[StoredAnswer]:
        limits = Limits((), _MAX_DATASET_BYTES, self._params.fetch.dataset_timeout)
        return [self._archive.get(url, limits, what="listing") for url in self._addresses]

    @cached_property
    def _listing(self) -> Parsed:
        rated, left_out = self._contents
        known = [each.movie for each in rated if each.votes >= self._min_votes]
        too_few = {"fewer votes than source.min_votes": len(rated) - len(known)}
        return Parsed(known, left_out + Counter(too_few))

    @cached_property
    def _contents(self) -> tuple[list[RatedMovie], Counter[str]]:
        basics, ratings = (answer.path for answer in self._answers)
        with self._archive.reading(*self._addresses):
            return read_datasets(basics, ratings, self._params.scrape.years)


def suggested_poster(answer: bytes, imdb_id: str, year: int) -> str:
    """The address of a movie's poster; other movies in the suggestions are never used.

    Raises:
        PosterRefused: `not listed`: the id is not among the suggestions; `another year`: its year
            differs or is missing; `no poster`: it has no picture; `placeholder`: the picture is
            the one that IMDb shows in place of a poster.
        SourceError: the answer is not a list of suggestions, or its picture has no known form.
    """
    what = f"IMDb's suggestion for {imdb_id}"
    suggestions = read_json(answer, what)
    items = at(suggestions, "d")
    # Without a match the list is missing, and only the query and the version are there.
    if items is None and isinstance(suggestions, dict) and {"q", "v"} & suggestions.keys():
        items = []
    if not isinstance(items, list):
        raise unexpected(what, "an object with a list `d`", answer)
    item = next((item for item in items if at(item, "id") == imdb_id), None)
    if item is None:
        raise PosterRefused("not listed", f"IMDb suggests nothing for {imdb_id}")
    if integer(at(item, "y")) != year:
        received = at(item, "y")
        raise PosterRefused("another year", f"{imdb_id} is of {received!r:.40}, expected {year}")
    picture = at(item, "i")
    if picture is None:
        raise PosterRefused("no poster", f"IMDb has no picture of {imdb_id}")
    # Older answers have a list: address, width, height.
    address = text(picture[0] if isinstance(picture, list) and picture else at(picture, "imageUrl"))
    if address is None or not is_address(address):
        raise unexpected(what, f"the address of a picture in `i` of {imdb_id}", answer)
    if is_placeholder(address):
        raise PosterRefused("placeholder", f"IMDb has only its placeholder picture for {imdb_id}")
    return image_address(address)
