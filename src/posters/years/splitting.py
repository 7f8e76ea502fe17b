"""Who is trained on and who is tested on.

Membership is a hash of the movie's title, and all that belongs together stays on one side: movies
of one title (remakes, serials, one film under two ids) and movies whose pictures are near the same.
(By hash the catalogue holds no two near-same pictures; crops, frames and recolourings are known by
the likeness of their vectors.) Who is tested on does not depend on which top-ups are present, so
two runs of different t are tested on the same posters.

Parts: `train`, `validation`, the two tests `natural` and `balanced`, and `excluded`: movies that
belong together with one that is tested or validated on, and so are used for nothing.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from posters.errors import DataError
from posters.files import unit_interval

PARTS = ("train", "validation", "natural", "balanced", "excluded")
TESTS = ("natural", "balanced")

_ARTICLE = re.compile(r"^(the|a|an)\s+")
_ACCENTS = re.compile("[\u0300-\u036f]")
# Of ASCII, only letters and digits are what `title_key` keeps.
_ASCII_SPACES = str.maketrans(
    {character: " " for character in map(chr, range(128)) if not character.isalnum()}
)


def title_key(title: str) -> str:
    """A title without case, accents, punctuation and leading English article.

    >>> title_key("The Café, Part 2!")
    'cafe part 2'
    """
    # Only the marks of alphabets are accents; in other scripts marks are letters of their own.
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", title.casefold().strip()))
    folded = unicodedata.normalize("NFC", _ARTICLE.sub("", folded))
    if folded.isascii():
        return " ".join(folded.translate(_ASCII_SPACES).split()) or folded
    words = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded
    ).split()
    return " ".join(words) or folded


def split_catalogue(
    catalogue: pd.DataFrame,
    *,
    seed: int,
    natural: float,
    validation: float,
    near_duplicate: Iterable[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Give each movie of the catalogue its group and its part.

    Args:
        catalogue: columns `imdb_id`, `title`, `origin`; one row a movie.
        seed: other seeds give other tests.
        natural: share of the initial catalogue that becomes the natural test.
        validation: share of the remaining titles that calibrates and chooses settings.
        near_duplicate: ids of two movies whose pictures are near the same.

    Returns:
        Columns `imdb_id`, `group`, `part`, in the order of the catalogue.

    Raises:
        DataError: a part that the later stages need is empty.
    """
    key_of = {title: title_key(title) for title in set(catalogue["title"])}
    title = catalogue["title"].map(key_of)
    group = _groups(catalogue["imdb_id"], title, near_duplicate)
    origin = catalogue["origin"]
    keys = set(key_of.values())
    in_natural = title.isin({key for key in keys if unit_interval(seed, "natural", key) < natural})
    in_validation = title.isin(
        {key for key in keys if unit_interval(seed, "validation", key) < validation}
    )

    balanced = origin == "reserve"
    # A group of both tests counts in both: neither is trained on.
    tested = (origin == "initial") & in_natural
    with_tested = group.isin(set(group[balanced | tested]))
    with_validated = group.isin(set(group[in_validation & ~with_tested]))
    part = np.select(
        [balanced, tested, with_tested, in_validation, with_validated],
        ["balanced", "natural", "excluded", "validation", "excluded"],
        default="train",
    )
    split = pd.DataFrame({"imdb_id": catalogue["imdb_id"], "group": group, "part": part})
    for name in ("train", "validation", *TESTS):
        if not (split["part"] == name).any():
            raise DataError(
                f"the part {name!r} is empty with {len(split)} movies: gather more "
                "(scrape.movies, rebalance.reserve), or raise its share in `split`"
            )
    return split


def _groups(
    ids: pd.Series, title: pd.Series, near_duplicate: Iterable[tuple[str, str]]
) -> pd.Series:
    """The group of each movie, by the first of the titles in it."""
    pairs = list(near_duplicate)
    paired = ids.isin({imdb_id for pair in pairs for imdb_id in pair})
    title_of = dict(zip(ids[paired], title[paired], strict=True))
    leader: dict[str, str] = {}

    def lead(key: str) -> str:
        while key in leader:
            key = leader[key]
        return key

    for one, other in pairs:
        first, second = sorted((lead(title_of[one]), lead(title_of[other])))
        if first != second:
            leader[second] = first
    lead_of = {key: lead(key) for key in leader}
    return pd.Series([lead_of.get(key, key) for key in title], index=title.index)
