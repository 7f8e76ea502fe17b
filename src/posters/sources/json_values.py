"""Values of an answer in JSON that may lack anything: each is of its type, or None."""

import json
from typing import Any

from posters.catalogue.movie_table import NEWEST_YEAR, OLDEST_YEAR
from posters.errors import SourceError


def read_json(answer: bytes | str, what: str) -> Any:
    """Read an answer that has to be JSON.

    Args:
        answer: as it came.
        what: whose answer it is, to name it by.

    Raises:
        SourceError: it is not JSON, or nested beyond reason.
    """
    try:
        return json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{what} can't be read: {str(error)[:100]}; expected JSON, received "
            f"{len(answer)} bytes beginning {answer[:40]!r}. Try again later"
        ) from error


def at(value: Any, *keys: str) -> Any:
    """What lies under nested keys; None as soon as one is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str | None:
    """A text with its white space made single; None when it is empty or can't be written."""
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON may hold one half of a surrogate pair
        return None
    return " ".join(value.split()) or None


def whole(value: Any) -> int | None:
    """A whole number; `true` is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def year(value: Any) -> int | None:
    """A whole number that can be a film's year."""
    number = whole(value)
    return number if number is not None and OLDEST_YEAR <= number <= NEWEST_YEAR else None
