"""Turns at a host: so many requests a second, so many connections at a time, and pauses obeyed."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator

_JITTER = 0.3
Clock = Callable[[], float]
Sleep = Callable[[float], None]


class Pace:
    """Lets threads at a host one after the other, never faster than agreed.

    Args:
        per_second: requests a second at most; None for as many as come (a server of our own).
        connections: requests at a time at most.
        clock: a clock that never goes back, in seconds.
        sleep: waits for so many seconds.
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
        """Let nobody in for so long: the host asked for it."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold a connection until the block ends."""
        with self._connections:
            while wait := self._book():
                self._sleep(wait)
            yield

    def _book(self) -> float:
        """Take the next turn and return 0, or return how long it is until there is one."""
        with self._lock:
            now = self._clock()
            if now < self._free_at:
                return self._free_at - now
            # Jitter only ever lengthens the interval: the agreed rate is an upper bound.
            self._free_at = now + self._interval * random.uniform(1, 1 + _JITTER)
            return 0.0
