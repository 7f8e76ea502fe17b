"""What is written for eyes: colours, and whether anybody is there to see a progress bar."""

import os
from typing import TextIO

_CODES = {"bold": "1", "faint": "2", "red": "1;31", "yellow": "33"}


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream ends on a screen that can go back on a line."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO | None) -> str:
    """The text in a style, if it goes to a terminal and its owner does not mind.

    Args:
        text: what to print.
        style: `bold`, `faint`, `red` or `yellow`.
        stream: where it is printed; as plain text if that is no terminal, or if `NO_COLOR` is set
            (https://no-color.org).
    """
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
