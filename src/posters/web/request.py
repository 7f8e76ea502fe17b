"""What a request is made of: whom it may go to, what it carries, what may come back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from posters.params import FetchParams, PosterParams

PICTURES = ("image/jpeg", "image/jpg", "image/png", "image/webp")
# Some servers call their JSON text.
JSON = ("application/json", "text/json", "text/javascript", "text/plain")


@dataclass(frozen=True)
class Site:
    """A host that may be asked, and how.

    Attributes:
        per_second: requests a second at most.
        connections: at a time.
        robots: obey its robots.txt; not asked for an interface that is made for programs.
    """

    host: str
    per_second: float
    connections: int = 1
    robots: bool = True


@dataclass(frozen=True)
class Secret:
    """What goes to the first host alone and into no message, no log and no table: a key."""

    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def occurs_in(self, text: str) -> bool:
        """Whether a text gives it away."""
        return any(value in unquote(text) for value in self._values)

    def redact(self, content: bytes) -> bytes:
        """A body without it: a site may say back what it was sent."""
        for value in self._values:
            content = content.replace(value.encode(), b"[the key]")
        return content

    @property
    def _values(self) -> list[str]:
        # `Bearer` alone is no secret.
        return [value.split()[-1] for value in (*self.query.values(), *self.headers.values())]


@dataclass(frozen=True)
class Answer:
    """What was received: how many bytes, and the date the server gives it."""

    size: int
    modified: str


@dataclass(frozen=True)
class Limits:
    """What an answer may be.

    Attributes:
        media: the media types that are expected, such as `image/jpeg`; empty for any.
        max_bytes: of the body, decoded.
        seconds: for the whole body.
    """

    media: Collection[str]
    max_bytes: int
    seconds: float


def picture_limits(rules: PosterParams, settings: FetchParams) -> Limits:
    """What the answer to a request for a picture may be."""
    return Limits(PICTURES, rules.max_bytes, settings.total_timeout)
