"""Who is trained on and who is tested on.

Membership is a hash of the movie's group, and a group is all movies of one title: remakes, serials
and one film under two ids never straddle a split. (Same and near-same pictures can't: the catalogue
holds no two.) Nothing in it depends on which top-ups are present, so no movie changes sides when t
changes and two runs are tested on the same posters.

Parts: `train`, `validation`, the two tests `natural` and `balanced`, and `excluded`: movies that
share a title with a tested one, and so are neither trained nor tested on.
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from posters.errors import DataError
from posters.files import unit_interval

PARTS = ("train", "validation", "natural", "balanced", "excluded")
TESTS = ("natural", "balanced")

_ARTICLE = re.compile(r"^(the|a|an)\s+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def title_key(title: str) -> str:
    """A title without case, accents, punctuation and leading English article.

    >>> title_key("The Café, Part 2!")
    'cafe part 2'
    """
    # Only the marks of alphabets are accents; in other scripts marks are letters of their own.
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", title.casefold().strip()))
    folded = unicodedata.normalize("NFC", _ARTICLE.sub("", folded))
    words = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded
    ).split()
    return " ".join(words) or folded


def split_catalogue(
    catalogue: pd.DataFrame, *, seed: int, natural: float, validation: float
) -> pd.DataFrame:
    """Give each movie of the catalogue its group and its part.

    Args:
        catalogue: columns `imdb_id`, `title`, `origin`; one row a movie.
        seed: other seeds give other tests.
        natural: share of the initial catalogue that becomes the natural test.
        validation: share of the remaining groups that stops the training early.

    Returns:
        Columns `imdb_id`, `group`, `part`, in the order of the catalogue.

    Raises:
        DataError: a part that the later stages need is empty.
    """
    group = catalogue["title"].map(title_key)
    origin = catalogue["origin"]
    in_natural = group.map(lambda key: unit_interval(seed, "natural", key)) < natural
    in_validation = group.map(lambda key: unit_interval(seed, "validation", key)) < validation

    balanced = origin == "reserve"
    # A title of both tests counts in both: neither is trained on.
    tested = (origin == "initial") & in_natural
    held_out = group.isin(set(group[balanced | tested]))
    part = np.select(
        [balanced, tested, held_out, in_validation],
        ["balanced", "natural", "excluded", "validation"],
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
