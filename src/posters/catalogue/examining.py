"""Fetching one movie's poster and checking it, without regard to other movies."""

from dataclasses import dataclass

from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Source
from posters.errors import PosterRefused
from posters.files import sha256
from posters.images.perceptual_hash import difference_hash
from posters.images.pictures import FORMATS, check_poster, to_rgb
from posters.params import PosterParams


@dataclass(frozen=True)
class CheckedPoster:
    """A poster that passed all checks of a single picture."""

    content: bytes
    url: str
    sha256: str
    picture_hash: int
    width: int
    height: int
    extension: str


def fetch_checked_poster(
    source: Source, movie: Movie, rules: PosterParams, years: range
) -> CheckedPoster:
    """Fetch a movie's poster and check it.

    Raises:
        PosterRefused: the poster is not usable, or the movie's year is not in `years`.
        FetchFailed: the poster can't be fetched.
        SourceError: nothing more can be fetched from the source.
    """
    if movie.year not in years:
        raise PosterRefused(
            "outside the years", f"{movie.year} is not from {years[0]} to {years[-1]}"
        )
    picture = source.poster(movie)
    try:
        image = check_poster(picture.content, rules)
        digest = sha256(picture.content)
        if digest in rules.placeholders:
            raise PosterRefused("placeholder", "the file is one of posters.placeholders")
    except PosterRefused as refused:
        refused.url = picture.url
        raise
    return CheckedPoster(
        content=picture.content,
        url=picture.url,
        sha256=digest,
        picture_hash=difference_hash(to_rgb(image)),
        width=image.width,
        height=image.height,
        extension=FORMATS[str(image.format)],
    )
