"""Training by cross-validation, predictions under a prior, and the files of a model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import load_params
from posters.years.dataset import Part
from posters.years.intervals import covered, fit_thresholds
from posters.years.priors import PRIORS, importance_weights
from posters.years.training import CrossValidated, Trained, cross_validate, train
from posters.years.year_distribution import median
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
FOLDS = 3


def part(initial: int, topups: int, seed: int, noise: float = 6.0) -> Part:
    """Initial rows are mostly recent, top-ups are of any year; vectors contain the noisy year."""
    generator = np.random.default_rng(seed)
    weights = np.exp((YEARS - 2016) / 12)
    recent = generator.choice(YEARS, initial, p=weights / weights.sum())
    years = np.concatenate([recent, generator.choice(YEARS, topups)])
    vectors = generator.normal(size=(len(years), SIZE)).astype(np.float32)
    vectors[:, 0] = (years + noise * generator.normal(size=len(years)) - 1980) / 20
    origins = ["initial"] * initial + ["topup"] * topups
    folds = np.arange(len(years)) % FOLDS
    return Part(pd.DataFrame({"origin": origins, "fold": folds}), vectors, vectors[:, :2], years)


TRAINING = part(320, 420, 1)


@pytest.fixture(scope="module")
def validated() -> CrossValidated:
    return cross_validate(TRAINING, YEARS, PARAMS)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(TRAINING, YEARS, PARAMS)


@pytest.mark.parametrize("prior", PRIORS)
def test_predictions_are_accurate_and_consistent(trained: Trained, prior: str) -> None:
    new = part(200, 200, 3)
    predictions = trained.year_model.predict(new.vectors, prior)
    constant_error = np.abs(new.years - np.median(new.years)).mean()
    assert np.abs(predictions.year - new.years).mean() < 0.5 * constant_error
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    assert (predictions.low <= predictions.year + 0.5).all()
    assert (predictions.year <= predictions.high + 0.5).all()


def test_matching_prior_has_the_smaller_error() -> None:
    year_model = train(part(320, 420, 1, noise=20), YEARS, PARAMS).year_model
    tests = {"natural": part(2000, 0, 4, noise=20), "uniform": part(0, 2000, 5, noise=20)}
    for true_prior, rows in tests.items():
        errors = {
            prior: np.abs(year_model.predict(rows.vectors, prior).year - rows.years).mean()
            for prior in PRIORS
        }
        assert min(errors, key=errors.__getitem__) == true_prior


def test_largest_seed_trains() -> None:
    params = PARAMS.model_copy(update={"seed": 2**32 - 1, "epochs": 1})
    assert np.isfinite(cross_validate(TRAINING, YEARS, params).probabilities).all()


def test_cross_validated_predictions_give_error_temperature_and_intervals(
    validated: CrossValidated, trained: Trained
) -> None:
    assert trained.calibration == validated.calibration
    assert trained.history.equals(validated.head.history)
    expected = validated.calibration.probabilities(
        validated.head.left_out, validated.priors.learned
    )
    np.testing.assert_array_equal(validated.probabilities, expected)
    for prior in PRIORS:
        adjusted = validated.adjusted(prior)
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


# Files.


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("head", ["distribution", "scalar"])
def test_keras_reads_the_files_as_documented(head: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    trained = train(TRAINING, YEARS, PARAMS.model_copy(update={"head": head, "epochs": 1}))
    trained.save(folder, {})
    model = import_keras().models.model_from_json((folder / "architecture.json").read_text())
    model.load_weights(str(folder / "head.weights.h5"))
    vectors = 2 * TRAINING.vectors
    np.testing.assert_array_equal(np.asarray(model(vectors)), trained.year_model.head(vectors))


def test_saving_replaces_the_whole_folder_by_the_same_bytes_or_nothing(
    trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    trained.save(folder, {"title": "Amélie"})
    before = contents(folder)
    assert set(before) == {
        *("about.json", "architecture.json", "head.bin", "head.weights.h5", "head.xml"),
        *("history.csv", "priors.csv", "thresholds.csv"),
    }
    assert json.loads(before["about.json"]) == {
        "title": "Amélie",
        "interval": 0.8,
        "calibration": vars(trained.calibration),
        "validation_mae": trained.validation,
    }
    table = pd.read_csv(folder / "history.csv", index_col="epoch")
    pd.testing.assert_frame_equal(table, trained.history, rtol=1e-5)
    (folder / "old.keras").write_bytes(b"of another version")
    with pytest.raises(ValueError, match="JSON"):
        trained.save(folder, {"loss": float("nan")})
    assert contents(folder) == {**before, "old.keras": b"of another version"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    trained.save(folder, {"title": "Amélie"})
    assert contents(folder) == before


def test_opened_model_predicts_as_the_saved_one(trained: Trained, tmp_path: Path) -> None:
    trained.save(tmp_path / "model", {})
    year_model, opened = trained.year_model, YearModel.open(tmp_path / "model")
    assert opened.level == year_model.level
    vectors = np.tile(TRAINING.vectors, (2, 1))  # more than one batch
    for prior in PRIORS:
        np.testing.assert_array_equal(opened.thresholds[prior], year_model.thresholds[prior])
        saved, read = (model.predict(vectors, prior) for model in (year_model, opened))
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
