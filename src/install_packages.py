"""Install the packages of a lock file with pip, and show how much time is left.

make setup
.venv/bin/python src/install_packages.py requirements.lock

It needs no package but pip, whose own progress is one bar for each package.
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import os
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

from posters.errors import PostersError

PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
# Python compiles modules when it first imports them, and two thirds are never imported. Where it
# may not, each process would compile them again.
OPTIONS = ("--no-deps", *(() if sys.dont_write_bytecode else ("--no-compile",)))
LOG_INTERVAL = 10.0
"""Seconds between two lines, if stderr is no terminal."""


def main() -> None:
    """Install what is missing.

    Raises:
        PostersError: pip failed; its errors are printed.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path, help="a file with a line NAME==VERSION for each package")
    lock = parser.parse_args().lock
    locked = [line for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
    packages = sum(";" not in line for line in locked)  # the others may be of another system
    in_terminal, start = command.is_terminal(sys.stderr), time.monotonic()
    printed: list[str] = []
    with subprocess.Popen(
        [*PIP, *OPTIONS, "--progress-bar", "off", "--requirement", str(lock)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},  # lines come at once
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        reader = threading.Thread(target=lambda: printed.extend(pip.stdout or ()))
        reader.start()
        before = _installed()
        while reader.is_alive():
            # pip fetches all packages, then it installs all; both take about as long.
            present = sum(line.startswith("Requirement already") for line in printed)
            fetched = sum(line.startswith("Collecting ") for line in printed)
            todo = 2 * max(packages - present, fetched, 1)
            done = (fetched + _installed() - before) / todo
            _show(done, time.monotonic() - start, in_terminal)
            reader.join(0.1 if in_terminal else LOG_INTERVAL)
    if in_terminal:
        print("\r\x1b[K", end="", file=sys.stderr)
    if pip.returncode:
        errors = [number for number, line in enumerate(printed) if line.startswith("ERROR")]
        print("".join(printed[errors[0] if errors else 0 :]), end="", file=sys.stderr)
        raise PostersError(f"the packages of {lock} can't be installed: is there a network?")
    print(f"set-up: the packages took {time.monotonic() - start:.0f} s", file=sys.stderr)


def _installed() -> int:
    """The number of installed packages; pip writes this file last."""
    folder = Path(sysconfig.get_path("purelib"))
    return sum(1 for _ in folder.glob("*.dist-info/INSTALLER"))


def _show(done: float, seconds: float, in_terminal: bool) -> None:
    """One line that is rewritten in a terminal, else a line of its own."""
    line = f"set-up: {min(done, 0.99):.0%} of the packages"
    if done > 0.02:
        line += f", about {seconds * max(1 / done - 1, 0.01):.0f} s left"
    start, end = ("\r\x1b[K", "") if in_terminal else ("", "\n")
    print(f"{start}{line}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    command.run("set-up", main, kept="packages that are installed are kept")
