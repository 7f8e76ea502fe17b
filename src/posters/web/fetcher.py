"""One client for every site: polite, patient, and never led astray."""

import io
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable
from posters.params import FetchParams
from posters.web.addresses import host_of, is_robots_txt, redirected, without_query
from posters.web.challenge import is_challenge
from posters.web.connections import open_session
from posters.web.failures import busy, cut_short, failure, too_large
from posters.web.pace import Clock, Pace, Sleep
from posters.web.request import Answer, Limits, Secret, Site
from posters.web.robots import Robots

_CHUNK = 1 << 16
_RETRIED = frozenset({408, 429, *range(500, 600)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
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
        self._robots = Robots(robots, self._robots_txt, settings.user_agent)
        self._stopped: dict[str, SiteBlocked | SiteUnreachable] = {}
        self._without_connection: Counter[str] = Counter()

    def close(self) -> None:
        """Let nobody wait for a turn any longer, and drop the connections."""
        self._stopping.set()
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
            if failed.reason == "no connection":
                self._without_connection[host] += 1
                if self._without_connection[host] >= _UNREACHABLE_AFTER:
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
        limits = Limits(media=(), max_bytes=500 * 1024, seconds=self._settings.total_timeout)
        text = io.BytesIO()
        try:
            self.fetch(url, text, limits)
        except FetchFailed as failed:
            # RFC 9309, 2.3.1.3: a site that has no such file sets no rules. Whatever else is not
            # an answer (a firewall's empty 202 as well) leaves it unknown what is allowed.
            if failed.reason in ("HTTP 401", "HTTP 403", "HTTP 404", "HTTP 410"):
                return ""
            raise
        return text.getvalue().decode("utf-8-sig", "replace")

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
                secret = Secret()
        last = without_query(asked)
        raise FetchFailed("redirects", f"more than {self._settings.redirects}, the last to {last}")

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
                "other host", f"{host} is none of the hosts that may be asked (see fetch.hosts)"
            )
        self._refuse_stopped(host)
        if obey and self._sites[host].robots:
            delay = self._robots.check(url)
            if delay:
                self._paces[host].slow_down(delay)
        return host

    def _refuse_stopped(self, host: str) -> None:
        if host in self._stopped:
            raise self._stopped[host]

    def _ask(
        self, url: str, host: str, sink: BinaryIO, limits: Limits, secret: Secret
    ) -> Answer | str:
        """One request: the answer, written to the sink, or where it redirects to."""
        sink.seek(0)
        sink.truncate()
        try:
            response = self._session.get(
                url,
                params=dict(secret.query),
                headers={**secret.headers, "Accept": ", ".join(limits.media) or "*/*"},
                stream=True,
                allow_redirects=False,
                timeout=(self._settings.connect_timeout, self._settings.read_timeout),
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise failure(error, host) from (error if secret == Secret() else None)
        with response:
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return redirected(url, response.headers["Location"])
            if response.status_code == 401 and secret != Secret():
                self._stopped[host] = SiteBlocked(
                    f"{host} does not accept the key (status 401): check it, then run again"
                )
                raise self._stopped[host]
            try:
                self._check_head(response, host, limits)
                size = self._read(response, sink, limits)
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise failure(error, host) from (error if secret == Secret() else None)
            if "html" in response.headers.get("Content-Type", "").lower():
                sink.seek(0)
                self._stop_if_challenged(response, host, sink.read(_CHUNK))
        return Answer(url, size, response.headers.get("Last-Modified", ""))

    def _check_head(self, response: requests.Response, host: str, limits: Limits) -> None:
        """Refuse by status and headers what need not be read."""
        self._stop_if_challenged(response, host, b"")
        status = response.status_code
        if status in _RETRIED:
            failed = busy(response, host, self._settings.max_retry_after)
            if failed.retry_after is not None:
                # For the other addresses of the host; longer than that is not worth a wait.
                self._paces[host].pause(min(failed.retry_after, self._settings.max_retry_after))
            raise failed
        if status != 200:
            raise FetchFailed(f"HTTP {status}", f"{host} answered {status}, expected 200")
        # As urllib3 read it from Content-Length.
        if (response.raw.length_remaining or 0) > limits.max_bytes:
            raise too_large(limits)
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if limits.media and media not in limits.media:
            self._stop_if_challenged(response, host, self._beginning(response, limits))
            raise FetchFailed(
                "not the kind asked for",
                f"{host} sent {media or 'no Content-Type'}, expected {' or '.join(limits.media)}",
            )

    def _stop_if_challenged(self, response: requests.Response, host: str, body: bytes) -> None:
        if is_challenge(response.status_code, response.headers, body):
            self._stopped[host] = SiteBlocked(
                f"{host} answers with a firewall's challenge (status {response.status_code}): it "
                "lets browsers in, not programs, and isn't asked again in this run. What was "
                "fetched is kept. See Sources in the README for what to do"
            )
            raise self._stopped[host]

    def _beginning(self, response: requests.Response, limits: Limits) -> bytes:
        """The beginning of a body that isn't wanted; all there is of it when it is short."""
        beginning = io.BytesIO()
        try:
            self._read(response, beginning, replace(limits, max_bytes=_CHUNK))
        except FetchFailed as failed:
            if failed.again:
                raise
        return beginning.getvalue()

    def _read(self, response: requests.Response, sink: BinaryIO, limits: Limits) -> int:
        """Copy the body into the sink while it stays within its limits; its size in bytes."""
        until = self._clock() + limits.seconds
        ends_somewhere = response.raw.length_remaining is not None or response.raw.chunked
        size = 0
        # One read of the socket at a time: a server that sends a byte now and then is noticed.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > limits.max_bytes:
                raise too_large(limits)
            if self._clock() > until:
                raise FetchFailed("slow", f"not done in {limits.seconds:g} s", passing=True)
            sink.write(chunk)
        # urllib3 compares the length; without one, nothing at all is a connection that broke off
        # in the head.
        if not size and not ends_somewhere:
            raise cut_short()
        return size
