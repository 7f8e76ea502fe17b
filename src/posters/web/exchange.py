"""One request and its answer: read while it stays what was asked for, and no longer."""

import io
from dataclasses import replace
from typing import BinaryIO

import requests
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from posters.errors import FetchFailed, SiteBlocked
from posters.params import FetchParams
from posters.web.addresses import host_of, redirected
from posters.web.challenge import is_challenge
from posters.web.deadline import Deadline
from posters.web.failures import busy, cut_short, failure, slow, too_large
from posters.web.pace import Clock
from posters.web.request import Answer, Limits, Secret

_CHUNK = 1 << 16
_RETRIED = frozenset({408, 429, *range(500, 600)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Whoever may not come in today may be let in tomorrow; what is not there is not there.
_PASSING = frozenset({401, 403})


class Exchange:
    """Asks for one address, once.

    Args:
        session: reaches what may be reached.
        settings: timeouts.
        clock: a clock that never goes back, in seconds.
        url: to ask for.
        limits: what the answer may be.
    """

    def __init__(
        self,
        session: requests.Session,
        settings: FetchParams,
        clock: Clock,
        url: str,
        limits: Limits,
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._url = url
        self._host = host_of(url)
        self._limits = limits
        self.deadline = Deadline(limits.seconds)

    def ask(self, sink: BinaryIO, secret: Secret) -> Answer | str:
        """The answer, its body written to the sink, or the address it redirects to.

        Raises:
            FetchFailed: it is not what was asked for, or breaks off.
            SiteBlocked: a firewall answered, or the key is not accepted.
        """
        sink.seek(0)
        sink.truncate()
        with self.deadline:
            try:
                return self._ask(sink, secret)
            except (RequestException, HTTPError, UnicodeError) as error:
                shown = error if secret == Secret() else None
                if self.deadline.passed:
                    raise slow(self._limits) from shown
                raise failure(error, self._host) from shown

    def _ask(self, sink: BinaryIO, secret: Secret) -> Answer | str:
        with self._session.get(
            self._url,
            params=dict(secret.query),
            headers={**secret.headers, "Accept": ", ".join(self._limits.media) or "*/*"},
            stream=True,
            allow_redirects=False,
            timeout=(self._settings.connect_timeout, self._settings.read_timeout),
        ) as response:
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return redirected(self._url, response.headers["Location"])
            if response.status_code == 401 and secret != Secret():
                raise SiteBlocked(
                    f"{self._host} does not accept the key (status 401): check it, then run again"
                )
            self._check_head(response)
            size = self._read(response, sink, self._limits)
            if "html" in response.headers.get("Content-Type", "").lower():
                sink.seek(0)
                self._stop_if_challenged(response, sink.read(_CHUNK))
        return Answer(size, response.headers.get("Last-Modified", ""))

    def _check_head(self, response: requests.Response) -> None:
        """Refuse by status and headers what need not be read."""
        self._stop_if_challenged(response, b"")
        status = response.status_code
        if status in _RETRIED:
            raise busy(response, self._host, self._settings.max_retry_after)
        if status != 200:
            raise FetchFailed(
                f"HTTP {status}",
                f"{self._host} answered {status}, expected 200",
                passing=status in _PASSING,
            )
        # As urllib3 read it from Content-Length.
        if (response.raw.length_remaining or 0) > self._limits.max_bytes:
            raise too_large(self._limits)
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self._limits.media and media not in self._limits.media:
            self._stop_if_challenged(response, self._beginning(response))
            raise FetchFailed(
                "not the kind asked for",
                f"{self._host} sent {media or 'no Content-Type'}, expected "
                f"{' or '.join(self._limits.media)}",
            )

    def _stop_if_challenged(self, response: requests.Response, body: bytes) -> None:
        if is_challenge(response.status_code, response.headers, body):
            raise SiteBlocked(
                f"{self._host} answers with a firewall's challenge (status "
                f"{response.status_code}): it lets browsers in, not programs, and isn't asked "
                "again in this run. What was fetched is kept. See Sources in the README for what "
                "to do"
            )

    def _beginning(self, response: requests.Response) -> bytes:
        """The beginning of a body that isn't wanted; all there is of it when it is short."""
        beginning = io.BytesIO()
        try:
            self._read(response, beginning, replace(self._limits, max_bytes=_CHUNK))
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
            if size > limits.max_bytes or response.raw.tell() > limits.max_bytes:
                raise too_large(limits)
            if self._clock() > until:
                raise slow(limits)
            sink.write(chunk)
        if self.deadline.passed:
            # Without a length, a body that was ended looks like one that came to its end.
            raise slow(limits)
        # urllib3 compares the length; without one, nothing at all is a connection that broke off
        # in the head.
        if not size and not ends_somewhere:
            raise cut_short()
        return size
