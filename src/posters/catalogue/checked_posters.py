"""Checking posters, and keeping the results: no accepted file is decoded twice."""

import contextlib
import json
from pathlib import Path
from typing import NamedTuple

import PIL

from posters import images
from posters.errors import PosterRefused
from posters.files import sha256, write_text
from posters.images.perceptual_hash import difference_hash
from posters.images.pictures import FORMATS, large_in_turn, to_rgb
from posters.images.poster_checks import check_poster
from posters.params import PosterParams


class CheckedPoster(NamedTuple):
    """What is known of a poster that passed all checks of a single picture."""

    sha256: str
    picture_hash: int
    width: int
    height: int
    extension: str


class PosterChecks:
    """Checks posters, and keeps what is known of the accepted ones in a file of `folder`.

    The file is begun anew when anything else changes that a result depends on: the rules, the code
    of `posters.images`, or Pillow.
    """

    def __init__(self, rules: PosterParams, folder: Path) -> None:
        self._rules = rules
        self._file = folder / "checked_posters.json"
        code = b"".join(path.read_bytes() for path in sorted(Path(images.__path__[0]).glob("*.py")))
        self._inputs = sha256(f"{PIL.__version__} {rules.model_dump_json()}".encode() + code)
        self._known: dict[str, CheckedPoster] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):  # none yet, or a damaged one
            inputs, posters = json.loads(self._file.read_bytes())
            if inputs == self._inputs:
                self._known = {values[0]: CheckedPoster(*values) for values in posters}

    def check(self, content: bytes) -> CheckedPoster:
        """Check the file of a poster; several threads may.

        Raises:
            PosterRefused: `placeholder`, or as `check_poster` does.
        """
        digest = sha256(content)
        if digest not in self._known:
            checked = large_in_turn(content, lambda: _check(content, digest, self._rules))
            self._known[digest] = checked
        return self._known[digest]

    def save(self) -> None:
        """Keep the results for the next run."""
        posters = [*self._known.copy().values()]
        write_text(self._file, json.dumps([self._inputs, posters]))


def _check(content: bytes, digest: str, rules: PosterParams) -> CheckedPoster:
    image = check_poster(content, rules)
    if digest in rules.placeholders:
        raise PosterRefused("placeholder", "the file is one of posters.placeholders")
    picture_hash = difference_hash(to_rgb(image))
    return CheckedPoster(
        digest, picture_hash, image.width, image.height, FORMATS[str(image.format)]
    )
