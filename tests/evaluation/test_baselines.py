"""The baselines are the named models, and know nothing of the test."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from parts import part_of, random_years

from posters.evaluation.baselines import Baselines, fit_baselines
from posters.years.dataset import Part

MODELS = ("ridge", "knn", "svr", "colour")


def fitted(years: Any, initial: Any = True) -> Baselines:
    """Baselines of rows of these years, of which every second is in the validation part."""
    years = np.asarray(years)
    initial = np.broadcast_to(np.asarray(initial), years.shape)
    return fit_baselines(
        part_of(years[::2], initial=initial[::2]),
        part_of(years[1::2], initial=initial[1::2], seed=1),
    )


def random_part(seed: int, rows: int = 200) -> Part:
    return part_of(random_years(seed, rows), seed=seed)


def shuffled(part: Part, seed: int) -> Part:
    """The same years with the vectors and colours of other rows."""
    order = np.random.default_rng(seed).permutation(len(part.years))
    return replace(part, vectors=part.vectors[order], colours=part.colours[order])


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return fit_baselines(random_part(0), random_part(1, 60))


def test_constants_are_medians_of_all_years_initial_years_and_distinct_years() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    found = fitted(years, [False, False, False, True, True, True])
    assert (found.constant, found.best_constant["natural"]) == (1995, 2001)
    assert fitted([1920, 1930, 1990], False).best_constant["natural"] == 1930
    assert fitted([1900] + [1950] * 2 + [2010] * 50).best_constant["balanced"] == 1950


@pytest.mark.parametrize("name", MODELS)
def test_models_beat_the_constant_only_with_informative_features(
    baselines: Baselines, name: str
) -> None:
    assert tuple(baselines.models) == tuple(baselines.settings) == MODELS
    part = random_part(2)
    error = np.abs(baselines.models[name](part) - part.years).mean()
    assert error < 0.3 * np.abs(baselines.constant - part.years).mean()
    uninformed = fit_baselines(shuffled(random_part(0), 0), shuffled(random_part(1), 1))
    part = shuffled(part, 2)
    error = np.abs(uninformed.models[name](part) - part.years).mean()
    assert error > 0.95 * np.abs(uninformed.constant - part.years).mean()


@pytest.mark.parametrize("name", MODELS)
def test_colour_uses_colours_alone_and_the_others_vectors_alone(
    baselines: Baselines, name: str
) -> None:
    part = random_part(2)
    noise = np.random.default_rng(5).normal(0, 9, (len(part.years), 8)).astype(np.float32)
    predict = baselines.models[name]
    predicted = predict(part)
    other_vectors = (predict(replace(part, vectors=noise)) != predicted).any()
    other_colours = (predict(replace(part, colours=noise[:, :4])) != predicted).any()
    assert (other_vectors, other_colours) == (name != "colour", name == "colour")


@pytest.mark.parametrize("name", MODELS)
def test_prediction_does_not_depend_on_other_rows_nor_on_true_years(
    baselines: Baselines, name: str
) -> None:
    part = random_part(3)
    other = replace(
        part,
        vectors=np.vstack([part.vectors[:5], part.vectors[5:] * 50 + 9]),
        colours=np.vstack([part.colours[:5], part.colours[5:] * 50 + 9]),
        years=part.years[::-1],
    )
    expected = baselines.models[name](part)[:5]
    np.testing.assert_allclose(baselines.models[name](other)[:5], expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["ridge", "knn", "colour"])
def test_settings_are_chosen_on_the_validation_rows(name: str) -> None:
    training, validation = random_part(0), random_part(1, 100)
    setting = fit_baselines(training, validation).settings[name]
    # If features are uninformative on the validation rows, stronger smoothing is better.
    smoother = fit_baselines(training, shuffled(validation, 0)).settings[name]
    assert smoother > setting


def test_two_rows_are_enough_for_every_model() -> None:
    found = fitted([1950, 1980])
    for name in MODELS:
        assert np.isfinite(found.models[name](random_part(2))).all()
