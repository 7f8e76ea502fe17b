"""Training by cross-validation, and predictions under a prior."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from posters.errors import DataError
from posters.params import load_params
from posters.years.dataset import Part
from posters.years.intervals import covered, fit_thresholds
from posters.years.priors import PRIORS, importance_weights
from posters.years.training import CrossValidated, Trained, cross_validate, train
from posters.years.year_distribution import Years, likeliest_decade, median
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
        "interval": 0.8,
    }
)
# The rows of one fold alone have a feature of their own, all of one old year.
FEATURE, FEATURE_YEAR = 5, 1935
FOLDS = 3


def vectors_of(years: Years, seed: int, noise: float = 6.0) -> NDArray[np.float32]:
    """Vectors that contain the year with some noise."""
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(len(years), SIZE))
    vectors[:, 0] = (years + noise * generator.normal(size=len(years)) - 1980) / 20
    vectors[:, FEATURE] *= 0.1
    return vectors.astype(np.float32)


def part(initial: int, topups: int, seed: int, with_feature: int = 0, noise: float = 6.0) -> Part:
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
    vectors = vectors_of(years, seed, noise)
    if with_feature:
        vectors[-with_feature:] = generator.normal(size=(with_feature, SIZE)) * 0.3
        vectors[-with_feature:, FEATURE] = 3
    origins = ["initial"] * initial + ["topup"] * (topups + with_feature)
    folds = np.arange(len(years)) % FOLDS
    folds[initial + topups :] = 0
    return Part(pd.DataFrame({"origin": origins, "fold": folds}), vectors, vectors[:, :2], years)


TRAINING = part(320, 420, 1, with_feature=10)


@pytest.fixture(scope="module")
def validated() -> CrossValidated:
    return cross_validate(TRAINING, YEARS, PARAMS)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(TRAINING, YEARS, PARAMS)


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


def test_matching_prior_has_the_smaller_error() -> None:
    year_model = train(part(320, 420, 1, noise=20), YEARS, PARAMS).year_model
    tests = {"natural": part(2000, 0, 4, noise=20), "uniform": part(0, 2000, 5, noise=20)}
    for true_prior, rows in tests.items():
        errors = {
            prior: np.abs(year_model.predict(rows.vectors, prior).year - rows.years).mean()
            for prior in PRIORS
        }
        assert min(errors, key=errors.__getitem__) == true_prior


def test_each_row_is_predicted_by_the_head_that_was_not_trained_on_it(
    validated: CrossValidated, trained: Trained
) -> None:
    calibration, learned = validated.calibration, validated.priors.learned
    expected = calibration.probabilities(validated.head.left_out, learned)
    np.testing.assert_array_equal(validated.probabilities, expected)
    # Only the member of fold 0 has not seen the feature.
    with_feature = TRAINING.vectors[-10:]
    of_rows = validated.probabilities[-10:]
    of_model = trained.year_model.head(with_feature).astype(np.float64)
    assert np.abs(median(of_rows, YEARS) - FEATURE_YEAR).mean() > 15
    assert np.abs(median(of_model, YEARS) - FEATURE_YEAR).mean() < 8


def test_largest_seed_trains() -> None:
    params = PARAMS.model_copy(update={"seed": 2**32 - 1, "epochs": 1})
    assert np.isfinite(cross_validate(TRAINING, YEARS, params).probabilities).all()


def test_cross_validated_predictions_give_error_temperature_and_intervals(
    validated: CrossValidated, trained: Trained
) -> None:
    assert trained.calibration == validated.calibration
    assert trained.history.equals(validated.head.history)
    for prior in PRIORS:
        adjusted = validated.priors.adjusted(validated.probabilities, prior)
        thresholds = fit_thresholds(adjusted, TRAINING.years, YEARS, 0.8)
        np.testing.assert_array_equal(trained.year_model.thresholds[prior], thresholds)
        errors = np.abs(median(adjusted, YEARS) - TRAINING.years)
        weights = importance_weights(TRAINING.years, YEARS, validated.priors.named(prior))
        assert trained.validation[prior] == pytest.approx((errors * weights).mean(), abs=1e-4)


def test_coverage_on_new_rows_is_right_for_an_overfitted_head() -> None:
    """Calibrated on its own training rows, the intervals would be far too narrow."""
    params = PARAMS.model_copy(
        update={"hidden": (128,), "epochs": 8, "learning_rate": 0.05, "label_width": 1.0}
    )
    year_model = train(part(250, 250, 6), YEARS, params).year_model
    for prior, rows in (("natural", part(1500, 0, 8)), ("uniform", part(0, 1500, 9))):
        predictions = year_model.predict(rows.vectors, prior)
        assert 0.78 < covered(predictions.low, predictions.high, rows.years).mean() < 0.94


def test_opened_model_predicts_as_the_saved_one(trained: Trained, tmp_path: Path) -> None:
    trained.save(tmp_path / "model", {})
    year_model, opened = trained.year_model, YearModel.open(tmp_path / "model")
    assert opened.level == year_model.level
    for prior in PRIORS:
        np.testing.assert_array_equal(opened.thresholds[prior], year_model.thresholds[prior])
        saved, read = (model.predict(TRAINING.vectors, prior) for model in (year_model, opened))
        np.testing.assert_allclose(read.probabilities, saved.probabilities, rtol=1e-3, atol=1e-7)
        np.testing.assert_allclose(read.year, saved.year, atol=0.01)
        np.testing.assert_array_equal(read.low, saved.low)
        np.testing.assert_array_equal(read.high, saved.high)


@pytest.mark.parametrize("about", ["{", "[]", '{"interval": "wide"}', '{"interval": 1.5}'])
def test_damaged_description_is_an_error(tmp_path: Path, about: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "about.json").write_text(about, encoding="utf-8")
    with pytest.raises(DataError, match=r"data/model is damaged \(about.json: .*: run `dvc repro`"):
        YearModel.open(folder)


@pytest.mark.parametrize("line", ["1930,0.5,wide", "1930,0.5,1.5", "1930,0.5", "1929,0.5,0.5"])
def test_damaged_thresholds_are_an_error(trained: Trained, tmp_path: Path, line: str) -> None:
    trained.save(tmp_path / "model", {})
    file = tmp_path / "model" / "thresholds.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], line, *lines[2:]]))
    with pytest.raises(DataError, match=r"data/model is damaged \(thresholds.csv: "):
        YearModel.open(tmp_path / "model")
