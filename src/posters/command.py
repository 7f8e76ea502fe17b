"""What every command shares: an error on purpose is one line on stderr, never a traceback."""

import argparse
import errno
import os
import sys
from collections.abc import Callable

from posters.errors import PostersError

# What a person can mend: anything else is an error of the program, and its traceback is wanted.
_OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EMFILE),
}


def run(name: str, main: Callable[[], int | None], failure: int = 1) -> None:
    """Run `main` and end the process with its exit code.

    Args:
        name: the command's name, which begins the error line.
        main: does the work; returns an exit code, or None for 0.
        failure: the exit code after a `PostersError`.
    """
    try:
        code = main() or 0
    except PostersError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        code = failure
    except BrokenPipeError:
        # Whoever read the output has enough of it (`| head`): nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        print(
            f"{name}: error: {error.strerror}: {error.filename or 'the disk'}; what was fetched "
            "and embedded is kept. Mend that, then run again",
            file=sys.stderr,
        )
        code = failure
    except KeyboardInterrupt:
        print(f"{name}: interrupted; what was fetched and embedded is kept", file=sys.stderr)
        code = 130
    sys.exit(code)


def positive(text: str) -> int:
    """A whole number of at least 1, from the command line."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text!r}"
        )
    return int(text)
