"""What every command shares: an error on purpose is one line on stderr, never a traceback."""

import os
import sys
from collections.abc import Callable

from posters.errors import PostersError


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
    except KeyboardInterrupt:
        print(f"{name}: interrupted; what was fetched and embedded is kept", file=sys.stderr)
        code = 130
    sys.exit(code)
