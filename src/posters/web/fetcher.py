"""One client for every site: polite, patient, and never led astray."""

import io
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable
from posters.params import PRODUCT, FetchParams
from posters.web.addresses import host_of, ip_literal, is_robots_txt, without_query
from posters.web.connections import PrivateAddressError, open_session, refuse_private
from posters.web.exchange import Exchange
from posters.web.pace import Clock, Pace, Sleep
from posters.web.request import Answer, Limits, Secret, Site
from posters.web.robots import Robots

_BUSY = ("HTTP 408", "HTTP 429")
_ROBOTS_READ, _ROBOTS_BYTES = 500 * 1024, 2_000_000
# So many addresses in a row without a connection, each retried, and the site is taken to be down.
_UNREACHABLE_AFTER = 3


class Fetcher:
    """Gets addresses, one method: `fetch`.

    Args:
        sites: the hosts that may be asked; every other one is refused, redirects included.
        settings: timeouts, retries, and whom the sites can write to.
        robots: folder that the hosts' robots.txt are kept in for a day.
        routes: for some hosts a server on this machine that stands in, `http://127.0.0.1:8000`;
            no rate limit holds there.
        clock, sleep: time, as seen by whoever waits for a turn.
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
        self._stopping = threading.Event()
        self._settings = settings
        self._clock = clock
        self._sleep = sleep or self._wait_unless_closed
        self._sites = {site.host: site for site in sites}
        self._paces = {
            site.host: Pace(
                None if site.host in routes else site.per_second,
                site.connections,
                clock=clock,
                sleep=self._sleep,
            )
            for site in self._sites.values()
        }
        self._session = open_session(
            routes,
            connections=max((site.connections for site in self._sites.values()), default=1),
            user_agent=settings.user_agent,
        )
        self._robots = Robots(robots, self._robots_txt, PRODUCT)
        self._stopped: dict[str, SiteBlocked | SiteUnreachable] = {}
        self._without_connection: Counter[str] = Counter()
        self._under_way: set[Exchange] = set()

    def close(self) -> None:
        """Begin nothing more, end what is under way, and drop the connections."""
        self._stopping.set()
        for exchange in [*self._under_way]:
            exchange.deadline.end()
        self._session.close()

    def fetch(
        self, url: str, sink: BinaryIO, limits: Limits, secret: Secret | None = None
    ) -> Answer:
        """Get an address into a file, trying again what is worth it.

        Args:
            url: https, on one of the sites.
            sink: an empty file to write the body to; read and written in binary.
            limits: what the answer may be.
            secret: sent to the host of `url` and no other.

        Raises:
            FetchFailed: the address can't be had; `passing` says whether it might be later.
            SiteBlocked, SiteUnreachable: this site can't be asked any more in this run.
        """
        retrying = Retrying(
            stop=stop_after_attempt(1 + self._settings.retries),
            wait=self._pause,
            retry=retry_if_exception(lambda error: isinstance(error, FetchFailed) and error.again),
            sleep=self._sleep,
            reraise=True,
        )
        host = host_of(url)
        try:
            answer = retrying(self._follow, url, sink, limits, secret or Secret())
        except FetchFailed as failed:
            row = self._without_connection[host] + 1 if failed.reason == "no connection" else 0
            self._without_connection[host] = row
            if row >= _UNREACHABLE_AFTER:
                self._stopped[host] = SiteUnreachable(
                    f"{host} gave no connection {_UNREACHABLE_AFTER} times in a row "
                    f"({failed.detail}): is there a network? What was fetched is kept; run "
                    "again, and `make retry-failed` asks again for what failed"
                )
            raise
        self._without_connection[host] = 0
        return answer

    def _robots_txt(self, url: str) -> str:
        """A host's robots.txt; empty where there is none.

        Raises:
            FetchFailed: it can't be known.
        """
        limits = Limits(media=(), max_bytes=_ROBOTS_BYTES, seconds=self._settings.total_timeout)
        text = io.BytesIO()
        try:
            self.fetch(url, text, limits)
        except FetchFailed as failed:
            # RFC 9309, 2.3.1.3: a site that refuses the file, or has none, sets no rules. Whatever
            # else is no answer (a firewall's empty 202 as well) leaves it unknown what is allowed.
            if failed.reason.startswith("HTTP 4") and failed.reason not in _BUSY:
                return ""
            if failed.reason != "too large" or not text.getvalue():
                raise
        # 2.5: at least the first 500 KiB have to be read.
        return text.getvalue()[:_ROBOTS_READ].decode("utf-8-sig", "replace")

    def _wait_unless_closed(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise FetchFailed("stopped", "the run ended", passing=True)

    def _pause(self, state: RetryCallState) -> float:
        """How long until the next attempt: as the server asks, else exponential with jitter."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, FetchFailed) and error.retry_after is not None:
            return error.retry_after
        return wait_exponential_jitter(initial=1, max=30, jitter=1)(state)

    def _follow(self, url: str, sink: BinaryIO, limits: Limits, secret: Secret) -> Answer:
        """One attempt, through every redirect."""
        asked = url
        # A robots.txt is looked for wherever it moved to: what would allow that is in it.
        obey = not is_robots_txt(url)
        for _ in range(1 + self._settings.redirects):
            host = self._check(asked, obey)
            with self._paces[host].turn():
                # Another thread may have learnt it while this one waited.
                self._refuse_stopped(host)
                answer = self._ask(asked, host, sink, limits, secret)
            if isinstance(answer, Answer):
                return answer
            asked = answer
            if host_of(asked) != host:
                if secret.occurs_in(asked):
                    raise FetchFailed("redirects", f"{host} would hand the key to another host")
                secret = Secret()
        last = without_query(asked)
        raise FetchFailed(
            "redirects", f"more than {self._settings.redirects}, the last to {last}", ours=True
        )

    def _check(self, url: str, obey: bool) -> str:
        """The host of an address that may be asked; `obey` its robots.txt."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise FetchFailed("address", "it is no address") from error
        if parts.scheme != "https" or parts.username is not None or port not in (None, 443):
            raise FetchFailed(
                "address", f"{without_query(url)} is not plain https, and nothing else is asked"
            )
        if host not in self._sites:
            raise FetchFailed(
                "other host",
                f"{host} is none of the hosts that may be asked (see fetch.hosts)",
                ours=True,
            )
        if (literal := ip_literal(host)) and host not in self._routed:
            try:
                refuse_private(host, literal)
            except PrivateAddressError as error:
                raise FetchFailed("private address", str(error), ours=True) from error
        self._refuse_stopped(host)
        if obey and self._sites[host].robots:
            delay = self._robots.check(url)
            if delay and delay > self._settings.max_retry_after:
                self._stopped[host] = SiteUnreachable(
                    f"{host} asks for {delay:g} s between two requests (Crawl-delay), more than "
                    f"fetch.max_retry_after ({self._settings.max_retry_after:g}): it is left alone"
                )
                raise self._stopped[host]
            if delay:
                self._paces[host].slow_down(delay)
        return host

    def _refuse_stopped(self, host: str) -> None:
        if self._stopping.is_set():
            raise FetchFailed("stopped", "the run ended", passing=True)
        if host in self._stopped:
            raise self._stopped[host]

    def _ask(
        self, url: str, host: str, sink: BinaryIO, limits: Limits, secret: Secret
    ) -> Answer | str:
        """One request: the answer, written to the sink, or where it redirects to."""
        exchange = Exchange(self._session, self._settings, self._clock, url, limits)
        self._under_way.add(exchange)
        try:
            return exchange.ask(sink, secret)
        except SiteBlocked as blocked:
            self._stopped[host] = blocked
            raise
        except FetchFailed as failed:
            if self._stopping.is_set():
                raise FetchFailed("stopped", "the run ended", passing=True) from failed
            if failed.retry_after is not None:
                # For the other addresses of the host; longer than that is not worth a wait.
                self._paces[host].pause(min(failed.retry_after, self._settings.max_retry_after))
            raise
        finally:
            self._under_way.discard(exchange)
