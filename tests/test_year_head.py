"""The year head learns, stops, is saved and comes back, the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.year_head import Fitted, fit_head, load_head, predict_years, read_about, save_head

PARAMS = load_params().train.model_copy(
    update={"hidden": [32], "epochs": 60, "patience": 10, "dropout": 0.1}
)


def rows(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors whose year is a bent function of two of eight dimensions, of unequal scales."""
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    years = 1960 + 25 * np.tanh(vectors[:, 0]) + 10 * np.abs(vectors[:, 1])
    return vectors * np.float32([1, 100, 1, 1, 0.01, 1, 1, 1]), years.round().astype(np.int64)


def fit(params: TrainParams = PARAMS) -> Fitted:
    return fit_head(*rows(600, 0), *rows(150, 1), params)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_it_predicts_years_of_rows_it_never_saw(fitted: Fitted) -> None:
    vectors, years = rows(300, 2)
    predicted = predict_years(fitted.model, vectors)
    assert predicted.shape == (300,)
    guess = np.abs(years - np.median(years)).mean()
    assert np.abs(predicted - years).mean() < 0.4 * guess


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    fitted: Fitted, tmp_path: Path
) -> None:
    save_head(tmp_path / "one", fitted, {"seed": 1})
    save_head(tmp_path / "two", fit(), {"seed": 1})
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    save_head(tmp_path / "three", fit(PARAMS.model_copy(update={"seed": 2})), {"seed": 1})
    assert contents(tmp_path / "one") != contents(tmp_path / "three")


def test_a_saved_head_answers_as_before(fitted: Fitted, tmp_path: Path) -> None:
    save_head(tmp_path / "head", fitted, {"caveats": ["none"]})
    vectors, _ = rows(50, 3)
    np.testing.assert_array_equal(
        predict_years(load_head(tmp_path / "head"), vectors), predict_years(fitted.model, vectors)
    )
    about = read_about(tmp_path / "head")
    assert about["caveats"] == ["none"]
    assert about["best_epoch"] == fitted.best_epoch


def test_the_kept_weights_are_those_of_the_best_epoch(fitted: Fitted) -> None:
    vectors, years = rows(150, 1)
    error = float(np.abs(predict_years(fitted.model, vectors) - years).mean())
    assert error == pytest.approx(fitted.history["val_mae"][fitted.best_epoch - 1], rel=1e-3)
    assert fitted.history["val_loss"][fitted.best_epoch - 1] == min(fitted.history["val_loss"])


def test_it_stops_when_validation_no_longer_improves() -> None:
    vectors, years = rows(200, 0)
    noise = np.random.default_rng(5).permutation(years)
    stopped = fit_head(
        vectors, noise, *rows(100, 1), PARAMS.model_copy(update={"epochs": 500, "patience": 3})
    )
    assert len(stopped.history["loss"]) == stopped.best_epoch + 3


def test_validation_rows_shift_nothing_but_the_stop() -> None:
    """Standardising is fitted on the training rows: other validation rows leave it alone."""
    vectors, years = rows(200, 0)
    one_epoch = PARAMS.model_copy(update={"epochs": 1})
    heads = [
        fit_head(vectors, years, validation * scale, validation_years, one_epoch)
        for scale in (np.float32(1), np.float32(50))
        for validation, validation_years in (rows(100, 1),)
    ]
    np.testing.assert_array_equal(
        predict_years(heads[0].model, vectors), predict_years(heads[1].model, vectors)
    )


def test_no_head_and_a_damaged_one_are_errors_that_say_what_to_do(
    fitted: Fitted, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="no trained model yet: run `make repro`"):
        load_head(tmp_path / "none")
    for file in ("architecture.json", "head.weights.h5", "about.json"):
        save_head(tmp_path / "head", fitted, {})
        (tmp_path / "head" / file).write_bytes(b"{")
        with pytest.raises(DataError, match="damaged"):
            load_head(tmp_path / "head")


def test_a_dimension_that_never_varied_in_training_does_not_drown_the_others() -> None:
    """As pooled activations that no training poster stirs, and a query does."""
    vectors, years = rows(600, 0)
    vectors[:, 3] = 0
    head = fit_head(vectors, years, vectors[:100], years[:100], PARAMS)
    query = vectors[:50].copy()
    expected = predict_years(head.model, query)
    query[:, 3] = 0.01
    np.testing.assert_allclose(predict_years(head.model, query), expected, atol=2)
    query[:, 4] = 1e6
    assert np.abs(predict_years(head.model, query) - 1960).max() < 300


def test_a_training_that_diverges_is_an_error_that_says_what_to_lower() -> None:
    with pytest.raises(DataError, match=r"diverged: .* lower train\.learning_rate"):
        fit(PARAMS.model_copy(update={"learning_rate": 1e30, "epochs": 3}))
