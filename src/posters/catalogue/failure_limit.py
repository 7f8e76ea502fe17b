"""When to stop gathering: if more posters fail than allowed, the rest would fail as well."""

from collections import Counter

from posters.errors import SourceError

# Refusals that are not failures of a source: it has no poster, or the movie is not needed.
_NO_FAILURE = frozenset({"no poster", "not listed", "duplicate"})
# The share of failures is not judged on fewer posters than this.
MIN_POSTERS_TO_JUDGE = 20
# More than all candidates of a few years.
MAX_CONSECUTIVE_FAILURES = 1000


class FailureLimit:
    """Counts accepted and failed posters; every method but `accept` may raise SourceError.

    Args:
        max_failed: the largest share of failures.
        wanted: how many posters the run needs.
    """

    def __init__(self, max_failed: float, wanted: int) -> None:
        self._max_failed = max_failed
        self._wanted = wanted
        self._accepted = 0
        self._failures: Counter[str] = Counter()
        self._consecutive = 0
        self._last = ""

    def accept(self) -> None:
        """Count a poster that was accepted."""
        self._accepted += 1
        self._consecutive = 0

    def refuse(self, reason: str, detail: str) -> None:
        """Count a poster that was refused, if it is a failure of the source."""
        if reason in _NO_FAILURE:
            return
        self._failures[reason] += 1
        self._consecutive += 1
        self._last = detail
        # If all other movies succeeded, would there still be too many failures?
        self._stop_if_too_many(self._wanted)

    def check(self) -> None:
        """Judge the share of failures at the end of a run."""
        self._stop_if_too_many(self._accepted)

    def _stop_if_too_many(self, accepted: int) -> None:
        failed = self._failures.total()
        tried = accepted + failed
        limit = f"more than scrape.max_failed ({self._max_failed:g}) allows"
        if self._consecutive >= MAX_CONSECUTIVE_FAILURES:
            limit = f"the last {MAX_CONSECUTIVE_FAILURES} in a row"
        elif tried < MIN_POSTERS_TO_JUDGE or failed <= self._max_failed * tried:
            return
        reason, count = self._failures.most_common(1)[0]
        raise SourceError(
            f"{failed} of {self._accepted + failed} posters can't be used, {limit}; most often "
            f"({count} times): {reason}, the last: {self._last}. Fetched posters are kept. Fix the "
            "cause and run again; `make retry-failed` retries temporary failures"
        )
