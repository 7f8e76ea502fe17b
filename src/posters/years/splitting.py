"""The split of the catalogue into training rows with their folds, and two tests.

A hash of the title decides the part of a movie. Movies that belong together form a group, and a
group is never both tested on and trained on: movies with one title (remakes, series, one film under
two ids) and movies with near-duplicate posters. The tests don't depend on the top-ups, so runs with
different t are tested on the same posters.

Parts: `train`, the tests `natural` and `balanced`, and `excluded`: movies that are not used,
because another movie of their group is in a test. Every choice is made by cross-validation on the
training rows: each group is in one of its folds.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters.catalogue.pseudo_random import unit_interval
from posters.errors import DataError

PARTS = ("train", "natural", "balanced", "excluded")
TESTS = ("natural", "balanced")

_ARTICLE = re.compile(r"^(the|a|an)\s+")
_ACCENTS = re.compile("[\u0300-\u036f]")


class _Words(dict[int, str]):
    """For `str.translate`: letters, combining marks and numbers stay, others become spaces."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = letter if unicodedata.category(letter)[0] in "LMN" else " "
        return self[code]


_WORDS = _Words()


def title_key(title: str) -> str:
    """A title without case, accents, punctuation and leading English article.

    >>> title_key("The Café, Part 2!")
    'cafe part 2'
    """
    # Combining marks outside this block, as of Devanagari, are parts of letters.
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", title.casefold().strip()))
    folded = unicodedata.normalize("NFC", _ARTICLE.sub("", folded))
    return " ".join(folded.translate(_WORDS).split()) or folded


def split_catalogue(
    catalogue: pd.DataFrame,
    *,
    seed: int,
    natural: float,
    folds: int,
    near_duplicate: Iterable[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Assign each movie of the catalogue to a group, a part and a fold.

    `catalogue` has the columns `imdb_id`, `title` and `origin`; `natural` is the share of the
    initial catalogue that becomes the natural test; `near_duplicate` has pairs of ids of movies
    with near-duplicate posters.

    Returns:
        Columns `imdb_id`, `group`, `part`, `fold` (from 0), in the order of the catalogue.

    Raises:
        DataError: a part or a fold of the training rows is empty.
    """
    title, origin = _mapped(title_key, catalogue["title"]), catalogue["origin"]
    group = _groups(catalogue["imdb_id"], title, near_duplicate)

    in_natural = _mapped(lambda key: unit_interval(seed, "natural", key), title) < natural
    balanced = origin == "reserve"
    # If a group has movies in both tests, they stay in both: neither is trained on.
    tested = (origin == "initial") & in_natural
    number, _ = pd.factorize(group)  # faster to compare than names
    with_tested = np.isin(number, number[balanced | tested])
    part = np.select(
        [balanced, tested, with_tested], ["balanced", "natural", "excluded"], default="train"
    )
    split = pd.DataFrame(
        {
            "imdb_id": catalogue["imdb_id"],
            "group": group,
            "part": part,
            "fold": group_folds(group, seed=seed, folds=folds),
        }
    )
    more = "gather more (scrape.movies, rebalance.reserve)"
    for name in ("train", *TESTS):
        if not (split["part"] == name).any():
            raise DataError(
                f"the part {name!r} is empty with {len(split)} movies: {more}, or raise its share "
                "in `split`"
            )
    filled = split["fold"][split["part"] == "train"].nunique()
    if filled < folds:
        raise DataError(
            f"only {filled} of {folds} folds have training rows with {len(split)} movies: {more}, "
            "or lower split.folds"
        )
    return split


def group_folds(groups: Sequence[str] | pd.Series, *, seed: int, folds: int) -> NDArray[np.int64]:
    """The fold of each row, from 0: rows of one group are in one fold."""
    fold = _mapped(lambda group: unit_interval(seed, "fold", group) * folds, pd.Series(groups))
    return fold.to_numpy(np.int64)


def _groups(
    ids: pd.Series, title: pd.Series, near_duplicate: Iterable[tuple[str, str]]
) -> pd.Series:
    """The group of each movie, named by the alphabetically first title key in it."""
    title_of = dict(zip(ids.tolist(), title.tolist(), strict=True))
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while key in parent:
            key = parent[key]
        return key

    for one, other in near_duplicate:
        first, second = sorted((root(title_of[one]), root(title_of[other])))
        if first != second:
            parent[second] = first
    return _mapped(root, title)


def _mapped(function: Callable[[str], str | float], texts: pd.Series) -> pd.Series:
    """As `texts.map(function)`, which is called once for each different text."""
    rows, different = pd.factorize(texts)
    results = pd.Series([function(text) for text in different.tolist()])
    return results.take(rows).set_axis(texts.index)
