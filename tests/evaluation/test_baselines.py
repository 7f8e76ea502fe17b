"""The baselines are the named models, know the prior of a test, and know nothing else of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from parts import concatenate, part_of, priors_of, random_years

from posters.evaluation.baselines import Baselines, fit_baselines
from posters.years.dataset import Part

MODELS = ("ridge", "knn", "svr", "logistic", "colour")


def fitted_on(training: Part, validation: Part) -> dict[str, Baselines]:
    part = with_first_fold(training, validation)
    return fit_baselines(part, priors_of(part))


def with_first_fold(training: Part, validation: Part) -> Part:
    """Both parts, of which the second one is the fold that settings are chosen on."""
    training.movies["fold"], validation.movies["fold"] = 1, 0
    return concatenate(training, validation)


def fitted(years: Any, initial: Any = True) -> dict[str, Baselines]:
    """Baselines of rows of these years, of which every second is in the first fold."""
    years = np.asarray(years)
    initial = np.broadcast_to(np.asarray(initial), years.shape)
    return fitted_on(
        part_of(years[::2], initial=initial[::2]),
        part_of(years[1::2], initial=initial[1::2], seed=1),
    )


def random_part(seed: int, rows: int = 200) -> Part:
    return part_of(random_years(seed, rows), seed=seed)


def recent_part(seed: int, rows: int = 200) -> Part:
    """Posters from 1990 on."""
    return part_of(1990 + random_years(seed, rows) % 27, seed=seed)


def topped_up_part(seed: int) -> Part:
    """Few posters of the initial catalogue, all from 1990 on, and many added ones of all years."""
    added = random_part(seed + 10)
    added.movies["origin"] = "topup"
    return concatenate(recent_part(seed, 60), added)


def blurred(part: Part) -> Part:
    """The same posters with noise in their vectors and colours."""
    generator = np.random.default_rng(len(part.years))
    noise = generator.normal(0, 0.7, part.vectors.shape).astype(np.float32)
    return replace(part, vectors=part.vectors + noise, colours=part.colours + noise[:, :4])


def shuffled(part: Part, seed: int) -> Part:
    """The same years with the vectors and colours of other rows."""
    order = np.random.default_rng(seed).permutation(len(part.years))
    return replace(part, vectors=part.vectors[order], colours=part.colours[order])


def error(baselines: Baselines, name: str, part: Part) -> float:
    return float(np.abs(baselines.models[name](part) - part.years).mean())


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return fitted_on(random_part(0), random_part(1, 60))["uniform"]


@pytest.fixture(scope="module")
def topped_up() -> dict[str, Baselines]:
    """For the priors of the head, and `learned`: natural with the mix of years of the rows."""
    part = with_first_fold(blurred(topped_up_part(0)), blurred(topped_up_part(1)))
    priors = priors_of(part)
    unaware = fit_baselines(part, replace(priors, natural=priors.learned))
    return {**fit_baselines(part, priors), "learned": unaware["natural"]}


def test_best_constants_are_medians_of_initial_years_and_of_distinct_years() -> None:
    years = [1920, 1930, 1990, 2000, 2001, 2002]
    assert fitted(years, [False, False, False, True, True, True])["natural"].best_constant == 2001
    assert fitted([1920, 1930, 1990], False)["natural"].best_constant == 1930
    assert fitted([1900] + [1950] * 2 + [2010] * 50)["uniform"].best_constant == 1950


@pytest.mark.parametrize("name", MODELS)
def test_models_beat_the_constant_only_with_informative_features(
    baselines: Baselines, name: str
) -> None:
    assert tuple(baselines.models) == tuple(baselines.settings) == MODELS
    part = random_part(2)
    constant = np.abs(baselines.best_constant - part.years).mean()
    assert error(baselines, name, part) < 0.3 * constant
    uninformed = fitted_on(shuffled(random_part(0), 0), shuffled(random_part(1), 1))["uniform"]
    assert error(uninformed, name, shuffled(part, 2)) > 0.95 * constant


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_best_on_posters_in_the_mix_of_years_of_its_prior(
    topped_up: dict[str, Baselines], name: str
) -> None:
    parts = {"natural": blurred(recent_part(2)), "uniform": blurred(random_part(3))}
    for prior, other in (("natural", "uniform"), ("uniform", "natural"), ("natural", "learned")):
        own = error(topped_up[prior], name, parts[prior])
        assert own < 0.9 * error(topped_up[other], name, parts[prior])


@pytest.mark.parametrize("name", MODELS)
def test_predictions_depend_on_colours_or_vectors_of_the_row_alone(
    baselines: Baselines, name: str
) -> None:
    part, used = random_part(3), "colours" if name == "colour" else "vectors"
    unused = "vectors" if name == "colour" else "colours"
    of_part, noise = getattr(part, used), 9 * np.ones_like(getattr(part, unused))
    other = replace(
        part,
        years=part.years[::-1],
        **{used: np.vstack([of_part[:5], of_part[5:] * 50 + 9]), unused: noise},
    )
    predict = baselines.models[name]
    np.testing.assert_allclose(predict(other)[:5], predict(part)[:5], rtol=1e-5)


@pytest.mark.parametrize("name", ["ridge", "knn", "colour"])
def test_settings_are_chosen_on_the_validation_rows(name: str) -> None:
    training, validation = random_part(0), random_part(1, 100)
    setting = fitted_on(training, validation)["uniform"].settings[name]
    # If features are uninformative on the validation rows, stronger smoothing is better.
    smoother = fitted_on(training, shuffled(validation, 0))["uniform"].settings[name]
    assert smoother > setting


def test_settings_are_chosen_for_the_prior() -> None:
    recent = recent_part(2)
    added = shuffled(random_part(1), 0)
    added.movies["origin"] = "topup"
    found = fitted_on(topped_up_part(0), concatenate(recent, added))
    # Features are informative for recent posters alone.
    for name in ("ridge", "colour"):
        assert found["natural"].settings[name] < found["uniform"].settings[name]


def test_few_rows_of_one_decade_are_enough_for_every_model() -> None:
    for prior, found in fitted([1950, 1958, 1951]).items():
        for name in MODELS:
            assert np.isfinite(found.models[name](random_part(2))).all(), (prior, name)
