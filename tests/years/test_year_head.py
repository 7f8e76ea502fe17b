"""The year head learns, and the same seed gives the same bytes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.years.year_distribution import Probabilities, Years, as_distribution, median, smoothed
from posters.years.year_head import (
    DistributionTarget,
    FittedHead,
    ScalarTarget,
    fit_head,
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
        "members": 1,
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


def fit(params: TrainParams = PARAMS, *, validate: bool = True, **changed: object) -> FittedHead:
    return fit_head(
        *rows(400, 0),
        YEARS,
        params.model_copy(update=changed),
        validation=rows(100, 1) if validate else None,
    )


@pytest.fixture(scope="module")
def fitted() -> dict[str, FittedHead]:
    """A distribution head with two members, and a scalar head."""
    return {"distribution": fit(members=2), "scalar": fit(head="scalar")}


@pytest.fixture(scope="module")
def short() -> FittedHead:
    return fit(SHORT)


def predict(head: FittedHead, vectors: NDArray[np.float32]) -> Probabilities:
    return as_distribution(head(vectors), YEARS)


def weights(head: FittedHead) -> list[bytes]:
    return [weight.tobytes() for weight in head.model.get_weights()]


# Training.


@pytest.mark.parametrize("head", HEADS)
def test_years_of_new_rows_are_predicted(fitted: dict[str, FittedHead], head: str) -> None:
    vectors, true = rows(300, 2)
    probabilities = predict(fitted[head], vectors)
    constant_error = np.abs(true - np.median(true)).mean()
    assert np.abs(median(probabilities, YEARS) - true).mean() < 0.4 * constant_error


def test_outputs_are_distributions_and_do_not_depend_on_the_batch(
    fitted: dict[str, FittedHead],
) -> None:
    vectors = rows(1100, 2)[0]  # more than one batch
    probabilities = predict(fitted["distribution"], vectors)
    assert probabilities.shape == (1100, len(YEARS))
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    alone = predict(fitted["distribution"], vectors[1050:])
    np.testing.assert_allclose(probabilities[1050:], alone, rtol=1e-4)


def test_ensemble_predicts_the_mean_of_different_members(fitted: dict[str, FittedHead]) -> None:
    keras: Any = import_keras()
    head = fitted["distribution"].model
    members = keras.Model(head.input, head.get_layer("average").input)
    vectors = rows(50, 2)[0]
    one, other = (np.asarray(output) for output in members(vectors))
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(np.asarray(head(vectors)), (one + other) / 2, atol=1e-7)


def test_same_seed_gives_the_same_bytes(short: FittedHead) -> None:
    same, other = fit(SHORT), fit(SHORT, seed=SHORT.seed + 100)
    assert weights(short) == weights(same)
    assert short.history == same.history
    assert short.model.to_json() == same.model.to_json()
    assert weights(short) != weights(other)


def test_validation_rows_do_not_influence_training(short: FittedHead) -> None:
    without = fit(SHORT, validate=False)
    assert weights(short) == weights(without)
    assert short.model.to_json() == without.model.to_json()
    assert set(without.history) == {"loss", "mae"}
    assert set(short.history) == {"loss", "mae", "val_loss", "val_mae"}
    assert {name: short.history[name] for name in without.history} == without.history
    assert all(len(curve) == SHORT.epochs for curve in short.history.values())


@pytest.mark.parametrize("head", HEADS)
def test_curves_are_in_years(fitted: dict[str, FittedHead], head: str) -> None:
    vectors, true = rows(100, 1)
    predicted = predict(fitted[head], vectors) @ YEARS
    history = fitted[head].history
    # The mean of the members' errors, a little more than the error of their mean.
    assert history["val_mae"][-1] == pytest.approx(np.abs(predicted - true).mean(), rel=0.15)
    assert history["mae"][-1] < 0.7 * history["mae"][0]


def test_constant_training_dimension_does_not_dominate_predictions() -> None:
    vectors, true = rows(400, 0)
    vectors[:, 3] = 0
    head = fit_head(vectors, true, YEARS, SHORT.model_copy(update={"head": "scalar"}))
    query = vectors[:50].copy()
    expected = np.asarray(head.model(query))
    query[:, 3] = 0.01
    np.testing.assert_allclose(np.asarray(head.model(query)), expected, atol=0.5)


def test_outlier_features_are_clipped(fitted: dict[str, FittedHead]) -> None:
    query = rows(50, 2)[0]
    query[:, 4] = 1e6
    predicted = np.asarray(fitted["scalar"].model(query))
    assert np.abs(predicted - 1960).max() < 300


def test_diverged_training_is_an_error() -> None:
    with pytest.raises(DataError, match=r"diverged: .* lower train\.learning_rate \(now 1e\+30\)"):
        fit(SHORT, validate=False, learning_rate=1e30)


# Targets.


def test_scalar_labels_of_a_single_year_are_not_scaled() -> None:
    target = ScalarTarget(np.full(10, 1987))
    labels = target.labels(np.array([1987, 1990]))
    np.testing.assert_allclose(labels[:, 0], [0, 3])
    years = np.asarray(target.prediction(import_keras(), labels))
    np.testing.assert_allclose(years[:, 0], [1987, 1990])


def test_untrained_distribution_predicts_the_prior() -> None:
    prior = smoothed(TRUE, YEARS, 4.0).mean(axis=0)
    keras: Any = import_keras()
    keras.utils.set_random_seed(0)
    features = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    outputs = np.asarray(DistributionTarget(TRUE, YEARS, 4.0).last_layer(keras)(features))
    np.testing.assert_allclose(outputs, np.tile(prior, (20, 1)), rtol=0.25, atol=1e-4)
