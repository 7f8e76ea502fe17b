"""Training of two ensembles, and predictions under a prior."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from posters.errors import DataError
from posters.params import load_params
from posters.years.dataset import Part, concatenate
from posters.years.intervals import calibrate, covered
from posters.years.priors import PRIORS
from posters.years.training import Trained, fit_priors, train
from posters.years.year_distribution import Years, as_distribution, likeliest_decade, median
from posters.years.year_head import fit_head
from posters.years.year_model import YearModel

YEARS = np.arange(1930, 2017)
SIZE = 6
PARAMS = load_params().train.model_copy(
    update={
        "hidden": (32,),
        "input_dropout": 0.0,
        "dropout": 0.0,
        "label_width": 3.0,
        "learning_rate": 0.02,
        "batch_size": 25,
        "epochs": 6,
        "members": 1,
        "interval": 0.8,
    }
)
# The validation rows alone contain posters with a feature of their own, all of one old year.
FEATURE, FEATURE_YEAR = 5, 1935


def vectors_of(years: Years, seed: int, noise: float = 6.0) -> NDArray[np.float32]:
    """Vectors that contain the year with some noise."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(len(years), SIZE))
    vectors[:, 0] = (years + noise * generator.normal(size=len(years)) - 1980) / 20
    vectors[:, FEATURE] *= 0.1
    return vectors.astype(np.float32)


def part(initial: int, topups: int, seed: int, with_feature: int = 0) -> Part:
    """Initial rows are mostly recent, top-ups are of any year."""
    generator = np.random.default_rng(seed)
    weights = np.exp((YEARS - 2016) / 12)
    years = np.concatenate(
        [
            generator.choice(YEARS, initial, p=weights / weights.sum()),
            generator.choice(YEARS, topups),
            np.full(with_feature, FEATURE_YEAR),
        ]
    )
    vectors = vectors_of(years, seed)
    if with_feature:
        vectors[-with_feature:] = generator.normal(size=(with_feature, SIZE)) * 0.3
        vectors[-with_feature:, FEATURE] = 3
    origins = ["initial"] * initial + ["topup"] * (topups + with_feature)
    return Part(pd.DataFrame({"origin": origins}), vectors, vectors[:, :2], years)


TRAINING = part(200, 300, 1)
VALIDATION = part(120, 120, 2, with_feature=30)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(TRAINING, VALIDATION, YEARS, PARAMS)


@pytest.fixture(scope="module")
def year_model(trained: Trained) -> YearModel:
    return trained.year_model


@pytest.mark.parametrize("prior", PRIORS)
def test_predictions_are_accurate_and_consistent(year_model: YearModel, prior: str) -> None:
    new = part(200, 200, 3)
    predictions = year_model.predict(new.vectors, prior)
    constant_error = np.abs(new.years - np.median(new.years)).mean()
    assert np.abs(predictions.year - new.years).mean() < 0.5 * constant_error
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(predictions.year, median(predictions.probabilities, YEARS))
    assert (predictions.low <= predictions.year + 0.5).all()
    assert (predictions.year <= predictions.high + 0.5).all()
    decade, probability = likeliest_decade(predictions.probabilities, YEARS)
    np.testing.assert_array_equal(predictions.decade, decade)
    np.testing.assert_array_equal(predictions.decade_probability, probability)


def test_matching_prior_has_the_smaller_error(year_model: YearModel) -> None:
    for true_prior, rows in (("natural", part(2000, 0, 4)), ("uniform", part(0, 2000, 5))):
        errors = {
            prior: np.abs(year_model.predict(rows.vectors, prior).year - rows.years).mean()
            for prior in PRIORS
        }
        assert min(errors, key=errors.__getitem__) == true_prior


def test_first_ensemble_calibrates_and_second_has_seen_the_validation_rows(
    trained: Trained,
) -> None:
    year_model = trained.year_model
    validation = (VALIDATION.vectors, VALIDATION.years)
    first = fit_head(TRAINING.vectors, TRAINING.years, YEARS, PARAMS, validation)
    assert trained.history == first.history
    probabilities = as_distribution(first(VALIDATION.vectors), YEARS)
    for prior in PRIORS:
        margin = calibrate(
            fit_priors(TRAINING, YEARS, PARAMS).adjusted(probabilities, prior),
            VALIDATION.years,
            YEARS,
            year_model.priors.named(prior),
            0.8,
        )
        assert year_model.margins[prior] == margin
    assert year_model.level == 0.8
    both = fit_priors(concatenate(TRAINING, VALIDATION), YEARS, PARAMS)
    np.testing.assert_array_equal(year_model.priors.learned, both.learned)
    np.testing.assert_array_equal(year_model.priors.natural, both.natural)
    error_of_first, error_of_second = (
        np.abs(median(each, YEARS) - FEATURE_YEAR).mean()
        for each in (
            probabilities[-30:],
            as_distribution(trained.head(VALIDATION.vectors[-30:]), YEARS),
        )
    )
    assert error_of_first > 15
    assert error_of_second < 5


def test_coverage_on_new_rows_is_right_for_an_overfitted_head() -> None:
    """Calibrated on its own training rows, the intervals would be far too narrow."""
    params = PARAMS.model_copy(
        update={"hidden": (128,), "epochs": 8, "learning_rate": 0.05, "label_width": 1.0}
    )
    year_model = train(part(150, 150, 6), part(100, 100, 7), YEARS, params).year_model
    for prior, rows in (("natural", part(1500, 0, 8)), ("uniform", part(0, 1500, 9))):
        predictions = year_model.predict(rows.vectors, prior)
        assert 0.78 < covered(predictions.low, predictions.high, rows.years).mean() < 0.94


def test_opened_model_predicts_as_the_saved_one(trained: Trained, tmp_path: Path) -> None:
    trained.save(tmp_path / "model", {})
    year_model, opened = trained.year_model, YearModel.open(tmp_path / "model")
    assert opened.level == year_model.level
    assert dict(opened.margins) == dict(year_model.margins)
    for prior in PRIORS:
        saved, read = (model.predict(VALIDATION.vectors, prior) for model in (year_model, opened))
        np.testing.assert_allclose(read.probabilities, saved.probabilities, rtol=1e-3, atol=1e-7)
        np.testing.assert_allclose(read.year, saved.year, atol=0.01)
        np.testing.assert_array_equal(read.low, saved.low)
        np.testing.assert_array_equal(read.high, saved.high)


def test_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no trained model yet: run `make repro`"):
        YearModel.open(tmp_path / "none")


@pytest.mark.parametrize(
    "about",
    [
        "{",
        {"interval": {"level": 0.8, "margins": {"natural": 1.0}}},
        {"interval": {"level": 0.8, "margins": {"natural": 1.0, "uniform": "wide"}}},
        {"interval": {"level": 0.8, "margins": {"natural": 1.0, "uniform": float("nan")}}},
    ],
)
def test_damaged_description_is_an_error(tmp_path: Path, about: object) -> None:
    content = about if isinstance(about, str) else json.dumps(about)
    (tmp_path / "about.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"data/model is damaged .*: run `dvc repro`"):
        YearModel.open(tmp_path)
