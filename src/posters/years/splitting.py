"""The split of the catalogue into training, validation and test parts.

A hash of the title decides the part of a movie. Movies that belong together form a group, and a
group is never both tested on and trained on: movies with one title (remakes, series, one film under
two ids) and movies with near-duplicate posters. The tests don't depend on the top-ups, so runs with
different t are tested on the same posters.

Parts: `train`, `validation`, the tests `natural` and `balanced`, and `excluded`: movies that are
not used, because another movie of their group is in a test or in the validation part.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from posters.catalogue.pseudo_random import unit_interval
from posters.errors import DataError

PARTS = ("train", "validation", "natural", "balanced", "excluded")
TESTS = ("natural", "balanced")

_ARTICLE = re.compile(r"^(the|a|an)\s+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def title_key(title: str) -> str:
    """A title without case, accents, punctuation and leading English article.

    >>> title_key("The Café, Part 2!")
    'cafe part 2'
    """
    # Combining marks outside this block, as of Devanagari, are parts of letters.
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", title.casefold().strip()))
    folded = unicodedata.normalize("NFC", _ARTICLE.sub("", folded))
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
    """Assign each movie of the catalogue to a group and a part.

    Args:
        catalogue: columns `imdb_id`, `title`, `origin`.
        seed: of the natural test and the validation part.
        natural: share of the initial catalogue that becomes the natural test.
        validation: share of the remaining titles that becomes the validation part.
        near_duplicate: pairs of ids of movies with near-duplicate posters.

    Returns:
        Columns `imdb_id`, `group`, `part`, in the order of the catalogue.

    Raises:
        DataError: a part that later stages need is empty.
    """
    key_of = {title: title_key(title) for title in set(catalogue["title"])}
    title, origin = catalogue["title"].map(key_of), catalogue["origin"]
    group = _groups(catalogue["imdb_id"], title, near_duplicate)

    def drawn(name: str, share: float) -> pd.Series:
        return title.map(lambda key: unit_interval(seed, name, key) < share).astype(bool)

    in_natural, in_validation = drawn("natural", natural), drawn("validation", validation)
    balanced = origin == "reserve"
    # If a group has movies in both tests, they stay in both: neither is trained on.
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
    """The group of each movie, named by the alphabetically first title key in it."""
    title_of = dict(zip(ids, title, strict=True))
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while key in parent:
            key = parent[key]
        return key

    for one, other in near_duplicate:
        first, second = sorted((root(title_of[one]), root(title_of[other])))
        if first != second:
            parent[second] = first
    return title.map(root)
