"""The posters that a command line names: files, and folders of them."""

from collections.abc import Sequence
from pathlib import Path

from posters.images.pictures import FORMATS

SUFFIXES = {*FORMATS.values(), ".jpeg"}


def find_posters(named: Sequence[str], output: Path | None) -> tuple[list[Path], list[str]]:
    """The picture files that the arguments name, in order, and what is wrong with the others.

    Args:
        named: files and folders.
        output: the sheet that will be written; one of an earlier time is no poster.
    """
    found: list[Path] = []
    problems: list[str] = []
    for name in named:
        path = Path(name)
        try:
            if not name:
                problems.append("an empty name; name a file or a folder")
            elif path.is_dir():
                inside = sorted(
                    file
                    for file in path.iterdir()
                    if file.suffix.lower() in SUFFIXES and not _is_same(file, output)
                )
                found.extend(inside)
                if not inside:
                    problems.append(f"{path}: no JPEG, PNG or WebP file in this folder")
            elif not path.exists():
                problems.append(f"{path}: no such file or folder; check the path")
            elif _is_same(path, output):
                problems.append(f"{path}: the sheet would take its place; name another --output")
            else:
                found.append(path)
        except OSError as error:
            problems.append(f"{name}: {error.strerror}; check the name and your permissions")
    return found, problems


def _is_same(file: Path, output: Path | None) -> bool:
    """Whether a file is the one that will be written."""
    return output is not None and output.exists() and file.exists() and file.samefile(output)
