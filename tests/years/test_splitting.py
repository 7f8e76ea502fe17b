"""Nothing about a test leaks, and nobody changes sides when top-ups come and go."""

import random
from collections.abc import Iterable

import pandas as pd
import pytest

from posters.errors import DataError
from posters.years.splitting import PARTS, TESTS, split_catalogue, title_key

SETTINGS = {"seed": 7, "natural": 0.2, "validation": 0.15}
YEARS = range(1900, 2016)
WORDS = ("Night", "Day", "City", "River", "Love", "War", "Man", "Dog", "Return", "Ship")


def catalogue(
    initial: int = 2500, reserve: int = 3, topups: int = 10, titles: int = 4000
) -> pd.DataFrame:
    """Movies of a made-up catalogue; each year's top-ups begin with those of fewer top-ups.

    Titles are drawn from a limited number, each in some spelling, so that many movies share one.
    """
    spellings = ("{}", "The {}", "{}!", "A {}", "{} ")
    rows = [(f"initial{number}", "initial") for number in range(initial)]
    rows += [(f"reserve{year}-{n}", "reserve") for year in YEARS for n in range(reserve)]
    rows += [(f"topup{year}-{n}", "topup") for year in YEARS for n in range(topups)]
    made = []
    for name, origin in rows:
        dice = random.Random(name)  # a movie's title depends on the movie alone
        number = dice.randrange(titles)
        title = f"{WORDS[number % 10]} of {WORDS[number // 10 % 10]} {number}"
        title = dice.choice(spellings).format(dice.choice((str, str.upper, str.lower))(title))
        made.append((name, title, origin))
    return pd.DataFrame(made, columns=["imdb_id", "title", "origin"])


Pairs = list[tuple[str, str]]


def parts_of(
    movies: pd.DataFrame, pairs: Iterable[tuple[str, str]] = (), **settings: float
) -> dict[str, str]:
    """The part of each movie."""
    split = split_catalogue(movies, near_duplicate=pairs, **{**SETTINGS, **settings})  # type: ignore[arg-type]
    return dict(zip(split["imdb_id"], split["part"], strict=True))


def origins(movies: pd.DataFrame) -> dict[str, str]:
    return dict(zip(movies["imdb_id"], movies["origin"], strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("METROPOLIS", "Metropolis"),
        ("Amélie", "Amelie"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("La Belle et la Bête", "la belle et la bete"),
        ("Spider-Man: Homecoming", "Spider Man Homecoming"),
        ("Oliver!", "Oliver"),
        ("M*A*S*H", "M A S H"),
        ("The Kid", "Kid"),
        ("A Trip to the Moon", "Trip to the Moon"),
        ("An Affair", "affair"),
        ("  The   Kid ", "The Kid"),
        ("Die Straße", "DIE STRASSE"),
        ("ＡＫＩＲＡ", "Akira"),
        ("Ёлки", "елки"),
    ],
)
def test_spellings_of_one_title_have_one_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alien", "Aliens"),
        ("Jaws", "Jaws 2"),
        ("Rocky II", "Rocky III"),
        ("1984", "1985"),
        ("Theatre", "Atre"),
        ("Another Day", "Other Day"),
        ("東京物語", "東京暮色"),
        ("七人の侍", "八人の侍"),
        ("東京 2", "大阪 2"),
        ("Сталкер", "Солярис"),
        ("المومياء", "الأرض"),
        ("기생충", "괴물"),
        ("The", "A"),
        ("!!!", "???"),
        ("...", "!!!"),
    ],
)
def test_different_titles_have_different_keys(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize("title", ["東京物語", "Сталкер", "기생충", "The", "!!!", "+1", "8½", "$"])
def test_no_title_loses_its_key(title: str) -> None:
    assert title_key(title)


def test_only_known_parts_are_given_and_every_movie_has_one() -> None:
    movies = catalogue()
    split = split_catalogue(movies, **SETTINGS)  # type: ignore[arg-type]
    assert split["imdb_id"].tolist() == movies["imdb_id"].tolist()
    assert set(split["part"]) == set(PARTS)


@pytest.mark.parametrize("topups", [0, 1, 5, 20])
def test_no_movie_changes_sides_when_topups_come_and_go(topups: int) -> None:
    few, many = parts_of(catalogue(topups=topups)), parts_of(catalogue(topups=30))
    assert set(few) < set(many)
    assert {movie: many[movie] for movie in few} == few


def test_topups_of_a_tested_title_do_not_change_the_test() -> None:
    movies = catalogue(topups=0)
    parts = parts_of(movies)
    tested = movies[movies["imdb_id"].map(parts).isin(TESTS)]
    remakes = tested.assign(imdb_id="again-" + tested["imdb_id"], origin="topup")
    with_remakes = parts_of(pd.concat([movies, remakes]))
    assert {movie: with_remakes[movie] for movie in parts} == parts
    assert {with_remakes[movie] for movie in remakes["imdb_id"]} == {"excluded"}


def test_no_title_is_both_tested_and_learned_from() -> None:
    movies = catalogue()
    parts = movies["imdb_id"].map(parts_of(movies))
    keys = movies["title"].map(title_key)
    tested = set(keys[parts.isin(TESTS)])
    assert tested
    assert tested.isdisjoint(keys[parts.isin(["train", "validation"])])
    assert set(keys[parts == "excluded"]) <= tested


def test_no_title_is_both_trained_and_validated_on() -> None:
    movies = catalogue()
    parts = movies["imdb_id"].map(parts_of(movies))
    keys = movies["title"].map(title_key)
    assert set(keys[parts == "train"]).isdisjoint(keys[parts == "validation"])


def test_the_balanced_test_is_the_whole_reserve_and_nothing_else() -> None:
    movies = catalogue()
    parts, origin = parts_of(movies), origins(movies)
    balanced = {movie for movie, part in parts.items() if part == "balanced"}
    assert balanced == {movie for movie in parts if origin[movie] == "reserve"}


def test_the_natural_test_is_of_the_initial_catalogue_alone() -> None:
    movies = catalogue()
    origin = origins(movies)
    natural = [movie for movie, part in parts_of(movies).items() if part == "natural"]
    assert {origin[movie] for movie in natural} == {"initial"}


def test_initial_movies_of_one_title_are_tested_together_or_not_at_all() -> None:
    movies = catalogue()
    initial = movies[movies["origin"] == "initial"]
    natural = initial["imdb_id"].map(parts_of(movies)) == "natural"
    by_title = natural.groupby(initial["title"].map(title_key))
    assert (by_title.size() > 1).sum() > 100
    assert (by_title.nunique() == 1).all()


def test_the_natural_test_is_the_same_with_another_reserve() -> None:
    def natural(movies: pd.DataFrame) -> set[str]:
        return {movie for movie, part in parts_of(movies).items() if part == "natural"}

    assert natural(catalogue(reserve=1)) == natural(catalogue(reserve=8))


@pytest.mark.parametrize(("natural", "validation"), [(0.2, 0.15), (0.5, 0.4), (0.1, 0.05)])
def test_shares_are_near_those_asked_for(natural: float, validation: float) -> None:
    movies = catalogue(initial=6000, titles=100_000)
    parts = parts_of(movies, natural=natural, validation=validation)
    counts = pd.Series(parts).value_counts()
    assert counts["natural"] / 6000 == pytest.approx(natural, abs=0.02)
    learned = counts["train"] + counts["validation"]
    assert counts["validation"] / learned == pytest.approx(validation, abs=0.02)


def test_the_order_of_the_rows_does_not_matter() -> None:
    movies = catalogue()
    shuffled = movies.sample(frac=1, random_state=3)
    assert parts_of(shuffled) == parts_of(movies)
    split = split_catalogue(shuffled, **SETTINGS)  # type: ignore[arg-type]
    assert split["imdb_id"].tolist() == shuffled["imdb_id"].tolist()
    assert split["group"].tolist() == shuffled["title"].map(title_key).tolist()


def test_the_same_seed_gives_the_same_split() -> None:
    assert parts_of(catalogue()) == parts_of(catalogue())


def test_another_seed_gives_another_test_and_another_validation() -> None:
    one, other = parts_of(catalogue(), seed=7), parts_of(catalogue(), seed=8)
    for part in ("natural", "validation"):
        first = {movie for movie, its in one.items() if its == part}
        second = {movie for movie, its in other.items() if its == part}
        assert len(first & second) < 0.6 * len(first)


def test_who_validates_is_independent_of_who_is_tested_on() -> None:
    # With one hash for both, a larger test would swallow the validation set first.
    movies = catalogue(titles=100_000)
    small, large = parts_of(movies, natural=0.2), parts_of(movies, natural=0.4)
    validating = [movie for movie, part in small.items() if part == "validation"]
    kept = sum(large[movie] == "validation" for movie in validating)
    assert 0.6 < kept / len(validating) < 1


@pytest.mark.parametrize(
    ("movies", "part"),
    [
        pytest.param(catalogue(reserve=0), "balanced", id="no reserve"),
        pytest.param(catalogue(initial=0), "natural", id="no initial catalogue"),
        pytest.param(catalogue(initial=0, topups=0), "train", id="the reserve alone"),
        pytest.param(catalogue(initial=0, reserve=0, topups=0), "train", id="no movies"),
    ],
)
def test_a_part_that_is_empty_is_named(movies: pd.DataFrame, part: str) -> None:
    with pytest.raises(DataError, match=f"the part '{part}' is empty with {len(movies)} movies"):
        parts_of(movies)


def test_a_share_that_leaves_nobody_to_validate_on_is_named() -> None:
    with pytest.raises(DataError, match="the part 'validation' is empty"):
        parts_of(catalogue(), validation=1e-9)


@pytest.mark.parametrize(
    ("one", "other"), [("हिन्दी", "हिन्दि"), ("ガ", "カ"), ("A.I.", "I."), ("The Thing", "Thing Two")]
)
def test_titles_that_differ_in_more_than_accents_are_of_two_groups(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


# Near-same pictures.


@pytest.fixture(scope="module")
def alone() -> pd.DataFrame:
    """Movies none of which shares its title."""
    movies = catalogue(initial=400, reserve=1, topups=3)
    return movies.assign(title="Title " + movies["imdb_id"])


def some(movies: pd.DataFrame, part: str, count: int, origin: str = "") -> list[str]:
    """The first movies of a part."""
    parts, its = parts_of(movies), origins(movies)
    found = [movie for movie in parts if parts[movie] == part and its[movie].startswith(origin)]
    assert len(found) >= count
    return found[:count]


def changed(movies: pd.DataFrame, pairs: Pairs) -> dict[str, str]:
    """The movies that are of another part when pairs belong together, with that part."""
    before, after = parts_of(movies), parts_of(movies, pairs)
    return {movie: after[movie] for movie in after if after[movie] != before[movie]}


@pytest.mark.parametrize("tested", TESTS)
@pytest.mark.parametrize("learned", ["train", "validation"])
@pytest.mark.parametrize("origin", ["initial", "topup"])
def test_a_movie_near_duplicate_to_a_tested_one_is_not_learned_from(
    alone: pd.DataFrame, tested: str, learned: str, origin: str
) -> None:
    (test,), (movie,) = some(alone, tested, 1), some(alone, learned, 1, origin)
    assert changed(alone, [(test, movie)]) == {movie: "excluded"}
    assert changed(alone, [(movie, test)]) == {movie: "excluded"}


def test_a_chain_of_near_duplicate_pictures_is_excluded_to_its_end(alone: pd.DataFrame) -> None:
    (test,) = some(alone, "natural", 1)
    first, second, third, *_ = some(alone, "train", 4)
    (validated,) = some(alone, "validation", 1)
    chain = [(test, first), (second, first), (second, validated), (third, validated)]
    for pairs in (chain, chain[::-1], [pair[::-1] for pair in chain]):
        assert changed(alone, pairs) == dict.fromkeys((first, second, third, validated), "excluded")


def test_a_movie_near_duplicate_to_a_validated_one_is_not_trained_on(alone: pd.DataFrame) -> None:
    (movie,), (validated,) = some(alone, "train", 1), some(alone, "validation", 1)
    assert changed(alone, [(movie, validated)]) == {movie: "excluded"}


@pytest.mark.parametrize("part", ["train", "validation"])
def test_near_duplicate_movies_of_one_part_stay_in_it(alone: pd.DataFrame, part: str) -> None:
    one, other, third = some(alone, part, 3)
    assert changed(alone, [(one, other), (third, other)]) == {}
    split = split_catalogue(alone, near_duplicate=[(one, other), (third, other)], **SETTINGS)  # type: ignore[arg-type]
    groups = split.set_index("imdb_id")["group"]
    assert groups[one] == groups[other] == groups[third]
    assert groups.nunique() == len(alone) - 2


@pytest.mark.parametrize("pair", [("natural", "natural"), ("natural", "balanced")])
def test_two_tested_movies_that_are_near_duplicate_are_both_tested(
    alone: pd.DataFrame, pair: tuple[str, str]
) -> None:
    one, other = some(alone, pair[0], 1)[0], some(alone, pair[1], 2)[1]
    assert changed(alone, [(one, other)]) == {}


def test_a_title_and_a_picture_link_in_one_chain(alone: pd.DataFrame) -> None:
    (test,), (movie, remake, look_alike) = some(alone, "balanced", 1), some(alone, "train", 3)
    titles = alone["title"].where(alone["imdb_id"] != remake, f"The Title {movie}!")
    linked = alone.assign(title=titles)
    assert parts_of(linked)[remake] == "train"
    assert changed(linked, [(test, movie), (remake, look_alike)]) == dict.fromkeys(
        (movie, remake, look_alike), "excluded"
    )


def random_pairs(movies: pd.DataFrame, dice: random.Random, count: int) -> Pairs:
    ids = list(movies["imdb_id"])
    return [(dice.choice(ids), dice.choice(ids)) for _ in range(count)]


def linked(movies: pd.DataFrame, pairs: Pairs) -> list[set[str]]:
    """Movies that belong together, found by walking from one to the next."""
    beside: dict[str, set[str]] = {movie: set() for movie in movies["imdb_id"]}
    for _, same in movies.groupby(movies["title"].map(title_key))["imdb_id"]:
        for movie in same:
            beside[movie] |= set(same)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    found, seen = [], set()
    for movie in beside:
        waiting, together = [movie], set()
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                together.add(here)
                waiting += beside[here]
        if together:
            found.append(together)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_no_group_of_a_random_catalogue_is_both_tested_and_learned_from(seed: int) -> None:
    dice = random.Random(seed)
    movies = catalogue(
        initial=dice.randrange(200, 900),
        reserve=dice.randrange(1, 3),
        topups=dice.randrange(4),
        titles=dice.choice((300, 3000, 30_000)),
    ).sample(frac=1, random_state=seed)
    pairs = random_pairs(movies, dice, dice.randrange(300))
    split = split_catalogue(movies, near_duplicate=pairs, **SETTINGS)  # type: ignore[arg-type]
    parts = dict(zip(split["imdb_id"], split["part"], strict=True))
    group_of = dict(zip(split["imdb_id"], split["group"], strict=True))
    without = parts_of(movies)
    together = linked(movies, pairs)
    assert len({group_of[movie] for group in together for movie in group}) == len(together)
    for group in together:
        assert len({group_of[movie] for movie in group}) == 1
        held = {parts[movie] for movie in group}
        if held & set(TESTS):
            assert held <= {*TESTS, "excluded"}
        elif "validation" in held:
            assert held <= {"validation", "excluded"}
        else:
            assert held == {"train"}
    # Pairs take movies out; none is learned from or tested on that was not before.
    assert all(parts[movie] in (without[movie], "excluded") for movie in parts)
    assert {movie for movie in parts if parts[movie] in TESTS} == {
        movie for movie in without if without[movie] in TESTS
    }


@pytest.mark.parametrize("seed", range(15))
def test_who_is_tested_on_does_not_depend_on_the_topups_nor_on_what_they_look_like(
    seed: int,
) -> None:
    dice = random.Random(seed)
    movies = catalogue(initial=500, reserve=1, topups=6, titles=2000)
    pairs = random_pairs(movies, dice, 200)
    tests = []
    for _ in range(3):
        kept = movies[
            (movies["origin"] != "topup") | movies["imdb_id"].map(lambda _: dice.random() < 0.5)
        ]
        ids = set(kept["imdb_id"])
        parts = parts_of(kept, [pair for pair in pairs if set(pair) <= ids])
        tests.append({movie: part for movie, part in parts.items() if part in TESTS})
    assert tests[0] == tests[1] == tests[2]


def test_the_order_of_the_pairs_does_not_matter() -> None:
    movies = catalogue(initial=500, reserve=1, topups=1)
    dice = random.Random(0)
    pairs = random_pairs(movies, dice, 300)
    turned = [pair[::-1] for pair in dice.sample(pairs, len(pairs))]
    splits = [
        split_catalogue(movies, near_duplicate=given, **SETTINGS)  # type: ignore[arg-type]
        for given in (pairs, turned, iter(pairs))
    ]
    assert splits[0].equals(splits[1])
    assert splits[0].equals(splits[2])


def test_pairs_that_take_all_training_movies_are_an_error_with_its_name(
    alone: pd.DataFrame,
) -> None:
    (test,), parts = some(alone, "natural", 1), parts_of(alone)
    pairs = [(test, movie) for movie, part in parts.items() if part == "train"]
    with pytest.raises(DataError, match="the part 'train' is empty"):
        parts_of(alone, pairs)
