"""Fetching posters and finding out about each alone, several at a time."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Source
from posters.errors import PosterRefused
from posters.files import sha256
from posters.images.perceptual_hash import difference_hash
from posters.images.pictures import FORMATS, check_poster, to_rgb
from posters.params import PosterParams


@dataclass(frozen=True)
class Examined:
    """A poster that is usable as such: all there is to find out about it alone."""

    content: bytes
    url: str
    sha256: str
    picture_hash: int
    width: int
    height: int
    extension: str


class Examiner:
    """Fetches and examines posters, those that are expected ahead of being asked for.

    Args:
        source: where the posters come from; says how many may be asked for at a time.
        rules: what a poster must be like.
        years: movies of other years are refused.
    """

    def __init__(self, source: Source, rules: PosterParams, years: range) -> None:
        self._source = source
        self._rules = rules
        self._years = years
        self._ahead: dict[str, Future[Examined]] = {}
        self._pool = ThreadPoolExecutor(source.connections)

    def close(self) -> None:
        """Begin no examination more; those under way end by themselves, or with the source."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def expect(self, movies: Iterable[Movie]) -> None:
        """Begin with the posters of these movies."""
        for movie in movies:
            if movie.imdb_id not in self._ahead:
                self._ahead[movie.imdb_id] = self._pool.submit(self._examine, movie)

    def examine(self, movie: Movie) -> Examined:
        """What can be found out about a movie's poster without regard to the others.

        Raises:
            PosterRefused: it is not usable.
            FetchFailed: it can't be had.
            SourceError: nothing more can be had from the source.
        """
        ahead = self._ahead.pop(movie.imdb_id, None)
        return ahead.result() if ahead else self._examine(movie)

    def _examine(self, movie: Movie) -> Examined:
        if movie.year not in self._years:
            raise PosterRefused(
                "outside the years",
                f"{movie.year}, asked for are {self._years[0]} to {self._years[-1]}",
            )
        picture = self._source.poster(movie)
        try:
            image = check_poster(picture.content, self._rules)
            digest = sha256(picture.content)
            if digest in self._rules.placeholders:
                raise PosterRefused("placeholder", "the file is one of posters.placeholders")
        except PosterRefused as refused:
            refused.url = picture.url
            raise
        return Examined(
            content=picture.content,
            url=picture.url,
            sha256=digest,
            picture_hash=difference_hash(to_rgb(image)),
            width=image.width,
            height=image.height,
            extension=FORMATS[str(image.format)],
        )
