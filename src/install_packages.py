"""Install the packages of a lock file, several at a time, and show how much time is left.

make setup
.venv/bin/python src/install_packages.py requirements.lock

It needs no packages but pip. One pip fetches and installs one package after the other, and shows
no progress while it installs. Here several work at once, each on a few packages.
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
# The lock names all dependencies. A package that an interrupted pip left half-installed is
# installed again.
OPTIONS = ["--no-deps", "--force-reinstall"]
if not sys.dont_write_bytecode:
    # Python compiles modules when it first imports them. Two thirds are never imported.
    OPTIONS.append("--no-compile")
BATCH = 12
PIPS = max(2, min(4, os.cpu_count() or 1))
LARGE = {"tensorflow": 100, "ray": 12, "openvino": 10, "pyarrow": 8, "gradio": 8, "scipy": 6}
"""How long large packages take, in packages of usual size; to estimate the time left."""
BYTES = 6e6
"""What is fetched of such a package in the time that half of a package of usual size takes."""
LOG_INTERVAL = 10.0
"""Seconds between two lines, if stderr is no terminal."""


class Batch:
    """A pip that fetches and installs some packages; its temporary files are in a folder."""

    def __init__(self, requirements: list[str], folder: Path) -> None:
        folder.mkdir()
        self.folder, self.log = folder, folder / "pip.log"
        self.weight = sum(map(weight, requirements))
        self.fetched = 0
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *INSTALL, *OPTIONS, *requirements],
                env=os.environ | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def done(self) -> float:
        """How much of `weight` is done; what is fetched counts for half of it at most."""
        if self.process.poll() is not None:
            return self.weight
        with contextlib.suppress(FileNotFoundError):  # pip has just removed its files
            wheels = self.folder.glob("pip-unpack-*/*.whl")
            self.fetched = max(self.fetched, sum(wheel.stat().st_size for wheel in wheels))
        return min(self.fetched / BYTES, self.weight) / 2


class Progress:
    """One line that is rewritten in a terminal; elsewhere a line now and then."""

    def __init__(self, total: float) -> None:
        self.total, self.start = total, time.monotonic()
        self.is_terminal = command.is_terminal(sys.stderr)
        self.next = self.start

    def show(self, done: float) -> None:
        """Show the share that is done, and the time left at the speed so far."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + (0.2 if self.is_terminal else LOG_INTERVAL)
        line = f"set-up: {done / self.total:.0%} of the packages"
        if done:
            left = (now - self.start) * (self.total - done) / done
            line += f", about {left:.0f} s left"
        self.print(line, end="" if self.is_terminal else "\n")

    def print(self, line: str, end: str = "\n") -> None:
        """Print a line in the place of the one before."""
        with contextlib.suppress(OSError):  # nobody reads it
            print(("\r\x1b[K" if self.is_terminal else "") + line, end=end, file=sys.stderr)
            sys.stderr.flush()


def main() -> int:
    """Install what is missing; on failure, show what pip printed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path, help="a file with a line NAME==VERSION for each package")
    requirements = missing(parser.parse_args().lock)
    if not requirements:
        return 0
    progress = Progress(sum(map(weight, requirements)))
    with tempfile.TemporaryDirectory() as folder:
        failed = install(requirements, Path(folder), progress)
        if failed:
            progress.print(failed.log.read_text(encoding="utf-8", errors="replace"), end="")
            return 1
    progress.print(f"set-up: the packages took {time.monotonic() - progress.start:.0f} s")
    return 0


def missing(lock: Path) -> list[str]:
    """The lock's requirements that are not installed, the slowest first."""
    installed = {
        (normal(found.name), found.version)
        for found in distributions()
        if found.read_text("INSTALLER")  # pip writes it last
    }
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
    found = [line for line in lines if pinned(line) not in installed]
    return sorted(found, key=weight, reverse=True)


def install(requirements: list[str], folder: Path, progress: Progress) -> Batch | None:
    """Install with several pips; after a failure the others finish, and the failed one returns."""
    started: list[Batch] = []
    try:
        while True:
            running = [batch for batch in started if batch.process.poll() is None]
            failed = next((batch for batch in started if batch.process.returncode), None)
            while requirements and not failed and len(running) < PIPS:
                # A large package is a batch of its own.
                size = 1 if weight(requirements[0]) > BATCH else BATCH
                running.append(Batch(requirements[:size], folder / str(len(started))))
                started.append(running[-1])
                del requirements[:size]
            if not running:
                return failed
            progress.show(sum(batch.done() for batch in started))
            time.sleep(0.1)
    finally:
        for batch in started:
            batch.process.terminate()
            batch.process.wait()


def weight(requirement: str) -> float:
    """How long a package takes, in packages of usual size."""
    return LARGE.get(pinned(requirement)[0], 1)


def pinned(requirement: str) -> tuple[str, str]:
    """Name and version.

    >>> pinned("ruamel.yaml_clib==0.2.15 ; python_full_version < '3.12'")
    ('ruamel-yaml-clib', '0.2.15')
    """
    name, version = requirement.split(";")[0].split("==")
    return normal(name), version.strip()


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    command.run("set-up", main, kept="packages that are installed are kept")
