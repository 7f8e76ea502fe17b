"""No group is both tested and trained on, and the tests don't depend on the top-ups."""

import random
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posters.errors import DataError
from posters.years.splitting import TESTS, split_catalogue, title_key

SETTINGS = {"seed": 7, "natural": 0.2, "folds": 5}
YEARS = range(1900, 2016)
WORDS = ("Night", "Day", "City", "River", "Love", "War", "Man", "Dog", "Return", "Ship")

Pairs = Sequence[tuple[str, str]]


def catalogue(
    initial: int = 2500, reserve: int = 3, topups: int = 10, titles: int = 4000
) -> pd.DataFrame:
    """A catalogue in which many movies share a title, in different spellings.

    With more top-ups, a catalogue contains all movies of one with fewer top-ups.
    """
    spellings = ("{}", "The {}", "{}!", "A {}", "{} ")
    rows = [(f"initial{number}", "initial") for number in range(initial)]
    rows += [(f"reserve{year}-{n}", "reserve") for year in YEARS for n in range(reserve)]
    rows += [(f"topup{year}-{n}", "topup") for year in YEARS for n in range(topups)]
    movies = []
    for imdb_id, origin in rows:
        rng = random.Random(imdb_id)
        number = rng.randrange(titles)
        title = f"{WORDS[number % 10]} of {WORDS[number // 10 % 10]} {number}"
        title = rng.choice(spellings).format(rng.choice((str, str.upper, str.lower))(title))
        movies.append((imdb_id, title, origin))
    return pd.DataFrame(movies, columns=["imdb_id", "title", "origin"])


def split_of(movies: pd.DataFrame, pairs: Pairs = (), **settings: float) -> pd.DataFrame:
    return split_catalogue(movies, near_duplicate=pairs, **{**SETTINGS, **settings})  # type: ignore[arg-type]


def parts_of(movies: pd.DataFrame, pairs: Pairs = (), **settings: float) -> dict[str, str]:
    """The part of each movie."""
    split = split_of(movies, pairs, **settings)
    return dict(zip(split["imdb_id"], split["part"], strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("Spider-Man: Homecoming", "Spider Man Homecoming"),
        ("The Kid", "Kid"),
        ("Die Straße", "DIE STRASSE"),
        ("ＡＫＩＲＡ", "Akira"),
        ("Ёлки", "елки"),
    ],
)
def test_spellings_of_one_title_have_the_same_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jaws", "Jaws 2"),
        ("Theatre", "Atre"),
        ("A.I.", "I."),
        ("東京物語", "東京暮色"),
        ("हिन्दी", "हिन्दि"),
        ("ガ", "カ"),
        ("The", "A"),
        ("!!!", "???"),
    ],
)
def test_different_titles_have_different_keys(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


# The parts.


@pytest.mark.parametrize("topups", [0, 5])
def test_movies_keep_their_part_when_topups_are_added(topups: int) -> None:
    few, many = parts_of(catalogue(topups=topups)), parts_of(catalogue(topups=30))
    assert set(few) < set(many)
    assert {movie: many[movie] for movie in few} == few


def test_balanced_test_is_the_reserve_and_natural_test_is_of_the_initial_catalogue() -> None:
    movies = catalogue()
    parts = parts_of(movies)
    origin = dict(zip(movies["imdb_id"], movies["origin"], strict=True))
    balanced = {movie for movie, part in parts.items() if part == "balanced"}
    assert balanced == {movie for movie in parts if origin[movie] == "reserve"}
    natural = {movie for movie, part in parts.items() if part == "natural"}
    assert {origin[movie] for movie in natural} == {"initial"}
    more = parts_of(catalogue(reserve=8))
    assert natural == {movie for movie, part in more.items() if part == "natural"}


def test_initial_movies_of_one_title_are_all_tested_or_none() -> None:
    movies = catalogue()
    initial = movies[movies["origin"] == "initial"]
    natural = initial["imdb_id"].map(parts_of(movies)) == "natural"
    by_title = natural.groupby(initial["title"].map(title_key))
    assert (by_title.size() > 1).sum() > 100
    assert (by_title.nunique() == 1).all()


@pytest.mark.parametrize(("natural", "folds"), [(0.2, 5), (0.5, 2), (0.1, 10)])
def test_shares_are_near_the_requested_ones(natural: float, folds: int) -> None:
    movies = catalogue(initial=6000, titles=100_000)
    split = split_of(movies, natural=natural, folds=folds)
    assert (split["part"] == "natural").sum() / 6000 == pytest.approx(natural, abs=0.02)
    training = split.loc[split["part"] == "train", "fold"]
    assert sorted(training.unique()) == list(range(folds))
    np.testing.assert_allclose(training.value_counts() / len(training), 1 / folds, atol=0.02)


def test_fold_depends_on_the_seed_but_not_on_the_natural_test() -> None:
    # With one hash for both, a larger test would take its movies from the first folds.
    movies = catalogue(titles=100_000)
    split = split_of(movies, natural=0.2)
    still = split_of(movies, natural=0.4)["part"][split["part"] == "train"] == "train"
    np.testing.assert_allclose(still.groupby(split["fold"]).mean(), still.mean(), atol=0.05)
    assert (split["fold"] == split_of(movies, seed=8)["fold"]).mean() < 0.3


@pytest.mark.parametrize(
    ("sizes", "part"),
    [
        pytest.param({"reserve": 0}, "balanced", id="no reserve"),
        pytest.param({"initial": 0, "topups": 0}, "train", id="the reserve alone"),
    ],
)
def test_empty_part_is_an_error(sizes: dict[str, int], part: str) -> None:
    movies = catalogue(**sizes)
    with pytest.raises(DataError, match=f"the part '{part}' is empty with {len(movies)} movies"):
        parts_of(movies)


def test_empty_fold_is_an_error() -> None:
    movies = catalogue(initial=12, topups=0)
    with pytest.raises(DataError, match=r"only \d+ of 20 folds have training rows"):
        parts_of(movies, folds=20)


# Near-duplicate posters.


def random_pairs(movies: pd.DataFrame, rng: random.Random, count: int) -> Pairs:
    ids = list(movies["imdb_id"])
    return [(rng.choice(ids), rng.choice(ids)) for _ in range(count)]


def components(movies: pd.DataFrame, pairs: Pairs) -> NDArray[np.int64]:
    """The group of each movie, as scipy finds it in the graph of movies, titles and pairs."""
    row_of = {movie: row for row, movie in enumerate(movies["imdb_id"])}
    titles = len(movies) + pd.factorize(movies["title"].map(title_key))[0]
    edges = [*enumerate(titles), *((row_of[one], row_of[other]) for one, other in pairs)]
    graph = coo_array((np.ones(len(edges)), np.transpose(edges)), (titles.max() + 1,) * 2)
    return connected_components(graph, directed=False)[1][: len(movies)]


@pytest.mark.parametrize("seed", range(15))
def test_no_group_of_a_random_catalogue_is_tested_and_trained_on(seed: int) -> None:
    rng = random.Random(seed)
    movies = catalogue(
        initial=rng.randrange(200, 900),
        reserve=rng.randrange(1, 3),
        topups=rng.randrange(4),
        titles=rng.choice((300, 3000, 30_000)),
    ).sample(frac=1, random_state=seed)
    pairs = random_pairs(movies, rng, rng.randrange(300))
    split = split_of(movies, pairs).set_index("imdb_id")
    groups = split.groupby(components(movies, pairs))
    assert split["group"].nunique() == len(groups)
    for _, rows in groups:
        assert rows["group"].nunique() == 1
        parts = set(rows["part"])
        if parts & set(TESTS):
            assert parts <= {*TESTS, "excluded"}
        else:
            assert parts == {"train"}
            assert rows["fold"].nunique() == 1
    # Pairs exclude movies; they move none into another part.
    without = parts_of(movies)
    for movie, part in split["part"].items():
        assert part in (without[movie], "excluded")
        assert (part in TESTS) == (without[movie] in TESTS)


@pytest.mark.parametrize("seed", range(8))
def test_tests_do_not_depend_on_the_topups_nor_their_posters(seed: int) -> None:
    rng = random.Random(seed)
    movies = catalogue(initial=500, reserve=1, topups=6, titles=2000)
    pairs = random_pairs(movies, rng, 200)
    tests = []
    for _ in range(3):
        some = movies[
            (movies["origin"] != "topup") | movies["imdb_id"].map(lambda _: rng.random() < 0.5)
        ]
        ids = set(some["imdb_id"])
        parts = parts_of(some, [pair for pair in pairs if set(pair) <= ids])
        tests.append({movie: part for movie, part in parts.items() if part in TESTS})
    assert tests[0] == tests[1] == tests[2]


def test_order_of_rows_and_pairs_does_not_matter() -> None:
    movies = catalogue(initial=500, reserve=1, topups=1)
    rng = random.Random(0)
    pairs = random_pairs(movies, rng, 300)
    shuffled = movies.sample(frac=1, random_state=3)
    reversed_pairs = [pair[::-1] for pair in rng.sample(pairs, len(pairs))]
    split = split_of(shuffled, reversed_pairs)
    assert split["imdb_id"].tolist() == shuffled["imdb_id"].tolist()
    assert split.sort_index().equals(split_of(movies, pairs))
