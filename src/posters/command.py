"""What all commands share: one-line errors on stderr, exit codes, signals, colours, arguments."""

import argparse
import contextlib
import gc
import io
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

_SETUP = "run `make setup`, then use .venv/bin/python instead"

if sys.version_info < (3, 11):  # noqa: UP036 (first, as older versions fail at the lines below)
    sys.exit(f"this needs Python 3.11 or newer, and {sys.executable} is older: {_SETUP}")

from posters.errors import PageError, PostersError  # noqa: E402

# Read by NumPy when it is imported: its idle threads sleep after 2^22 cycles, about a millisecond.
# Otherwise they keep their cores busy for 20 milliseconds; at once, single searches take longer.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "22")

# Rows of a large table are no garbage: with Python's 700, collecting takes a fifth of the time.
gc.set_threshold(100_000)

HOST = "127.0.0.1"
"""Of all pages and servers: they have no password."""

_STYLES = {"bold": "1", "faint": "2", "red": "1;31", "yellow": "33"}
_KEPT = "everything fetched and embedded so far is kept"


def run(
    name: str,
    main: Callable[[], int | None],
    failure: int = 1,
    kept: str = _KEPT,
    may_be_cut_off: bool = False,
    end_at_once: bool = False,
) -> None:
    """Run `main` and end the process with its exit code (None: 0).

    Expected errors are printed as one line that begins with `name`; the exit code is then
    `failure`. Only programming errors show a traceback. `kept` says what is not lost.

    Output that can't be written is an error, so that DVC takes no stage for done that is not.
    `may_be_cut_off` allows the reader to stop reading (`| head`). `end_at_once` leaves it, after
    success, to the operating system to free the memory, which takes Python with OpenVINO a tenth of
    a second, and with TensorFlow or MLflow more than one.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        # `docker stop` and a closed terminal end the command as Ctrl-C does; nohup still works.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        # Escape the characters of titles that the terminal's encoding lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if sys.stdout is None:
            raise PostersError("its output is closed (>&-): send it to a file or to /dev/null")
        try:
            code = main() or 0
        except SystemExit as end:  # argparse, after --help or a wrong argument
            code = int(end.code or 0)
        sys.stdout.flush()
    except PostersError as error:
        print_error(name, str(error))
        code = failure
    except BrokenPipeError:
        code = 0
        if not may_be_cut_off:
            print_error(name, f"nobody reads its output to the end; {kept}. Run it again")
            code = failure
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
    if end_at_once and not code:  # a failure may leave a second process, which `sys.exit` waits for
        os._exit(code)
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
    with contextlib.suppress(OSError):  # stderr may be closed or full
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


def _excepthook(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
    """Print no traceback for what may happen while a command still imports its modules."""
    missing = isinstance(error, ModuleNotFoundError) and error.name
    if missing and not missing.startswith(("posters", "sample_posters")):
        name = Path(sys.argv[0]).stem
        print_error(name, f"{missing} is not installed for {sys.executable}: {_SETUP}")
    elif not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _excepthook
if sys.stderr is None:  # closed (2>&-): print would take stdout instead
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


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


def check_port(port: int) -> None:
    """Check that a page can be served at a port.

    Raises:
        PageError: the port is taken, or is no port.
    """
    try:
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else error
        raise unusable_port(port, reason) from error


def unusable_port(port: int, reason: object) -> PageError:
    """The error for a port at which no page can be served."""
    return PageError(
        f"the page can't be served at port {port} ({reason}): stop the program that uses it, "
        "or choose another port with `--port` (`make`: `PORT=...`)"
    )


def add_port_argument(parser: argparse.ArgumentParser, default: int) -> None:
    """Add `--port`."""
    parser.add_argument(
        "--port",
        type=positive,
        default=default,
        metavar="N",
        help="port of the page or server on this machine (default %(default)s)",
    )


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--model`: see `model_choice.model_folder`."""
    parser.add_argument(
        "--model",
        choices=("auto", "pretrained", "own"),
        default="auto",
        help="own: of your last `dvc repro`; pretrained: the one in git, which learned from real "
        "posters; auto (the default): own, unless that learned from generated posters",
    )


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
