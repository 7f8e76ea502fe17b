"""Finding the posters that a command line names: files, and folders of files."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from posters.images.pictures import SUFFIXES


def find_posters(
    names: Sequence[str], output: Path | None = None
) -> tuple[list[Path], list[str], int]:
    """Find picture files, in folders and the folders inside of them.

    Args:
        names: files and folders.
        output: the sheet that will be written; an earlier one does not count as a poster.

    Returns:
        The picture files in the order of their names, a message for each name that is wrong, and
        how many files in folders are passed over, as their names are not those of pictures.
    """
    found: list[Path] = []
    problems: list[str] = []
    passed_over = 0
    for name in names:
        path = Path(name)
        try:
            if not name:
                problems.append("an empty name; name a file or a folder")
            elif re.match("(?i)https?://", name):
                problems.append(
                    f"{name}: posters are not fetched from the web; save the picture and name its "
                    "file"
                )
            elif path.is_dir():
                files = list(_files_in(path, problems))
                inside = [file for file in files if _is_picture(file)]
                passed_over += len(files) - len(inside)
                inside = [file for file in inside if not _is_same_file(file, output)]
                found.extend(inside)
                if not inside:
                    problems.append(f"{path}: no picture in this folder")
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
    return found, problems, passed_over


def _is_picture(file: Path) -> bool:
    hidden = file.name.startswith(".")  # such as the `._poster.jpg` beside a Mac's `poster.jpg`
    return not hidden and file.suffix.lower() in SUFFIXES and file.is_file()


def _files_in(folder: Path, problems: list[str]) -> Iterator[Path]:
    """All files in a folder and in those inside of it.

    Of links to folders and of hidden folders, only the name is given.
    """

    def unreadable(error: OSError) -> None:
        problems.append(f"{error.filename}: {error.strerror}; check your permissions")

    for place, folders, files in os.walk(folder, onerror=unreadable):
        closed = [
            name for name in folders if name.startswith(".") or Path(place, name).is_symlink()
        ]
        folders[:] = sorted(set(folders) - set(closed))
        yield from (Path(place, name) for name in sorted(files + closed))


def _is_same_file(file: Path, output: Path | None) -> bool:
    return output is not None and output.exists() and file.exists() and file.samefile(output)
