"""Taking movies from a source into a catalogue: each poster is checked, or refused and counted."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm

from posters.catalogue.entries import Entry, Origin, Refusal
from posters.catalogue.examining import Examined, Examiner
from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Source
from posters.errors import FetchFailed, PosterRefused, SourceError
from posters.images.perceptual_hash import HashIndex, difference_hash
from posters.images.pictures import read_image, to_rgb
from posters.params import PosterParams

# A source that offers no poster of a movie has not failed, and neither has a picture known already.
_NO_FAILURE = frozenset({"no poster", "not listed", "duplicate", "outside the years"})
# Below so many posters a share means nothing.
_ENOUGH_TO_JUDGE = 20
# When so many in a row fail, more than all candidates of a few years, nothing will come of it.
_HOPELESS = 1000
# A picture that so many movies wear is no poster of any of them.
_SUSPICIOUS_REPEATS = 3


class Gatherer:
    """Accepts or refuses movies; never an id twice, never a picture twice.

    Posters that are expected are fetched and examined ahead, several at a time; which movie gets
    in is decided in the order they are asked for alone. A context manager: leaving it ends what is
    under way.

    Args:
        source: where the posters come from.
        rules: what a poster must be like, and which two pictures are the same.
        folders: where the posters of each origin are written, named by the movie's id.
        years: movies of other years are refused.
        max_failed: the share of posters that may fail before the whole run does.
        wanted: how many movies are wanted in all.

    Attributes:
        source: as given.
        refusals: every poster that was refused, in order, with its reason.
        passing: how many of them were refused for a reason that may pass.
    """

    def __init__(
        self,
        source: Source,
        rules: PosterParams,
        folders: Mapping[Origin, Path],
        years: range,
        max_failed: float,
        wanted: int,
    ) -> None:
        self.refusals: list[Refusal] = []
        self.source = source
        self._folders = folders
        self._max_pixels = rules.max_pixels
        self.passing = 0
        self._max_failed = max_failed
        self._wanted = wanted
        self._last_failure = ""
        self._in_a_row = 0
        self._accepted = 0
        self._failed: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._by_sha256: dict[str, str] = {}
        self._near_duplicates = HashIndex(rules.near_duplicate)
        self._repeats: Counter[str] = Counter()
        self._examiner = Examiner(source, rules, years)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._examiner.close()

    def know(self, entries: Iterable[Entry], folder: Path) -> None:
        """Remember movies accepted earlier, so that none of them comes in again.

        Args:
            entries: rows of a catalogue.
            folder: what their `file` is relative to.
        """
        for entry in entries:
            picture = to_rgb(read_image(folder / entry.file, self._max_pixels))
            self._remember(entry.imdb_id, entry.sha256, difference_hash(picture))

    def knows(self, movie: Movie) -> bool:
        """Whether a movie was accepted or refused already."""
        return movie.imdb_id in self._ids

    def expect(self, movies: Iterable[Movie]) -> None:
        """Begin to fetch posters that will be asked for; those of other movies are no help."""
        self._examiner.expect(movie for movie in movies if not self.knows(movie))

    def gather(self, movie: Movie, origin: Origin) -> Entry | None:
        """Fetch a movie's poster, check it, and keep it for a part of the catalogue.

        Returns:
            The row for the catalogue; None when its id is known already (nothing is asked for) or
            its poster was refused (`refusals` says why).

        Raises:
            SourceError: too many posters failed, or nothing more can be had from the source.
        """
        if self.knows(movie):
            return None
        # Known from now on: a refused movie isn't asked for again under the same id.
        self._ids.add(movie.imdb_id)
        found: Examined | None = None
        try:
            found = self._examiner.examine(movie)
            self._refuse_duplicate(found)
        except (PosterRefused, FetchFailed) as refused:
            self._refuse(movie, origin, refused, found.url if found else "")
            return None
        self._accepted += 1
        self._in_a_row = 0
        self._remember(movie.imdb_id, found.sha256, found.picture_hash)
        name = movie.imdb_id + found.extension
        # The stage puts the whole folder in place at the end: no need to do so with each file.
        (self._folders[origin] / name).write_bytes(found.content)
        return Entry(
            imdb_id=movie.imdb_id,
            title=movie.title,
            year=movie.year,
            file=f"posters/{origin}/{name}",
            source=self.source.name,
            poster_url=found.url,
            sha256=found.sha256,
            width=found.width,
            height=found.height,
            origin=origin,
        )

    def finish(self) -> None:
        """Judge the run at its end.

        Raises:
            SourceError: more posters failed than may.
        """
        if self._too_many(self._accepted):
            self._stop()

    def repeated(self) -> list[str]:
        """Movies whose picture so many others wear that it may stand for "no poster"."""
        return sorted(name for name, n in self._repeats.items() if n >= _SUSPICIOUS_REPEATS)

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
        if isinstance(refused, FetchFailed) and refused.passing:
            self.passing += 1
        if refused.reason not in _NO_FAILURE:
            self._failed[refused.reason] += 1
            self._last_failure = refused.detail
            self._in_a_row += 1
            # Whatever else is accepted, the share will be too large; or nothing ever is accepted.
            if self._too_many(self._wanted) or self._in_a_row >= _HOPELESS:
                self._stop()

    def _too_many(self, accepted: int) -> bool:
        failed = self._failed.total()
        asked = accepted + failed
        return asked >= _ENOUGH_TO_JUDGE and failed > self._max_failed * asked

    def _stop(self) -> NoReturn:
        failed = self._failed.total()
        reason, count = self._failed.most_common(1)[0]
        raise SourceError(
            f"{failed} of {self._accepted + failed} posters can't be used, more than "
            f"scrape.max_failed ({self._max_failed:g}) allows; most often ({count} times): "
            f"{reason}, the last: {self._last_failure}. What was fetched is kept. Mend the cause "
            "and run again; `make retry-failed` asks again for what failed for passing reasons"
        )

    def _refuse_duplicate(self, found: Examined) -> None:
        same = self._by_sha256.get(found.sha256)
        if same:
            self._repeats[same] += 1
            raise PosterRefused("duplicate", f"the same file as the poster of {same}")
        near = self._near_duplicates.find(found.picture_hash)
        if near:
            self._repeats[near] += 1
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


def notes(gatherer: Gatherer) -> list[str]:
    """What a person should be told after a source was asked, a line each."""
    source = gatherer.source
    said = [source.attribution] if source.attribution else []
    left_out = source.describe()["left_out"]
    if left_out:
        counts = ", ".join(f"{reason} ({number})" for reason, number in left_out.items())
        said.append(f"left out of the listings: {counts}")
    repeated = gatherer.repeated()
    if repeated:
        said.append(
            f"many movies wear the poster of {', '.join(repeated)}: if it stands for no poster, "
            "add its sha256 (data/*.csv) to posters.placeholders"
        )
    if gatherer.passing:
        said.append(
            f"{gatherer.passing} posters failed for reasons that may pass: make retry-failed asks "
            "again"
        )
    return said


def show_failures(bar: "tqdm[NoReturn]", gatherer: Gatherer) -> None:
    """Write the number of refusals beside a progress bar's rate and time left."""
    if not bar.disable:
        bar.set_postfix(refused=len(gatherer.refusals), refresh=False)


class Queue:
    """Movies in their order, the next one to be seen before it is tried.

    Args:
        movies: in the order they are to be tried.
        gatherer: tries them; those it knows already are passed over.
    """

    def __init__(self, movies: Iterator[Movie], gatherer: Gatherer) -> None:
        self._movies = movies
        self._gatherer = gatherer
        self._seen: deque[Movie] = deque()

    def upcoming(self, number: int) -> list[Movie]:
        """The next so many movies; fewer when they end."""
        if self._seen:
            self._seen = deque(movie for movie in self._seen if not self._gatherer.knows(movie))
        while len(self._seen) < number and (movie := next(self._movies, None)):
            if not self._gatherer.knows(movie):
                self._seen.append(movie)
        return [*islice(self._seen, number)]

    def first_accepted(self, origin: Origin) -> Entry | None:
        """Try movies in their order until one is accepted; None when they end."""
        while upcoming := self.upcoming(1):
            self._seen.popleft()
            entry = self._gatherer.gather(upcoming[0], origin)
            if entry:
                return entry
        return None
