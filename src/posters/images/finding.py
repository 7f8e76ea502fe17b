"""Finding the posters that a command line names: files, and folders of files."""

from collections.abc import Sequence
from pathlib import Path

from posters.images.pictures import FORMATS

SUFFIXES = {*FORMATS.values(), ".jpeg"}


def find_posters(names: Sequence[str], output: Path | None) -> tuple[list[Path], list[str]]:
    """Find picture files.

    Args:
        names: files and folders.
        output: the sheet that will be written; an earlier one does not count as a poster.

    Returns:
        The picture files in the order of their names, and a message for each name that is wrong.
    """
    found: list[Path] = []
    problems: list[str] = []
    for name in names:
        path = Path(name)
        try:
            if not name:
                problems.append("an empty name; name a file or a folder")
            elif path.is_dir():
                inside = [
                    file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES
                ]
                inside = [file for file in inside if not _is_same_file(file, output)]
                found.extend(inside)
                if not inside:
                    problems.append(f"{path}: no JPEG, PNG or WebP file in this folder")
            elif not path.exists():
                problems.append(f"{path}: no such file or folder; check the path")
            elif _is_same_file(path, output):
                problems.append(
                    f"{path}: the sheet would overwrite this poster; name another --output"
                )
            else:
                found.append(path)
        except OSError as error:
            problems.append(f"{name}: {error.strerror}; check the name and your permissions")
    return found, problems


def _is_same_file(file: Path, output: Path | None) -> bool:
    return output is not None and output.exists() and file.exists() and file.samefile(output)
