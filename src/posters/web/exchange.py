"""One request and its answer, which is read only while it stays within its limits."""

import contextlib
from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import BinaryIO
from urllib.parse import urlencode, urljoin

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    IncompleteRead,
    InvalidHeader,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Retry

from posters.errors import FetchFailed, SiteBlocked
from posters.params import FetchParams
from posters.web.challenge import is_challenge
from posters.web.connections import Connections
from posters.web.deadline import Deadline
from posters.web.request import Limits, Secret, split_url

_CHUNK = 1 << 16
_BUSY = frozenset({408, 429, *range(500, 600)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A site that forbids access today may allow it another day.
_FORBIDDEN = frozenset({401, 403})


@dataclass
class Exchange:
    """A request, and its answer, whose body is written to `sink`."""

    connections: Connections
    settings: FetchParams
    url: str
    limits: Limits
    secret: Secret
    sink: BinaryIO

    @property
    def host(self) -> str:
        """The host of the address."""
        return split_url(self.url).hostname or ""

    def run(self, deadline: Deadline) -> tuple[str | None, str]:
        """Send the request, once more after a failure; the deadline ends it.

        Returns:
            The address that the answer redirects to, None if it was received; `Last-Modified`.

        Raises:
            FetchFailed: the answer is not acceptable, or the connection broke.
            SiteBlocked: a firewall answered, or the key is not accepted.
        """
        self.sink.seek(0)
        self.sink.truncate()
        self._deadline = deadline
        with deadline:
            try:
                return self._run()
            except (HTTPError, UnicodeError) as error:
                # The text of the error may contain the key.
                cause = error if self.secret == Secret() else None
                if deadline.passed:
                    raise self._slow() from cause
                raise failure(error, self.host) from cause

    def _run(self) -> tuple[str | None, str]:
        query = urlencode(self.secret.query)
        url = self.url + ("&" if "?" in self.url else "?") + query if query else self.url
        headers = {**self.secret.headers, "Accept": ", ".join(self.limits.media) or "*/*"}
        timeout = Timeout(connect=self.settings.connect_timeout, read=self.settings.read_timeout)
        response = self.connections.get(url, headers, timeout)
        with contextlib.closing(response):
            if response.status in _REDIRECTS and "Location" in response.headers:
                return self._redirect(response.headers["Location"]), ""
            if response.status == 401 and self.secret != Secret():
                raise SiteBlocked(
                    f"{self.host} does not accept the key (status 401): check it, then run again"
                )
            self._check_head(response)
            self._read(response)
            if "html" in response.headers.get("Content-Type", "").lower():
                self.sink.seek(0)
                self._stop_if_challenged(response, self.sink.read(_CHUNK))
        return None, response.headers.get("Last-Modified", "")

    def _redirect(self, location: str) -> str:
        try:
            # Headers are decoded as Latin-1, but servers send UTF-8.
            return urljoin(self.url, location.encode("latin-1").decode("utf-8", "replace"))
        except ValueError as error:
            raise FetchFailed("address", "it redirects to an invalid address") from error

    def _check_head(self, response: BaseHTTPResponse) -> None:
        self._stop_if_challenged(response, b"")
        status = response.status
        if status in _BUSY:
            raise self._busy(response)
        if status != 200:
            raise FetchFailed(
                f"HTTP {status}",
                f"{self.host} answered {status}, expected 200",
                temporary=status in _FORBIDDEN,
            )
        if (response.length_remaining or 0) > self.limits.max_bytes:
            raise self._too_large()
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self.limits.media and media not in self.limits.media:
            beginning = _beginning(response)
            self._stop_if_challenged(response, beginning)
            self._check_whole(response, len(beginning))
            expected = " or ".join(self.limits.media)
            sent = repr(media[:80]) if media else "no Content-Type"
            detail = f"{self.host} sent {sent}, expected {expected}"
            raise FetchFailed("wrong media type", detail)

    def _busy(self, response: BaseHTTPResponse) -> FetchFailed:
        """The server can't answer now; it may name the seconds to wait (`Retry-After`)."""
        detail, wait = f"{self.host} answered {response.status}", None
        # A header that is neither seconds nor a possible date is ignored.
        with contextlib.suppress(InvalidHeader, ValueError, OverflowError):
            wait = Retry().get_retry_after(response)
        too_long = wait is not None and wait > self.settings.max_retry_after
        if too_long:
            detail += f" and asks to wait {wait:.0f} s"
        return FetchFailed(
            f"HTTP {response.status}", detail, temporary=True, retry=not too_long, retry_after=wait
        )

    def _stop_if_challenged(self, response: BaseHTTPResponse, body: bytes) -> None:
        if is_challenge(response.status, response.headers, body):
            raise SiteBlocked(
                f"{self.host} answers with a firewall's challenge (status {response.status}): it "
                "admits browsers but not programs, and gets no further request in this run. What "
                "was fetched is kept. See Sources in the README for what to do"
            )

    def _read(self, response: BaseHTTPResponse) -> None:
        size = 0
        while chunk := response.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            # Compressed bytes count too: endless ones may decompress to nothing.
            if max(size, response.tell()) > self.limits.max_bytes:
                raise self._too_large()
            self.sink.write(chunk)
        self._check_whole(response, size)

    def _check_whole(self, response: BaseHTTPResponse, size: int) -> None:
        # Without a length, an answer that the deadline ended looks like a whole one.
        if self._deadline.passed:
            raise self._slow()
        # Without a length, an empty body is a connection that broke after the headers.
        if not (size or response.chunked or response.length_remaining is not None):
            raise _cut_short()

    def _too_large(self) -> FetchFailed:
        return FetchFailed(
            "too large", f"more than {self.limits.max_bytes:,} bytes", own_limit=True
        )

    def _slow(self) -> FetchFailed:
        return FetchFailed("slow", f"not done in {self.limits.seconds:g} s", temporary=True)


def _beginning(response: BaseHTTPResponse) -> bytes:
    """At least the first 64 KiB of a body. `read` would obey a chunk's negative length."""
    beginning = b""
    while len(beginning) < _CHUNK and (piece := response.read1(_CHUNK, decode_content=True)):
        beginning += piece
    return beginning


def _cut_short() -> FetchFailed:
    return FetchFailed(
        "cut short", "the answer ended before its length", temporary=True, retry=True
    )


def failure(error: Exception, host: str) -> FetchFailed:
    """Translate an error of urllib3, without its text, which may contain a key."""
    reason, detail, again = "no connection", f"{host} can't be reached", True
    match error:
        case LocationValueError() | UnicodeError():
            return FetchFailed("address", "not a valid address")
        case HTTPError(args=[_, IncompleteRead()]):
            return _cut_short()
        case NewConnectionError() | ConnectTimeoutError() | ProxyError():
            pass
        case SSLError(args=[SSLCertVerificationError(), *_]):
            detail, again = f"the certificate of {host} is not trusted", False
        case ReadTimeoutError():
            reason, detail = "timeout", f"{host} did not answer in time"
        case DecodeError():
            reason, detail = "damaged", f"{host} sent a body that can't be decompressed"
            again = False
        case _:
            reason, detail = "broken connection", f"{host} closed the connection or sent junk"
    return FetchFailed(reason, detail, temporary=True, retry=again)
