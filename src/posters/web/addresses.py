"""The parts of an address that whoever asks has to know; one that is none has no parts."""

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

from posters.errors import FetchFailed

_NONE = urlsplit("")


def host_of(url: str) -> str:
    """The host in lower case; empty where there is none."""
    return _split(url).hostname or ""


def ip_literal(host: str) -> str | None:
    """The host, if it is an IP address rather than a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def is_robots_txt(url: str) -> bool:
    """Whether it is the file in which a site says what programs may ask for."""
    return _split(url).path == "/robots.txt"


def without_query(url: str) -> str:
    """As it may be shown: a site that redirects may repeat the key that it was sent."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def redirected(url: str, location: str) -> str:
    """Where an answer redirects to.

    Args:
        url: that was asked for.
        location: as the header says it, relative or not.

    Raises:
        FetchFailed: that is no address.
    """
    try:
        # Headers are read as Latin-1, and servers write UTF-8.
        return urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))
    except ValueError as error:
        raise FetchFailed("address", "it redirects to what is no address") from error


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return _NONE
