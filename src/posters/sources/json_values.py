"""Reading JSON from sites: any value may be missing or of another type, which gives None."""

import json
from typing import Any

from posters.catalogue.movie_table import ALL_YEARS
from posters.errors import SourceError


def read_json(answer: bytes, what: str) -> Any:
    """Decode JSON; raises SourceError if it is malformed. `what` names it in messages."""
    try:
        return json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise unexpected(what, "JSON", answer) from error


def unexpected(what: str, expected: str, answer: bytes) -> SourceError:
    """The error for an answer of another shape."""
    return SourceError(
        f"{what} can't be read: expected {expected}, received {len(answer)} bytes beginning "
        f"{answer[:80]!r}. Try again later; if this lasts, the site has changed"
    )


def at(value: Any, *keys: str) -> Any:
    """The value under nested keys; None as soon as one is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str | None:
    """A string, each run of white space as one space; None if empty or not valid Unicode."""
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON may hold one half of a surrogate pair
        return None
    return " ".join(value.split()) or None


def integer(value: Any) -> int | None:
    """An integer; `true` is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def release_year(value: Any) -> int | None:
    """An integer in the range of release years."""
    return number if (number := integer(value)) in ALL_YEARS else None
