"""Requests: the sites they may go to, what they send, and what is accepted in return."""

import re
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from posters.params import FetchParams, PosterParams

PICTURES = ("image/jpeg", "image/jpg", "image/png", "image/webp")
# Some servers label their JSON as text.
JSON = ("application/json", "text/json", "text/javascript", "text/plain")


@dataclass(frozen=True)
class Site:
    """An allowed host.

    Attributes:
        per_second: requests a second at most.
        connections: requests at a time at most.
        robots: obey its robots.txt; not needed for an interface for programs.
    """

    host: str
    per_second: float
    connections: int = 1
    robots: bool = True


@dataclass(frozen=True)
class Secret:
    """A key. It is sent to the first host only, and appears in no message, log or table."""

    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def occurs_in(self, text: str) -> bool:
        """Whether a text contains the key."""
        return any(value in unquote(text) for value in self._values)

    def redact(self, content: bytes) -> bytes:
        """A body without the key: a site may send back what it received."""
        for value in self._values:
            content = content.replace(value.encode(), b"[the key]")
        return content

    @property
    def _values(self) -> list[str]:
        # The last word: "Bearer" alone is not secret.
        return [value.split()[-1] for value in (*self.query.values(), *self.headers.values())]


@dataclass(frozen=True)
class Limits:
    """The answers that are accepted.

    Attributes:
        media: media types, such as `image/jpeg`; empty for any.
        max_bytes: of the decoded body.
        seconds: for the whole exchange.
    """

    media: Collection[str]
    max_bytes: int
    seconds: float


def picture_limits(rules: PosterParams, settings: FetchParams) -> Limits:
    """The limits for a picture."""
    return Limits(PICTURES, rules.max_bytes, settings.total_timeout)


def split_url(url: str) -> SplitResult:
    """The parts of a URL; all empty if it is malformed."""
    try:
        url.encode()  # a UnicodeError for lone surrogates, which JSON may contain
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def is_host(name: str) -> bool:
    """Whether a name can be a host's: 253 characters at most, 63 a label (RFC 1035, 2.3.4)."""
    try:
        encoded = name[:254].encode("idna")
    except UnicodeError:  # a label is empty or too long
        return False
    return re.fullmatch(rb"[\w.:-]{1,253}", encoded) is not None


def without_query(url: str) -> str:
    """The URL as it may be shown: without query and user, where a site may repeat the key.

    Long ones are cut, and control characters escaped, as a terminal would obey them.
    """
    parts = split_url(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return quote(shown[:200], safe=string.punctuation)
