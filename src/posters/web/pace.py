"""The pace of requests to one host: rate, connections at a time, and pauses."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator

_JITTER = 0.3
Clock = Callable[[], float]
Sleep = Callable[[float], None]


class Pace:
    """Lets threads send their requests to a host one after another, at a limited rate.

    Args:
        per_second: requests a second at most; None for no limit (a server on this machine).
        connections: requests at a time at most.
        clock, sleep: in seconds, as of `time`.
    """

    def __init__(
        self, per_second: float | None, connections: int, *, clock: Clock, sleep: Sleep
    ) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._connections = threading.BoundedSemaphore(connections)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def slow_down(self, interval: float) -> None:
        """Leave at least `interval` seconds between requests from now on (`Crawl-delay`)."""
        self._interval = max(self._interval, interval)

    def pause(self, seconds: float) -> None:
        """Send nothing for some seconds (`Retry-After`)."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; one connection is taken until the block ends."""
        with self._connections:
            while wait := self._take_turn():
                self._sleep(wait)
            yield

    def _take_turn(self) -> float:
        """Take the next turn and return 0, or return the seconds until there is one."""
        with self._lock:
            now = self._clock()
            if now < self._free_at:
                return self._free_at - now
            # The jitter only lengthens the interval: the rate is an upper bound.
            self._free_at = now + self._interval * random.uniform(1, 1 + _JITTER)
            return 0.0
