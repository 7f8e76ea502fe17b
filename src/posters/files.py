"""Bounded reading and atomic writing of files, and SHA-256 digests."""

import contextlib
import csv
import errno
import glob
import hashlib
import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posters import paths
from posters.errors import DataError

# With the apostrophes that a text already has before the sign, so that one can be removed again.
# \uff..: the same signs in full width. No text begins with a tab or a line break (see `Movie`).
FORMULA = "'*[=+\\-@\uff1d\uff0b\uff0d\uff20]"
"""How a text begins that a spreadsheet would run as a formula."""

_DAMAGE = (
    *(OSError, EOFError, LookupError, ValueError, TypeError, csv.Error),
    *(zipfile.BadZipFile, zlib.error),
)
"""What `numpy.load`, `csv` and the use of what they read raise for a missing or damaged file."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path for a file or a folder; on success, move it to `path`.

    After an error the old content of `path` is unchanged and the temporary file is deleted.
    Whatever killed processes left behind is put back or deleted first. `path` is never an
    incomplete folder; there is none for the moment between two renames.
    """
    partial, old = _temporary(path, os.getpid())
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        process = leftover.name.removeprefix(f".{path.name}.").split(".")[0]
        if process == str(os.getpid()) or not _is_running(process):
            _clear(path, *_temporary(path, process))
    try:
        yield partial
        if partial.is_dir() and path.exists():
            path.replace(old)
        partial.replace(path)
    finally:
        _clear(path, partial, old)


def _temporary(path: Path, process: int | str) -> tuple[Path, Path]:
    """Where a process keeps the new and the old content of `path`."""
    name = f".{path.name}.{process}"
    return path.with_name(f"{name}.partial"), path.with_name(f"{name}.old.partial")


def _clear(path: Path, partial: Path, old: Path) -> None:
    """Put back the old content unless there is a new one, and delete the rest."""
    if old.exists() and not path.exists():
        old.replace(path)
    _remove(partial)
    if old.exists():
        # Under another name while it is deleted: what is put back must be complete.
        old.replace(partial)
        _remove(partial)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):  # not ours, or another user's
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Read a regular file of at most `max_bytes` bytes.

    Raises:
        OSError: it can't be opened; it is a folder, a FIFO or a device; or it is larger (its
            `errno` is `EFBIG`). `strerror` says which.
        ValueError: the path has a NUL character.
    """
    # Without O_NONBLOCK, opening a FIFO would wait until another process writes to it.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it has more than {max_bytes:,} bytes", str(path))
    return content


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with line feeds, atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON in the order of its keys.

    Raises:
        ValueError: `content` holds a NaN or an infinity.
    """
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256(content: bytes) -> str:
    """The SHA-256 digest as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The SHA-256 digest of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(file: Path, problem: object) -> DataError:
    """The error for a file of a model or a catalogue in `data/` or `pretrained/`, or of a network.

    Networks of the pretrained model are in `.cache/networks`.
    """
    name, remedy = f"data/{file.parent.name}", "run `dvc repro`"
    if file.is_relative_to(paths.cache()):
        name, remedy = f".cache/networks/{file.parent.name}", "delete it, and it is built again"
    if file.is_relative_to(paths.PRETRAINED):
        name, remedy = f"pretrained/{file.parent.name}", "run `git checkout -- pretrained`"
    reason = problem.strerror if isinstance(problem, OSError) else problem
    return DataError(f"{name} is damaged ({file.name}: {reason}): {remedy}")


@contextlib.contextmanager
def unless_damaged(file: Path) -> Iterator[None]:
    """While a file is read and checked, what is raised becomes the error `damaged`."""
    try:
        yield
    except _DAMAGE as error:
        raise damaged(file, error) from error
