"""Writing files so that half of one never stands under its name, and naming content by digest."""

import contextlib
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or a folder to; rename it when all went well.

    What stood at `path` before is replaced at the end only. After an error nothing is left over.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_over in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        process = left_over.name.split(".")[-2]
        if left_over == beside or not _is_running(process):
            _remove(left_over)
    try:
        yield beside
        if beside.is_dir() and path.exists():
            shutil.rmtree(path)
        beside.replace(path)
    finally:
        _remove(beside)


def _is_running(process: str) -> bool:
    """Whether what wrote a partial file still does: a run that was killed left its own behind."""
    try:
        os.kill(int(process), 0)
    except (ValueError, OverflowError):
        return True  # none of ours
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as beside:
        beside.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with line feeds, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, keys in their order; a NaN is an error."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256(content: bytes) -> str:
    """The SHA-256 digest of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The SHA-256 digest of a file's content, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unit_interval(*parts: object) -> float:
    """A number in [0, 1) that depends on `parts` alone: the same on every machine, in any order."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
