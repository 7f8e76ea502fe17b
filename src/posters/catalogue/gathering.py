"""Taking movies from a source into a catalogue: each poster is accepted, or refused and counted."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Self

from tqdm import tqdm

from posters.catalogue.checked_posters import CheckedPoster, PosterChecks
from posters.catalogue.entries import Entry, Origin, Refusal
from posters.catalogue.failure_limit import FailureLimit
from posters.catalogue.movie_table import MAX_TITLE, Movie
from posters.catalogue.source_protocol import Picture, Source
from posters.errors import FetchFailed, PosterRefused
from posters.images.perceptual_hash import HashIndex
from posters.images.pictures import read_poster_file
from posters.params import Params

# Posters of the initial catalogue that are fetched ahead of the one being decided on.
AHEAD = 64
# A picture of so many movies may be the site's picture for "no poster".
MIN_SUSPICIOUS_REPEATS = 3


class Gatherer:
    """Accepts or refuses movies; never the same id or the same picture twice.

    `prefetch` fetches and checks posters ahead, several at a time; the result depends only on the
    order of `gather`. A context manager: leaving it cancels what was prefetched.

    Args:
        source: where the posters come from.
        params: `posters` and `scrape` are used: rules for posters, share of failures.
        folders: where the posters of each origin are written.
        wanted: how many movies the run needs.
        cache: the folder with the results of earlier checks.

    Attributes:
        refusals: the refused movies in order.
        failures: raises SourceError if too many posters fail.
    """

    def __init__(
        self,
        source: Source,
        params: Params,
        folders: Mapping[Origin, Path],
        wanted: int,
        cache: Path,
    ) -> None:
        self.source = source
        self.refusals: list[Refusal] = []
        self.failures = FailureLimit(params.scrape.max_failed, wanted)
        self._checks = PosterChecks(params.posters, cache)
        self._folders = folders
        self._temporary_failures = 0
        self._ids: set[str] = set()
        self._by_sha256: dict[str, str] = {}
        self._near_duplicates = HashIndex(params.posters.near_duplicate)
        self._repeats: Counter[str] = Counter()
        self._prefetched: dict[str, Future[tuple[Picture, CheckedPoster]]] = {}
        self._pool = ThreadPoolExecutor(source.connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._checks.save()

    def add_known(self, entries: Iterable[Entry], folder: Path) -> None:
        """Register the movies of a catalogue in `folder`, so that none is accepted again."""
        for entry in tqdm(entries, desc="known", unit="poster", disable=None):
            self._register(entry.imdb_id, self._checks.check(read_poster_file(folder / entry.file)))

    def knows(self, movie: Movie) -> bool:
        """Whether a movie was already accepted or refused."""
        return movie.imdb_id in self._ids

    def prefetch(self, movies: Iterable[Movie]) -> None:
        """Start to fetch posters that will be gathered."""
        for movie in movies:
            if not self.knows(movie) and movie.imdb_id not in self._prefetched:
                self._prefetched[movie.imdb_id] = self._pool.submit(self._fetch, movie)

    def gather(self, movie: Movie, origin: Origin) -> Entry | None:
        """Fetch a movie's poster, check it, and write it to the folder of its origin.

        Returns:
            The row for the catalogue; None if the movie is known or refused (see `refusals`).

        Raises:
            SourceError: too many posters failed, or nothing more can be fetched from the source.
        """
        if self.knows(movie):
            return None
        self._ids.add(movie.imdb_id)
        try:
            prefetched = self._prefetched.pop(movie.imdb_id, None)
            picture, poster = prefetched.result() if prefetched else self._fetch(movie)
            self._refuse_duplicate(picture.url, poster)
        except (PosterRefused, FetchFailed) as refused:
            self._refuse(movie, origin, refused)
            return None
        self.failures.accept()
        self._register(movie.imdb_id, poster)
        name = movie.imdb_id + poster.extension
        # Not an atomic write: the stage moves the whole folder into place at its end.
        (self._folders[origin] / name).write_bytes(picture.content)
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{name}",
            source=self.source.name,
            poster_url=picture.url,
            sha256=poster.sha256,
            width=poster.width,
            height=poster.height,
            origin=origin,
        )

    def notes(self) -> list[str]:
        """Notes for the user about the source and its posters, one line each."""
        lines = [self.source.attribution] if self.source.attribution else []
        left_out = self.source.describe()["left_out"]
        if left_out:
            lines.append(f"left out of the listings: {describe_counts(left_out)}")
        repeated = [i for i, n in self._repeats.items() if n >= MIN_SUSPICIOUS_REPEATS]
        if repeated:
            lines.append(
                f"many movies have the same poster as {', '.join(sorted(repeated))}: if it means "
                "that there is no poster, add its sha256 (data/*.csv) to posters.placeholders"
            )
        if self._temporary_failures:
            lines.append(
                f"{self._temporary_failures} posters failed for temporary reasons: "
                "`make retry-failed` retries them"
            )
        return lines

    def _fetch(self, movie: Movie) -> tuple[Picture, CheckedPoster]:
        if not 1 <= len(movie.title) <= MAX_TITLE:
            detail = f"{len(movie.title)} characters, expected 1 to {MAX_TITLE}"
            raise PosterRefused("unusable title", detail)
        picture = self.source.poster(movie)
        try:
            return picture, self._checks.check(picture.content)
        except PosterRefused as refused:
            refused.url = picture.url
            raise

    def _register(self, imdb_id: str, poster: CheckedPoster) -> None:
        self._ids.add(imdb_id)
        self._by_sha256[poster.sha256] = imdb_id
        self._near_duplicates.add(poster.picture_hash, imdb_id)

    def _refuse_duplicate(self, url: str, poster: CheckedPoster) -> None:
        kind, original = "file", self._by_sha256.get(poster.sha256)
        if original is None:
            kind, original = "picture", self._near_duplicates.find(poster.picture_hash)
        if original is not None:
            self._repeats[original] += 1
            refused = PosterRefused("duplicate", f"the same {kind} as the poster of {original}")
            refused.url = url
            raise refused

    def _refuse(self, movie: Movie, origin: Origin, refused: PosterRefused | FetchFailed) -> None:
        reason, detail = refused.reason, refused.detail
        self.refusals.append(Refusal(movie.imdb_id, movie.year, origin, reason, detail))
        if isinstance(refused, FetchFailed):
            self._temporary_failures += refused.temporary
        elif self.source.ledger:
            url = refused.url or movie.poster
            self.source.ledger.refuse(imdb_id=movie.imdb_id, address=url, reason=str(refused))
            if reason == "unreadable":
                self.source.ledger.distrust(url, str(refused))
        self.failures.refuse(reason, detail)


class Queue:
    """Movies in order, fetched ahead and tried until one is accepted; known ones are skipped."""

    def __init__(self, movies: Iterator[Movie], gatherer: Gatherer) -> None:
        self._movies = movies
        self._gatherer = gatherer
        self._upcoming: deque[Movie] = deque()

    def prefetch(self, number: int) -> None:
        """Start to fetch the posters of the next `number` movies."""
        self._fill(number)
        self._gatherer.prefetch(islice(self._upcoming, number))

    def is_empty(self) -> bool:
        """Whether no movie is left."""
        self._fill(1)
        return not self._upcoming

    def next_accepted(self, origin: Origin) -> Entry | None:
        """Try movies in order until one is accepted; None when no movie is left."""
        while not self.is_empty():
            entry = self._gatherer.gather(self._upcoming.popleft(), origin)
            if entry:
                return entry
        return None

    def _fill(self, number: int) -> None:
        while len(self._upcoming) < number and (movie := next(self._movies, None)):
            if not self._gatherer.knows(movie):
                self._upcoming.append(movie)


def gather_initial(gatherer: Gatherer, wanted: int) -> tuple[list[Entry], bool]:
    """The first `wanted` movies that are accepted, and whether the source has more."""
    entries: list[Entry] = []
    queue = Queue(gatherer.source.initial(), gatherer)
    with tqdm(total=wanted, desc="scrape", unit="poster", disable=None) as bar:
        while len(entries) < wanted:
            queue.prefetch(min(AHEAD, wanted - len(entries)))
            entry = queue.next_accepted("initial")
            bar.set_postfix_str(f"refused={len(gatherer.refusals)}", refresh=False)
            if entry is None:
                break
            entries.append(entry)
            bar.update()
    gatherer.failures.check()
    return entries, not queue.is_empty()


def describe_refusals(refusals: Iterable[Refusal]) -> str:
    """How many posters were refused for each reason, such as `3 missing, 1 too small`."""
    return describe_counts(Counter(sorted(refusal.reason for refusal in refusals)))


def describe_counts(counts: Mapping[str, int]) -> str:
    """Counts by reason, the most frequent first; `none` if there are none."""
    descending = Counter(counts).most_common()
    return ", ".join(f"{count} {reason}" for reason, count in descending) or "none"
