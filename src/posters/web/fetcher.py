"""One client for all sites: it keeps to their rules and to a list of hosts, and retries."""

import contextlib
import io
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable
from posters.params import FetchParams
from posters.web.connections import Connections, refuse_private
from posters.web.deadline import Deadline
from posters.web.exchange import Exchange
from posters.web.pace import Clock, Pace, Sleep
from posters.web.request import Limits, Secret, Site, is_host, split_url, without_query
from posters.web.robots import Robots

_BUSY = ("HTTP 408", "HTTP 429")
_ROBOTS_READ, _ROBOTS_BYTES = 500 * 1024, 2_000_000
# After so many addresses in a row without a connection, a site counts as down.
_UNREACHABLE_AFTER = 3


class Fetcher:
    """Fetches addresses.

    Args:
        sites: the allowed hosts; all others are refused, in redirects too.
        settings: timeouts, retries, and the contact that is sent to the sites.
        robots: folder in which the hosts' robots.txt are kept for a day.
        routes: for some hosts, a server on this machine that stands in for them, without a rate
            limit (see `Connections`).
        clock: a monotonic clock, in seconds.
        sleep: waits for some seconds; by default it ends early when the fetcher is closed.
    """

    def __init__(
        self,
        sites: Iterable[Site],
        settings: FetchParams,
        *,
        robots: Path,
        routes: Mapping[str, str] | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep | None = None,
    ) -> None:
        routes = routes or {}
        self._routed = frozenset(routes)
        self._closing = threading.Event()
        self._settings = settings
        self._sleep = sleep or self._sleep_until_closed
        self._sites = {site.host: site for site in sites}
        self._paces: dict[str, Pace] = {}
        for host, site in self._sites.items():
            rate = None if host in routes else site.per_second
            self._paces[host] = Pace(rate, site.connections, clock=clock, sleep=self._sleep)
        most = max((site.connections for site in self._sites.values()), default=1)
        self._connections = Connections(routes, most, settings.user_agent)
        self._robots = Robots(robots, self._fetch_robots_txt)
        self._stopped: dict[str, SiteBlocked | SiteUnreachable] = {}
        self._without_connection: Counter[str] = Counter()
        self._running: set[Deadline] = set()

    def close(self) -> None:
        """End the requests that are under way, and refuse new ones."""
        self._closing.set()
        for deadline in [*self._running]:
            deadline.end()
        self._connections.close()

    def fetch(self, url: str, sink: BinaryIO, limits: Limits, secret: Secret | None = None) -> str:
        """Fetch an address into a file, with retries, and return its `Last-Modified`.

        Args:
            url: https, on one of the sites.
            sink: an empty file for the body; written and read in binary.
            limits: of the answer.
            secret: sent to the host of `url` only.

        Raises:
            FetchFailed: the address can't be fetched; `temporary` says whether it may be later.
            SiteBlocked, SiteUnreachable: no address of this site can be fetched in this run.
        """
        target, secret = url, secret or Secret()
        # A robots.txt itself is exempt, wherever it moved to: the rules are in it.
        obey = split_url(url).path != "/robots.txt"
        for _ in range(1 + self._settings.redirects):
            host = self._check(target)
            if obey and self._sites[host].robots:
                self._obey_robots_txt(target, host)
            exchange = Exchange(self._connections, self._settings, target, limits, secret, sink)
            redirect, modified = self._request(exchange)
            if redirect is None:
                return modified
            target = redirect
            if split_url(target).hostname != host:
                if secret.occurs_in(target):
                    raise FetchFailed("redirects", f"{host} would send the key to another host")
                secret = Secret()
        last = without_query(target)
        raise FetchFailed(
            "redirects", f"more than {self._settings.redirects}, the last to {last}", own_limit=True
        )

    def _fetch_robots_txt(self, url: str) -> str:
        """A host's robots.txt; empty if there is none. FetchFailed if it can't be fetched."""
        limits = Limits(media=(), max_bytes=_ROBOTS_BYTES, seconds=self._settings.total_timeout)
        text = io.BytesIO()
        try:
            self.fetch(url, text, limits)
        except FetchFailed as failed:
            # RFC 9309, 2.3.1.3: a site that refuses the file or has none sets no rules. After any
            # other failure its rules are unknown.
            if failed.reason.startswith("HTTP 4") and failed.reason not in _BUSY:
                return ""
            if failed.reason != "too large" or not text.getvalue():
                raise
        # RFC 9309, 2.5: at least the first 500 KiB have to be read.
        return text.getvalue()[:_ROBOTS_READ].decode("utf-8-sig", "replace")

    def _sleep_until_closed(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise _closed()

    def _request(self, exchange: Exchange) -> tuple[str | None, str]:
        """Request one address, with retries; returns what `Exchange.run` does."""
        host = exchange.host
        retrying = Retrying(
            stop=stop_after_attempt(1 + self._settings.retries),
            wait=_wait_before_retry,
            retry=retry_if_exception(lambda error: isinstance(error, FetchFailed) and error.retry),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            answer = retrying(self._attempt, exchange)
        except FetchFailed as failed:
            if failed.reason != "no connection":
                self._without_connection[host] = 0
                raise
            self._without_connection[host] += 1
            if self._without_connection[host] >= _UNREACHABLE_AFTER:
                self._stopped[host] = SiteUnreachable(
                    f"{host} gave no connection {_UNREACHABLE_AFTER} times in a row "
                    f"({failed.detail}): is there a network? What was fetched is kept; run "
                    "again, and `make retry-failed` repeats the requests that failed"
                )
            raise
        self._without_connection[host] = 0
        return answer

    def _attempt(self, exchange: Exchange) -> tuple[str | None, str]:
        """One request, with its consequences for its host."""
        host, deadline = exchange.host, Deadline(exchange.limits.seconds)
        with self._paces[host].turn():
            # Another thread may have stopped the site while this one waited.
            self._refuse_stopped(host)
            self._running.add(deadline)
            try:
                return exchange.run(deadline)
            except SiteBlocked as blocked:
                self._stopped[host] = blocked
                raise
            except FetchFailed as failed:
                if self._closing.is_set():
                    raise _closed() from failed
                if failed.retry_after is not None:
                    # The pause is for the host's other addresses too, within our own limit.
                    wait = min(failed.retry_after, self._settings.max_retry_after)
                    self._paces[host].pause(wait)
                raise
            finally:
                self._running.discard(deadline)

    def _check(self, url: str) -> str:
        """Check that an address is allowed, and return its host."""
        parts = split_url(url)
        host = parts.hostname or ""
        # No user, no password, no other port.
        netlocs = (host, f"[{host}]", f"{host}:443", f"[{host}]:443")
        if parts.scheme != "https" or parts.netloc.lower() not in netlocs or not is_host(host):
            raise FetchFailed(
                "address",
                f"{without_query(url)} is not allowed, expected https://host/path and a host of at "
                "most 253 characters, 63 between dots",
            )
        if host not in self._sites:
            raise FetchFailed(
                "other host",
                f"{host} is not one of the allowed hosts (see fetch.hosts)",
                own_limit=True,
            )
        if host not in self._routed:
            with contextlib.suppress(ValueError):  # a name, not an IP address
                refuse_private(host, host)
        self._refuse_stopped(host)
        return host

    def _obey_robots_txt(self, url: str, host: str) -> None:
        delay, limit = self._robots.check(url), self._settings.max_retry_after
        if delay and delay > limit:
            self._stopped[host] = SiteUnreachable(
                f"{host} asks for {delay:g} s between two requests (Crawl-delay), more than "
                f"fetch.max_retry_after ({limit:g}): it gets no request"
            )
            raise self._stopped[host]
        self._paces[host].slow_down(delay or 0)

    def _refuse_stopped(self, host: str) -> None:
        if self._closing.is_set():
            raise _closed()
        if host in self._stopped:
            raise self._stopped[host]


def _closed() -> FetchFailed:
    return FetchFailed("stopped", "the run ended", temporary=True)


def _wait_before_retry(state: RetryCallState) -> float:
    """Seconds before the next attempt: what the server asks, or exponential with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, FetchFailed) and error.retry_after is not None:
        return error.retry_after
    return wait_exponential_jitter(initial=1, max=30, jitter=1)(state)
