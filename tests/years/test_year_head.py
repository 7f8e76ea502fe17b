"""The year head learns, and the same seed gives the same bytes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.years.calibration import Calibration
from posters.years.year_distribution import Probabilities, Years, median, smoothed
from posters.years.year_head import (
    DistributionTarget,
    FittedHead,
    ScalarTarget,
    fit_head,
    join_heads,
    predict_in_batches,
)

YEARS = np.arange(1900, 2017)
PARAMS = load_params().train.model_copy(
    update={
        "hidden": (32,),
        "input_dropout": 0.0,
        "dropout": 0.1,
        "label_width": 4.0,
        "learning_rate": 0.02,
        "batch_size": 20,
        "epochs": 9,
    }
)
SHORT = PARAMS.model_copy(update={"epochs": 2})
HEADS = ("distribution", "scalar")
TRUE: Years = np.random.default_rng(0).choice(YEARS, 400, p=np.arange(1, 118) / (117 * 59))


def rows(count: int, seed: int) -> tuple[NDArray[np.float32], Years]:
    """Vectors, and years that are a nonlinear function of two of their eight dimensions."""
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    years = 1950 + 20 * np.tanh(vectors[:, 0]) + 15 * np.abs(vectors[:, 1])
    return vectors * np.float32([0.001, 100, 1, 1, 0.01, 1, 1, 1]), years.round().astype(np.int64)


def fit(
    params: TrainParams = PARAMS, *, seed: int = 1, validation_seed: int = 1, **changed: object
) -> FittedHead:
    return fit_head(
        *rows(400, 0),
        YEARS,
        params.model_copy(update=changed),
        validation=rows(100, validation_seed),
        seed=seed,
    )


@pytest.fixture(scope="module")
def fitted() -> dict[str, FittedHead]:
    return {head: fit(head=head) for head in HEADS}


@pytest.fixture(scope="module")
def short() -> FittedHead:
    return fit(SHORT)


def predict(head: FittedHead, vectors: NDArray[np.float32]) -> Probabilities:
    return softmax(predict_in_batches(head.model, vectors).astype(np.float64), axis=1)


def weights(head: FittedHead) -> list[bytes]:
    return [weight.tobytes() for weight in head.model.get_weights()]


# Training.


@pytest.mark.parametrize("head", HEADS)
def test_years_of_new_rows_are_predicted(fitted: dict[str, FittedHead], head: str) -> None:
    vectors, true = rows(300, 2)
    probabilities = predict(fitted[head], vectors)
    constant_error = np.abs(true - np.median(true)).mean()
    assert np.abs(median(probabilities, YEARS) - true).mean() < 0.4 * constant_error


def test_joined_heads_predict_distributions_from_their_mean_logits(
    fitted: dict[str, FittedHead],
) -> None:
    heads = [fitted["distribution"], fit(seed=2)]
    vectors = rows(1100, 2)[0]  # more than one batch
    one, other = (predict_in_batches(head.model, vectors) for head in heads)
    assert np.abs(one - other).max() > 0.1
    calibration, learned = Calibration(1.5, 0.1), smoothed(TRUE, YEARS, 4.0).mean(axis=0)
    joined = join_heads([head.model for head in heads], calibration, learned)
    probabilities = predict_in_batches(joined, vectors)
    expected = calibration.probabilities((one + other).astype(np.float64) / 2, learned)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4)
    alone = predict_in_batches(joined, vectors[1050:])
    np.testing.assert_allclose(probabilities[1050:], alone, rtol=1e-4)


def test_same_seed_gives_the_same_bytes(short: FittedHead) -> None:
    same, other = fit(SHORT), fit(SHORT, seed=100)
    assert weights(short) == weights(same)
    assert short.history == same.history
    assert weights(short) != weights(other)


def test_validation_rows_do_not_influence_training(short: FittedHead) -> None:
    other = fit(SHORT, validation_seed=3)
    assert weights(short) == weights(other)
    assert set(short.history) == {"loss", "mae", "val_loss", "val_mae"}
    assert short.history["mae"] == other.history["mae"]
    assert short.history["val_mae"] != other.history["val_mae"]
    assert all(len(curve) == SHORT.epochs for curve in short.history.values())


@pytest.mark.parametrize("head", HEADS)
def test_curves_are_in_years(fitted: dict[str, FittedHead], head: str) -> None:
    vectors, true = rows(100, 1)
    predicted = predict(fitted[head], vectors) @ YEARS
    history = fitted[head].history
    # The scalar head's Gaussian is cut off at the first and the last year.
    assert history["val_mae"][-1] == pytest.approx(np.abs(predicted - true).mean(), rel=0.05)
    assert history["mae"][-1] < 0.7 * history["mae"][0]


def test_constant_training_dimension_does_not_dominate_predictions() -> None:
    vectors, true = rows(400, 0)
    vectors[:, 3] = 0
    head = fit_head(vectors, true, YEARS, SHORT, rows(10, 1), seed=1)
    query = vectors[:50].copy()
    expected = median(predict(head, query), YEARS)
    query[:, 3] = 0.01
    np.testing.assert_allclose(median(predict(head, query), YEARS), expected, atol=0.5)


def test_outlier_features_are_clipped(fitted: dict[str, FittedHead]) -> None:
    query, far = (rows(50, 2)[0] for _ in range(2))
    query[:, 4], far[:, 4] = 1e3, 1e6
    one, other = (predict_in_batches(fitted["scalar"].model, vectors) for vectors in (query, far))
    np.testing.assert_array_equal(one, other)


def test_diverged_training_is_an_error() -> None:
    with pytest.raises(DataError, match=r"diverged: .* lower train\.learning_rate \(now 1e\+30\)"):
        fit(SHORT, learning_rate=1e30)


# Targets.


def test_scalar_labels_of_a_single_year_are_not_scaled() -> None:
    target = ScalarTarget(np.full(10, 1987), YEARS, 4.0)
    labels = target.labels(np.array([1987, 1990]))
    np.testing.assert_allclose(labels[:, 0], [0, 3])
    logits = np.asarray(target.logits(import_keras(), labels))
    gaussians = smoothed(np.array([1987, 1990]), YEARS, 4.0)
    np.testing.assert_allclose(softmax(logits, axis=1), gaussians, rtol=1e-3, atol=1e-9)


def test_untrained_distribution_predicts_the_prior() -> None:
    prior = smoothed(TRUE, YEARS, 4.0).mean(axis=0)
    keras: Any = import_keras()
    keras.utils.set_random_seed(0)
    features = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    outputs = np.asarray(DistributionTarget(TRUE, YEARS, 4.0).last_layer(keras)(features))
    np.testing.assert_allclose(
        softmax(outputs, axis=1), np.tile(prior, (20, 1)), rtol=0.25, atol=1e-4
    )
