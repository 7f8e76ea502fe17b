"""What every command shares: an error on purpose is one line on stderr, never a traceback."""

import argparse
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

from posters.errors import PostersError
from posters.terminal import paint

# What a person can mend: anything else is an error of the program, and its traceback is wanted.
_OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EMFILE),
}
_KEPT = "what was fetched and embedded is kept"


class _Ended(KeyboardInterrupt):
    """A signal that asks to end, other than that of Ctrl-C."""


def run(name: str, main: Callable[[], int | None], failure: int = 1, kept: str = _KEPT) -> None:
    """Run `main` and end the process with its exit code.

    Args:
        name: the command's name, which begins the error line.
        main: does the work; returns an exit code, or None for 0.
        failure: the exit code after a `PostersError`.
        kept: what is not lost when it is cut off.
    """
    _listen()
    try:
        code = main() or 0
        _flush()
    except SystemExit as end:
        # Of argparse: after its help or its complaint.
        code = end.code if isinstance(end.code, int) else 1
        with contextlib.suppress(BrokenPipeError):
            _flush()
    except PostersError as error:
        say_error(name, str(error))
        code = failure
    except BrokenPipeError:
        # Whoever read the output has enough of it (`| head`): nothing more can be written.
        code = 0
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        say_error(
            name,
            f"{error.strerror}: {error.filename or 'the disk'}; {kept}. Mend that, then run again",
        )
        code = failure
    except KeyboardInterrupt as interrupt:
        code = 128 + (interrupt.args[0] if isinstance(interrupt, _Ended) else signal.SIGINT)
        # Whoever presses it again does not want to wait for what threads are still at.
        signal.signal(signal.SIGINT, lambda *_: os._exit(code))
        _say(f"{name}: interrupted; {kept}")
    _let_go()
    sys.exit(code)


def say_error(name: str, problem: str) -> None:
    """Say in one line on stderr what is wrong."""
    _say(f"{name}: {paint('error:', 'red', sys.stderr)} {problem}")


def say_note(name: str, note: str) -> None:
    """Say in one line on stderr what must be known beside the results."""
    _say(f"{name}: {paint('note:', 'yellow', sys.stderr)} {note}")


def _say(line: str) -> None:
    # Who closed stderr wants to hear nothing.
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def _listen() -> None:
    """Let whoever asks the process to end (`docker stop`, a closed terminal) be heard as Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ignored under nohup, and then it stays so.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    raise _Ended(number)


def _flush() -> None:
    if sys.stdout:
        sys.stdout.flush()


def _let_go() -> None:
    """Throw away what can't be written, so that Python does not complain of it when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Ctrl-C while a command's modules are still being imported is no reason for a traceback."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _excepthook


def positive(text: str) -> int:
    """A whole number of at least 1, from the command line."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text!r}"
        )
    return int(text)


def writable_png(text: str) -> Path:
    """The path of a PNG that can be written, from the command line; what is there will be replaced.

    It is tried, as permissions alone don't tell.
    """
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"expected a name that ends in .png, received {text!r}")
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; name a file in it")
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"nothing can be written into the folder of {text!r} ({error.strerror}); make it, or "
            "name another"
        ) from error
    return path
