"""The baselines are what they say, and know nothing of the test."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import part_of, random_years
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from posters.evaluation.baselines import Baselines, fit_baselines
from posters.years.dataset import Part, concatenate

MODELS = ("ridge", "knn", "svr", "colour")


def fitted(years: Any, initial: Any = True) -> Baselines:
    """Baselines of rows of these years, every second of them in the validation part."""
    years = np.asarray(years)
    initial = np.broadcast_to(np.asarray(initial), years.shape)
    return fit_baselines(
        part_of(years[::2], initial=initial[::2]),
        part_of(years[1::2], initial=initial[1::2], seed=1),
    )


def random_part(seed: int, rows: int = 200) -> Part:
    """Posters of random years whose vectors and colours tell the year."""
    return part_of(random_years(seed, rows), seed=seed)


def without_sense(part: Part, seed: int) -> Part:
    """The same posters with each other's vectors and colours."""
    order = np.random.default_rng(seed).permutation(len(part.years))
    return replace(part, vectors=part.vectors[order], colours=part.colours[order])


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return fit_baselines(random_part(0), random_part(1, 60))


def test_the_constant_is_the_median_of_all_years_learned_from() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    assert fitted(years, [False, False, False, True, True, True]).constant == 1995


def test_the_natural_constant_is_the_median_of_the_initial_catalogue() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    assert fitted(years, [False, False, False, True, True, True]).natural_constant == 2001


def test_the_natural_constant_falls_back_on_all_rows() -> None:
    assert fitted([1920, 1930, 1990], False).natural_constant == 1930


def test_the_uniform_constant_counts_every_year_once() -> None:
    found = fitted([1900] + [1950] * 2 + [2010] * 50)
    assert found.uniform_constant == 1950
    assert found.constant == 2010


def test_each_model_is_there_with_its_setting(baselines: Baselines) -> None:
    assert tuple(baselines.models) == tuple(baselines.settings) == MODELS
    assert all(setting > 0 for setting in baselines.settings.values())


@pytest.mark.parametrize("name", MODELS)
def test_each_model_beats_the_constant_by_far_where_posters_tell_the_year(
    baselines: Baselines, name: str
) -> None:
    asked = random_part(2)
    error = np.abs(baselines.models[name](asked) - asked.years).mean()
    assert error < 0.3 * np.abs(baselines.constant - asked.years).mean()


@pytest.mark.parametrize("name", MODELS)
def test_no_model_beats_the_constant_where_posters_tell_nothing(name: str) -> None:
    known = fit_baselines(without_sense(random_part(0), 0), without_sense(random_part(1), 1))
    asked = without_sense(random_part(2), 2)
    error = np.abs(known.models[name](asked) - asked.years).mean()
    assert error > 0.95 * np.abs(known.constant - asked.years).mean()


@pytest.mark.parametrize("name", MODELS)
def test_colour_sees_colours_alone_and_the_others_see_none(baselines: Baselines, name: str) -> None:
    asked = random_part(2)
    strange = np.random.default_rng(5).normal(0, 9, (len(asked.years), 8)).astype(np.float32)
    answer, answers = baselines.models[name], baselines.models[name](asked)
    same_colours = answer(replace(asked, vectors=strange))
    same_vectors = answer(replace(asked, colours=strange[:, :4]))
    assert (same_colours == answers).all() == (name == "colour")
    assert (same_vectors == answers).all() == (name != "colour")


@pytest.mark.parametrize("name", MODELS)
def test_what_a_model_says_of_a_poster_does_not_depend_on_the_others_nor_on_their_years(
    baselines: Baselines, name: str
) -> None:
    asked = random_part(3)
    strange = replace(
        asked,
        vectors=np.vstack([asked.vectors[:5], asked.vectors[5:] * 50 + 9]),
        colours=np.vstack([asked.colours[:5], asked.colours[5:] * 50 + 9]),
        years=asked.years[::-1],
    )
    before = baselines.models[name](asked)[:5]
    np.testing.assert_allclose(baselines.models[name](strange)[:5], before, rtol=1e-9)


@pytest.mark.parametrize("name", ["ridge", "knn", "colour"])
def test_settings_are_those_that_serve_the_validation_rows(name: str) -> None:
    training, validation = random_part(0), random_part(1, 100)
    free = fit_baselines(training, validation).settings[name]
    # Where nothing can be told from a poster, the least is risked: the middle is answered.
    careful = fit_baselines(training, without_sense(validation, 0)).settings[name]
    assert careful > free


def ridge(part: Part, penalty: float, asked: Part) -> NDArray[np.float64]:
    """What scikit-learn's ridge says when it has learned from a part."""
    scaler = StandardScaler().fit(part.vectors)
    model = Ridge(alpha=penalty).fit(scaler.transform(part.vectors), part.years)
    return np.asarray(model.predict(scaler.transform(asked.vectors)))


def murky(part: Part, seed: int) -> Part:
    """The same posters with 300 dimensions that tell a little each: a penalty is of use."""
    noise = np.random.default_rng(seed).normal(0, 40, (len(part.years), 300))
    vectors = (part.years[:, None] - 1950) / 37 + noise
    return replace(part, vectors=vectors.astype(np.float32))


def test_the_penalty_is_the_best_of_a_model_that_has_not_seen_the_validation_rows() -> None:
    training, validation = murky(random_part(0), 0), murky(random_part(1, 100), 1)
    found = fit_baselines(training, validation).settings["ridge"]

    def error(penalty: float) -> float:
        return float(np.abs(ridge(training, penalty, validation) - validation.years).mean())

    tried = (100, 1000, 3000, 10_000, 30_000, 100_000)
    assert found in tried[1:-1]
    assert error(found) == pytest.approx(min(map(error, tried)), rel=1e-6)


def test_in_the_end_a_model_learns_from_the_training_and_the_validation_rows() -> None:
    training, validation, asked = random_part(0, 60), random_part(1, 40), random_part(2)
    found = fit_baselines(training, validation)
    expected = ridge(concatenate(training, validation), found.settings["ridge"], asked)
    np.testing.assert_allclose(found.models["ridge"](asked), expected, rtol=1e-5)


@pytest.mark.parametrize("seen", ["training", "validation"])
def test_the_nearest_neighbour_of_a_poster_that_was_seen_is_itself(seen: str) -> None:
    parts = {"training": part_of(range(1888, 1950)), "validation": part_of(range(1950, 2017))}
    found = fit_baselines(parts["training"], parts["validation"])
    asked = parts[seen]
    np.testing.assert_allclose(found.models["knn"](asked), asked.years, atol=0.01)


def test_the_same_rows_give_the_same_baselines(baselines: Baselines) -> None:
    again, asked = fit_baselines(random_part(0), random_part(1, 60)), random_part(2)
    assert again.settings == baselines.settings
    for name in MODELS:
        assert (again.models[name](asked) == baselines.models[name](asked)).all()


def test_two_rows_are_enough_for_every_model() -> None:
    found = fitted([1950, 1980])
    for name in MODELS:
        answers = found.models[name](random_part(2))
        assert answers.shape == (200,)
        assert np.isfinite(answers).all()
