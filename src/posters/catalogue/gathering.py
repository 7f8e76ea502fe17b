"""Taking movies from a source into a catalogue: each poster is accepted, or refused and counted."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NoReturn, Self

from posters.catalogue.entries import Entry, Origin, Refusal
from posters.catalogue.examining import CheckedPoster, fetch_checked_poster
from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Source
from posters.errors import FetchFailed, PosterRefused, SourceError
from posters.images.perceptual_hash import HashIndex, difference_hash
from posters.images.pictures import read_image, to_rgb
from posters.params import Params

# Refusals that are not failures of a source: it has no poster, or the movie is not needed.
_NO_FAILURE = frozenset({"no poster", "not listed", "duplicate", "outside the years"})
# The share of failures is not judged on fewer posters than this.
MIN_POSTERS_TO_JUDGE = 20
# More than all candidates of a few years: the rest would fail as well.
MAX_CONSECUTIVE_FAILURES = 1000
# A picture of so many movies may be the site's picture for "no poster".
MIN_SUSPICIOUS_REPEATS = 3


class FailureLimit:
    """Counts posters that failed, and stops a run in which too many do.

    Args:
        max_failed: the share of posters that may fail.
        wanted: how many movies the run needs.
    """

    def __init__(self, max_failed: float, wanted: int) -> None:
        self._max_failed = max_failed
        self._wanted = wanted
        self._accepted = 0
        self._consecutive = 0
        self._reasons: Counter[str] = Counter()
        self._last_detail = ""

    def count_accepted(self) -> None:
        """Count a poster that was accepted."""
        self._accepted += 1
        self._consecutive = 0

    def count_failure(self, reason: str, detail: str) -> None:
        """Count a failure; raises SourceError when the run can only end with too many."""
        self._reasons[reason] += 1
        self._consecutive += 1
        self._last_detail = detail
        if self._exceeded(self._wanted) or self._consecutive >= MAX_CONSECUTIVE_FAILURES:
            self._stop()

    def check(self) -> None:
        """Raise SourceError if more posters failed than allowed."""
        if self._exceeded(self._accepted):
            self._stop()

    def _exceeded(self, accepted: int) -> bool:
        failed = self._reasons.total()
        tried = accepted + failed
        return tried >= MIN_POSTERS_TO_JUDGE and failed > self._max_failed * tried

    def _stop(self) -> NoReturn:
        failed = self._reasons.total()
        reason, count = self._reasons.most_common(1)[0]
        raise SourceError(
            f"{failed} of {self._accepted + failed} posters can't be used, more than "
            f"scrape.max_failed ({self._max_failed:g}) allows; most often ({count} times): "
            f"{reason}, the last: {self._last_detail}. Fetched posters are kept. Fix the cause and "
            "run again; `make retry-failed` retries temporary failures"
        )


class Gatherer:
    """Accepts or refuses movies; never the same id or the same picture twice.

    `prefetch` fetches and checks posters ahead, several at a time; the result depends only on the
    order of `gather`. A context manager: leaving it cancels what was prefetched.

    Args:
        source: where the posters come from.
        params: `posters` and `scrape` are used: rules for posters, years, share of failures.
        folders: where the posters of each origin are written.
        wanted: how many movies the run needs.

    Attributes:
        refusals: the refused movies in order.
        temporary_failures: how many of them may succeed another day.
    """

    def __init__(
        self, source: Source, params: Params, folders: Mapping[Origin, Path], wanted: int
    ) -> None:
        self.source = source
        self.refusals: list[Refusal] = []
        self.temporary_failures = 0
        self._rules = params.posters
        self._years = params.scrape.years
        self._folders = folders
        self._limit = FailureLimit(params.scrape.max_failed, wanted)
        self._ids: set[str] = set()
        self._by_sha256: dict[str, str] = {}
        self._near_duplicates = HashIndex(params.posters.near_duplicate)
        self._repeats: Counter[str] = Counter()
        self._prefetched: dict[str, Future[CheckedPoster]] = {}
        self._pool = ThreadPoolExecutor(source.connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def add_known(self, entries: Iterable[Entry], folder: Path) -> None:
        """Register movies accepted earlier, so that they are not accepted again.

        Args:
            entries: rows of a catalogue.
            folder: the folder that their `file` is relative to.
        """
        for entry in entries:
            picture = to_rgb(read_image(folder / entry.file, self._rules.max_pixels))
            self._register(entry.imdb_id, entry.sha256, difference_hash(picture))

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
            The row for the catalogue; None if the movie is known already or its poster was refused
            (see `refusals`).

        Raises:
            SourceError: too many posters failed, or nothing more can be fetched from the source.
        """
        if self.knows(movie):
            return None
        self._ids.add(movie.imdb_id)
        poster: CheckedPoster | None = None
        try:
            prefetched = self._prefetched.pop(movie.imdb_id, None)
            poster = prefetched.result() if prefetched else self._fetch(movie)
            self._refuse_duplicate(poster)
        except (PosterRefused, FetchFailed) as refused:
            self._refuse(movie, origin, refused, poster.url if poster else "")
            return None
        self._limit.count_accepted()
        self._register(movie.imdb_id, poster.sha256, poster.picture_hash)
        name = movie.imdb_id + poster.extension
        # Not an atomic write: the stage moves the whole folder into place at its end.
        (self._folders[origin] / name).write_bytes(poster.content)
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{name}",
            source=self.source.name,
            poster_url=poster.url,
            sha256=poster.sha256,
            width=poster.width,
            height=poster.height,
            origin=origin,
        )

    def check_failures(self) -> None:
        """Raise SourceError if more posters failed than allowed; to be called at the end."""
        self._limit.check()

    def notes(self) -> list[str]:
        """Notes for the user about the source and its posters, one line each."""
        lines = [self.source.attribution] if self.source.attribution else []
        left_out = self.source.describe()["left_out"]
        if left_out:
            counts = ", ".join(f"{reason} ({number})" for reason, number in left_out.items())
            lines.append(f"left out of the listings: {counts}")
        repeated = sorted(
            imdb_id for imdb_id, n in self._repeats.items() if n >= MIN_SUSPICIOUS_REPEATS
        )
        if repeated:
            lines.append(
                f"many movies have the same poster as {', '.join(repeated)}: if it means that "
                "there is no poster, add its sha256 (data/*.csv) to posters.placeholders"
            )
        if self.temporary_failures:
            lines.append(
                f"{self.temporary_failures} posters failed for temporary reasons: "
                "`make retry-failed` retries them"
            )
        return lines

    def _fetch(self, movie: Movie) -> CheckedPoster:
        return fetch_checked_poster(self.source, movie, self._rules, self._years)

    def _register(self, imdb_id: str, digest: str, picture_hash: int) -> None:
        self._ids.add(imdb_id)
        self._by_sha256[digest] = imdb_id
        self._near_duplicates.add(picture_hash, imdb_id)

    def _refuse_duplicate(self, poster: CheckedPoster) -> None:
        kind, original = "file", self._by_sha256.get(poster.sha256)
        if original is None:
            kind, original = "picture", self._near_duplicates.find(poster.picture_hash)
        if original is not None:
            self._repeats[original] += 1
            raise PosterRefused("duplicate", f"the same {kind} as the poster of {original}")

    def _refuse(
        self, movie: Movie, origin: Origin, refused: PosterRefused | FetchFailed, url: str
    ) -> None:
        self.refusals.append(
            Refusal(movie.imdb_id, movie.year, origin, refused.reason, refused.detail)
        )
        if self.source.ledger and isinstance(refused, PosterRefused):
            url = url or refused.url or movie.poster
            self.source.ledger.refuse(imdb_id=movie.imdb_id, address=url, reason=str(refused))
            if refused.reason == "unreadable":
                self.source.ledger.distrust(url, str(refused))
        if isinstance(refused, FetchFailed) and refused.temporary:
            self.temporary_failures += 1
        if refused.reason not in _NO_FAILURE:
            self._limit.count_failure(refused.reason, refused.detail)


class Queue:
    """Movies of a source in order, fetched ahead and tried until one is accepted.

    Args:
        movies: in the order in which they are tried.
        gatherer: accepts or refuses them; movies that it knows are skipped.
    """

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


def describe_refusals(refusals: Iterable[Refusal]) -> str:
    """How many posters were refused for each reason, such as `3 missing, 1 too small`."""
    counts = Counter(sorted(refusal.reason for refusal in refusals))
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common()) or "none"
