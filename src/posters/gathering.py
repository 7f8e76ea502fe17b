"""Taking movies from a source into a catalogue: each poster is checked, or refused and counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from posters.catalogue import Entry, Origin, Refusal
from posters.duplicates import NearDuplicates, difference_hash
from posters.errors import PosterRefused
from posters.files import sha256, write_bytes
from posters.images import FORMATS, check_poster, read_image, to_rgb
from posters.params import PosterParams
from posters.sources import Source
from posters.table import Movie


class Gatherer:
    """Accepts or refuses movies; never an id twice, never a picture twice.

    Args:
        source: where the posters are fetched from.
        rules: what a poster must be like, and which two pictures are the same.
        folders: where the posters of each origin are written, named by the movie's id.
        years: movies of other years are refused.

    Attributes:
        source: as given.
        refusals: every poster that was refused, in order, with its reason.
    """

    def __init__(
        self,
        source: Source,
        rules: PosterParams,
        folders: Mapping[Origin, Path],
        years: range,
    ) -> None:
        self.refusals: list[Refusal] = []
        self._folders = folders
        self._years = years
        self.source = source
        self._rules = rules
        self._ids: set[str] = set()
        self._by_sha256: dict[str, str] = {}
        self._near_duplicates = NearDuplicates(rules.near_duplicate)

    def know(self, entries: Iterable[Entry], folder: Path) -> None:
        """Remember movies accepted earlier, so that none of them comes in again.

        Args:
            entries: rows of a catalogue.
            folder: what their `file` is relative to.
        """
        for entry in entries:
            picture = to_rgb(read_image(folder / entry.file, self._rules.max_pixels))
            self._remember(entry.imdb_id, entry.sha256, difference_hash(picture))

    def gather(self, movie: Movie, origin: Origin) -> Entry | None:
        """Fetch a movie's poster, check it, and keep it for a part of the catalogue.

        Returns:
            The row for the catalogue; None when its id is known already (nothing is asked for) or
            its poster was refused (`refusals` says why).
        """
        if movie.imdb_id in self._ids:
            return None
        try:
            if movie.year not in self._years:
                raise PosterRefused(
                    "outside the years",
                    f"{movie.year}, asked for are {self._years[0]} to {self._years[-1]}",
                )
            content = self.source.poster(movie)
            image = check_poster(content, self._rules)
            digest, picture_hash = sha256(content), difference_hash(to_rgb(image))
            self._refuse_duplicate(digest, picture_hash)
        except PosterRefused as refused:
            # Known from now on: a refused movie isn't asked for again under the same id.
            self._ids.add(movie.imdb_id)
            self.refusals.append(
                Refusal(movie.imdb_id, movie.year, origin, refused.reason, refused.detail)
            )
            return None
        self._remember(movie.imdb_id, digest, picture_hash)
        name = movie.imdb_id + FORMATS[str(image.format)]
        write_bytes(self._folders[origin] / name, content)
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{name}",
            source=self.source.name,
            poster_url=movie.poster,
            sha256=digest,
            width=image.width,
            height=image.height,
            origin=origin,
        )

    def _refuse_duplicate(self, digest: str, picture_hash: int) -> None:
        same = self._by_sha256.get(digest)
        if same:
            raise PosterRefused("duplicate", f"the same file as the poster of {same}")
        near = self._near_duplicates.find(picture_hash)
        if near:
            raise PosterRefused("duplicate", f"the same picture as the poster of {near}")

    def _remember(self, imdb_id: str, digest: str, picture_hash: int) -> None:
        self._ids.add(imdb_id)
        self._by_sha256[digest] = imdb_id
        self._near_duplicates.add(picture_hash, imdb_id)


def describe_refusals(refusals: Iterable[Refusal]) -> str:
    """How many posters were refused for each reason, such as `3 missing, 1 too small`."""
    counts = Counter(refusal.reason for refusal in refusals)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason}" for reason, count in ordered) or "none"


def first_accepted(gatherer: Gatherer, movies: Iterator[Movie], origin: Origin) -> Entry | None:
    """Try movies in their order until one is accepted; None when they end."""
    for movie in movies:
        entry = gatherer.gather(movie, origin)
        if entry:
            return entry
    return None
