"""Dating: two ensembles, one that calibrates and one that is kept, asked under a prior."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from posters import paths
from posters.errors import DataError
from posters.params import load_params
from posters.years.dataset import Part, concatenate
from posters.years.intervals import calibrate, hold
from posters.years.model_files import save_head
from posters.years.priors import PRIORS, Priors, fit_priors
from posters.years.training import Trained, train
from posters.years.year_distribution import Years, likeliest_decade, median
from posters.years.year_head import predict
from posters.years.year_model import YearModel

YEARS = np.arange(1930, 2017)
SIZE = 6
PARAMS = load_params().train.model_copy(
    update={
        "hidden": (32,),
        "input_dropout": 0.0,
        "dropout": 0.0,
        "mixup": 0.0,
        "label_width": 3.0,
        "learning_rate": 0.02,
        "batch_size": 25,
        "epochs": 6,
        "members": 1,
        "interval": 0.8,
    }
)
# In validation rows alone there are posters of a new fashion, all of one old year.
FASHION, FASHIONABLE_YEAR = 5, 1935


def vectors_of(years: Years, seed: int, noise: float = 6.0) -> NDArray[np.float32]:
    """The year is readable, give or take `noise` years."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(len(years), SIZE))
    vectors[:, 0] = (years + noise * generator.normal(size=len(years)) - 1980) / 20
    vectors[:, FASHION] *= 0.1
    return vectors.astype(np.float32)


def part(initial: int, topups: int, seed: int, fashionable: int = 0) -> Part:
    """Initial rows are mostly recent; top-ups and fashionable ones are of any year and of one."""
    generator = np.random.default_rng(seed)
    weights = np.exp((YEARS - 2016) / 12)
    years = np.concatenate(
        [
            generator.choice(YEARS, initial, p=weights / weights.sum()),
            generator.choice(YEARS, topups),
            np.full(fashionable, FASHIONABLE_YEAR),
        ]
    )
    vectors = vectors_of(years, seed)
    if fashionable:
        vectors[-fashionable:] = generator.normal(size=(fashionable, SIZE)) * 0.3
        vectors[-fashionable:, FASHION] = 3
    movies = pd.DataFrame(
        {
            "imdb_id": [f"tt{seed}{number:05d}" for number in range(len(years))],
            "title": [f"Movie {seed} {number}" for number in range(len(years))],
            "year": years,
            "origin": ["initial"] * initial + ["topup"] * (topups + fashionable),
            "group": [f"movie {seed} {number}" for number in range(len(years))],
        }
    )
    return Part(movies, vectors, np.zeros((len(years), 2), np.float32), years)


def priors_of(rows: Part) -> Priors:
    widths = {"label_width": PARAMS.label_width, "prior_width": PARAMS.prior_width}
    return fit_priors(rows.years, rows.initial, YEARS, **widths)


TRAINING = part(200, 300, 1)
VALIDATION = part(120, 120, 2, fashionable=30)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(TRAINING, VALIDATION, YEARS, PARAMS)


@pytest.fixture(scope="module")
def year_model(trained: Trained) -> YearModel:
    return trained.year_model


@pytest.fixture
def model(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a run leaves behind, in place of the project's own."""
    year_model = trained.year_model
    about = {"interval": {"level": year_model.level, "margins": year_model.margins}}
    monkeypatch.setattr(paths, "MODEL", tmp_path / "model")
    history = trained.first.history
    save_head(paths.MODEL, trained.second.model, history, year_model.priors, about)
    return paths.MODEL


@pytest.mark.parametrize("prior", PRIORS)
def test_years_are_read_off_posters_never_seen(year_model: YearModel, prior: str) -> None:
    fresh = part(200, 200, 3)
    said = year_model.predict(fresh.vectors, prior)
    guess = np.abs(fresh.years - np.median(fresh.years)).mean()
    assert np.abs(said.year - fresh.years).mean() < 0.5 * guess


@pytest.mark.parametrize("prior", PRIORS)
def test_what_is_said_fits_together(year_model: YearModel, prior: str) -> None:
    said = year_model.predict(VALIDATION.vectors, prior)
    np.testing.assert_allclose(said.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(said.year, median(said.probabilities, YEARS))
    assert (said.low <= said.year + 0.5).all()
    assert (said.year <= said.high + 0.5).all()
    decade, probability = likeliest_decade(said.probabilities, YEARS)
    np.testing.assert_array_equal(said.decade, decade)
    np.testing.assert_array_equal(said.decade_probability, probability)


def test_posters_as_they_come_are_taken_for_newer_than_posters_of_any_year(
    year_model: YearModel,
) -> None:
    natural, uniform = (year_model.predict(TRAINING.vectors, prior).year for prior in PRIORS)
    assert natural.mean() > uniform.mean() + 1
    assert (natural >= uniform - 0.1).mean() > 0.95
    with pytest.raises(ValueError, match="prior must be one of natural, uniform"):
        year_model.predict(TRAINING.vectors, "learned")


def test_each_prior_is_the_better_one_where_posters_come_by_it(year_model: YearModel) -> None:
    errors = {}
    for come, rows in (("natural", part(2000, 0, 4)), ("uniform", part(0, 2000, 5))):
        for asked in PRIORS:
            said = year_model.predict(rows.vectors, asked).year
            errors[come, asked] = np.abs(said - rows.years).mean()
    assert errors["natural", "natural"] < errors["natural", "uniform"]
    assert errors["uniform", "uniform"] < errors["uniform", "natural"]


def test_the_kept_head_has_seen_the_validation_rows_and_the_first_has_not(
    trained: Trained,
) -> None:
    year_model = trained.year_model
    fashionable = VALIDATION.vectors[-30:]
    errors = [
        np.abs(median(said, YEARS) - FASHIONABLE_YEAR).mean()
        for said in (trained.first.said[-30:], predict(trained.second.model, fashionable, YEARS))
    ]
    assert errors[1] < 5
    assert errors[0] > 15
    priors = priors_of(concatenate(TRAINING, VALIDATION))
    np.testing.assert_array_equal(year_model.priors.learned, priors.learned)
    np.testing.assert_array_equal(year_model.priors.natural, priors.natural)


def test_the_curves_are_those_of_the_head_that_has_not_seen_validation_rows(
    trained: Trained,
) -> None:
    history = trained.first.history
    assert len(history["val_mae"]) == PARAMS.epochs
    # It knows nothing of the fashion.
    assert history["val_mae"][-1] > history["mae"][-1] + 1


def test_margins_are_those_of_the_first_head_on_validation_rows_alone(
    trained: Trained,
) -> None:
    year_model = trained.year_model
    assert year_model.level == 0.8
    assert set(year_model.margins) == set(PRIORS)
    learned = priors_of(TRAINING)
    said = trained.first.said
    assert len(said) == len(VALIDATION.years)
    for prior, margin in year_model.margins.items():
        expected = calibrate(
            learned.adjusted(said, prior),
            VALIDATION.years,
            YEARS,
            year_model.priors.named(prior),
            0.8,
        )
        assert margin == pytest.approx(expected)


def test_each_prior_has_its_own_margin(year_model: YearModel) -> None:
    for wide, narrow in (PRIORS, PRIORS[::-1]):
        other = dataclasses.replace(year_model, margins={wide: 20.0, narrow: 0.0})
        wider, narrower = (other.predict(TRAINING.vectors, prior) for prior in (wide, narrow))
        assert (wider.high - wider.low).mean() > (narrower.high - narrower.low).mean() + 10


def test_intervals_hold_for_posters_never_seen_also_where_heads_know_posters_by_heart() -> None:
    """Calibrated on what it was trained on, it would promise far too much."""
    params = PARAMS.model_copy(
        update={"hidden": (128,), "epochs": 8, "learning_rate": 0.05, "label_width": 1.0}
    )
    year_model = train(part(150, 150, 6), part(100, 100, 7), YEARS, params).year_model
    for prior, rows in (("natural", part(1500, 0, 8)), ("uniform", part(0, 1500, 9))):
        said = year_model.predict(rows.vectors, prior)
        assert 0.78 < hold(said.low, said.high, rows.years).mean() < 0.94


def test_a_dater_is_opened_as_it_was_kept(year_model: YearModel, model: Path) -> None:
    opened = YearModel.open()
    assert opened.level == year_model.level
    assert dict(opened.margins) == dict(year_model.margins)
    for prior in PRIORS:
        one, same = (
            year_model.predict(VALIDATION.vectors, prior),
            opened.predict(VALIDATION.vectors, prior),
        )
        np.testing.assert_allclose(same.probabilities, one.probabilities, rtol=1e-3, atol=1e-7)
        np.testing.assert_allclose(same.year, one.year, atol=0.01)
        np.testing.assert_array_equal(same.low, one.low)
        np.testing.assert_array_equal(same.high, one.high)


def test_opening_without_a_model_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MODEL", tmp_path / "none")
    with pytest.raises(DataError, match="no trained model yet: run `make repro`"):
        YearModel.open()


@pytest.mark.parametrize(
    "about",
    [
        "",
        "{",
        [],
        {},
        {"interval": None},
        {"interval": {"level": 0.8}},
        {"interval": {"level": 0.8, "margins": None}},
        {"interval": {"level": 0.8, "margins": {"natural": 1.0}}},
        {"interval": {"level": 0.8, "margins": {"natural": 1.0, "uniform": "wide"}}},
        {"interval": {"level": 0.8, "margins": ["natural", "uniform"]}},
        {"interval": {"margins": {"natural": 1.0, "uniform": 1.0}}},
        {"interval": {"level": None, "margins": {"natural": 1.0, "uniform": 1.0}}},
        {"interval": {"level": 80, "margins": {"natural": 1.0, "uniform": 1.0}}},
        {"interval": {"level": 0.8, "margins": {"natural": 1.0, "uniform": float("nan")}}},
    ],
)
def test_opening_with_a_damaged_description_is_an_error_that_says_what_to_do(
    model: Path, about: object
) -> None:
    content = about if isinstance(about, str) else json.dumps(about)
    (model / "about.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"data/model is damaged .*: run `dvc repro`"):
        YearModel.open()
