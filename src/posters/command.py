"""What all commands share: one-line errors on stderr, exit codes, signals, colours, arguments."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from posters.errors import PostersError

_STYLES = {"bold": "1", "faint": "2", "red": "1;31", "yellow": "33"}
_KEPT = "everything fetched and embedded so far is kept"


def run(name: str, main: Callable[[], int | None], failure: int = 1, kept: str = _KEPT) -> None:
    """Run `main` and end the process with its exit code (None: 0).

    Expected errors are printed as one line that begins with `name`; the exit code is then
    `failure`. Only programming errors show a traceback. `kept` says what is not lost.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        # `docker stop` and a closed terminal end the command as Ctrl-C does; nohup still works.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)
    try:
        code = main() or 0
        print(end="", flush=True)
    except PostersError as error:
        print_error(name, str(error))
        code = failure
    except BrokenPipeError:  # the reader of the output has closed it (`| head`)
        code = 0
    except OSError as error:
        if error.errno is None:  # not raised by the operating system
            raise
        place = error.filename or "the disk"
        print_error(name, f"{error.strerror}: {place}; {kept}. Fix this, then run again")
        code = failure
    except KeyboardInterrupt as interrupt:
        code = 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
        # A second Ctrl-C ends the process at once, without waiting for its threads.
        signal.signal(signal.SIGINT, lambda *_: os._exit(code))
        _print_line(f"{name}: interrupted; {kept}")
    finally:
        _discard_unwritable_output()
    sys.exit(code)


def print_error(name: str, problem: str) -> None:
    """Print an error as one line on stderr."""
    _print_line(f"{name}: {paint('error:', 'red', sys.stderr)} {printable(problem)}")


def print_note(name: str, note: str) -> None:
    """Print a remark on the results as one line on stderr."""
    _print_line(f"{name}: {paint('note:', 'yellow', sys.stderr)} {printable(note)}")


def printable(text: str) -> str:
    r"""Escape what a terminal would obey or hide, such as control characters in a file's name.

    >>> printable("a\x1b[2J.jpg")
    'a\\x1b[2J.jpg'
    """
    # Joiners, which belong to the spelling of some languages, do not count as printable.
    return "".join(
        letter if letter.isprintable() or letter in "\u200c\u200d" else ascii(letter)[1:-1]
        for letter in text
    )


def _print_line(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # stderr may be closed
        print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, _: object) -> None:
    raise KeyboardInterrupt(number)


def _discard_unwritable_output() -> None:
    """Redirect closed streams, or Python prints a warning when it flushes them at exit."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _excepthook(kind: type[BaseException], *error: Any) -> None:
    # Ctrl-C while a command still imports its modules needs no traceback.
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, *error)


sys.excepthook = _excepthook


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO | None) -> str:
    """Style a text: `bold`, `faint`, `red` or `yellow`.

    Unchanged unless `stream` is a terminal and `NO_COLOR` (https://no-color.org) is not set.
    """
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def positive(text: str) -> int:
    """Parse a command-line argument that is a whole number of at least 1."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text!r}"
        )
    return int(text)


def writable_png(text: str) -> Path:
    """Parse a command-line argument that names a PNG file to write or replace."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"expected a name that ends in .png, received {text!r}")
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; name a file in it")
    try:
        # Permissions alone don't show whether a file can be created.
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"can't write to the folder of {text!r} ({error.strerror}): create it, or name another"
        ) from error
    return path
