"""What the errors of requests and urllib3 mean for whoever asked."""

import contextlib
from http.client import HTTPException
from typing import TypeVar

import requests
from requests.exceptions import (
    ConnectTimeout,
    ContentDecodingError,
    InvalidHeader,
    InvalidURL,
    MissingSchema,
    SSLError,
    Timeout,
)
from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead, ReadTimeoutError
from urllib3.exceptions import InvalidHeader as NoSuchDate
from urllib3.util import Retry

from posters.errors import FetchFailed
from posters.web.connections import PrivateAddressError
from posters.web.request import Limits

Kind = TypeVar("Kind", bound=BaseException)


def too_large(limits: Limits) -> FetchFailed:
    """The body is larger than it may be."""
    return FetchFailed("too large", f"more than {limits.max_bytes:,} bytes", ours=True)


def cut_short() -> FetchFailed:
    """The body is shorter than it should be."""
    return FetchFailed("cut short", "the answer ended before its length", passing=True, again=True)


def slow(limits: Limits) -> FetchFailed:
    """The answer takes longer than it may."""
    return FetchFailed("slow", f"not done in {limits.seconds:g} s", passing=True)


def busy(response: requests.Response, host: str, longest: float) -> FetchFailed:
    """A status that passes, after as long as the server says (`Retry-After`).

    Args:
        response: with that status.
        host: that sent it.
        longest: seconds; whoever asks to wait longer is not asked again.
    """
    status, said = response.status_code, response.headers.get("Retry-After")
    detail, wait = f"{host} answered {status}", None
    # What is neither seconds nor a date, or a date of no calendar, says nothing.
    with contextlib.suppress(NoSuchDate, ValueError):
        wait = Retry().parse_retry_after(said) if said else None
    too_long = wait is not None and wait > longest
    if too_long:
        detail += f" and asks to wait {wait:.0f} s"
    return FetchFailed(f"HTTP {status}", detail, passing=True, again=not too_long, retry_after=wait)


def failure(error: BaseException, host: str) -> FetchFailed:
    """What an error of requests or urllib3 means. Its own text is left out: it may hold a key."""
    private = _cause(error, PrivateAddressError)
    if private:
        return FetchFailed("private address", str(private), ours=True)
    if _cause(error, IncompleteRead):
        return cut_short()
    reason, detail, again = "no connection", f"{host} can't be reached", True
    if isinstance(error, SSLError):
        detail, again = f"the certificate of {host} is not trusted", False
    elif isinstance(error, Timeout | ReadTimeoutError):
        reason, detail = "timeout", f"{host} did not answer in time"
        if isinstance(error, ConnectTimeout):
            reason = "no connection"
    elif isinstance(error, DecodeError | ContentDecodingError):
        reason, detail, again = "damaged", f"{host} sent a body that can't be decompressed", False
    elif (
        isinstance(error, HTTPError | InvalidHeader)
        or _cause(error, ConnectionResetError)
        or _cause(error, HTTPException)
    ):
        reason, detail = "broken connection", f"{host} broke the connection off or sent nonsense"
    elif isinstance(error, InvalidURL | MissingSchema | UnicodeError):
        return FetchFailed("address", "it is no address")
    return FetchFailed(reason, detail, passing=True, again=again)


def _cause(error: BaseException | None, kind: type[Kind]) -> Kind | None:
    """The first error of a kind among what led to an error."""
    waiting, seen = [error], set()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        if isinstance(found, kind):
            return found
        seen.add(id(found))
        waiting += [found.__cause__, found.__context__]
        waiting += [inner for inner in found.args if isinstance(inner, BaseException)]
        reason = getattr(found, "reason", None)
        waiting += [reason] if isinstance(reason, BaseException) else []
    return None
