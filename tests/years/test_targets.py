"""What a head is taught: labels, a last layer that learns them, and errors in years."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.params import TrainParams, load_params
from posters.years.targets import Distribution, Scalar, Target, make_target
from posters.years.year_distribution import Years, smoothed

YEARS = np.arange(1900, 2017)
PARAMS = load_params().train
TRUE: Years = np.random.default_rng(0).choice(YEARS, 400, p=np.arange(1, 118) / (117 * 59))
HEADS = ("distribution", "scalar")


def target_of(head: str) -> Target:
    return make_target(TRUE, YEARS, PARAMS.model_copy(update={"head": head, "label_width": 4.0}))


def untrained(target: Target, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a new last layer says."""
    keras: Any = import_keras()
    keras.utils.set_random_seed(0)
    return np.asarray(target.last_layer(keras)(features))


def error(target: Target, labels: object, outputs: object) -> NDArray[np.float32]:
    return np.asarray(target.error(import_keras(), np.float32(labels), np.float32(outputs)))


@pytest.mark.parametrize(("head", "kind"), [("distribution", Distribution), ("scalar", Scalar)])
def test_the_parameters_say_what_is_taught(head: str, kind: type) -> None:
    assert isinstance(target_of(head), kind)


def test_the_parameters_say_how_wide_labels_are() -> None:
    def labels(params: TrainParams) -> NDArray[np.float32]:
        return make_target(TRUE, YEARS, params).labels(TRUE[:5])

    for width in (1.0, 9.0):
        params = PARAMS.model_copy(update={"head": "distribution", "label_width": width})
        np.testing.assert_allclose(labels(params), smoothed(TRUE[:5], YEARS, width), atol=1e-7)


def test_labels_of_a_distribution_are_bells_around_the_year() -> None:
    labels = target_of("distribution").labels(YEARS)
    assert labels.dtype == np.float32
    assert labels.shape == (len(YEARS), len(YEARS))
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(YEARS[labels.argmax(axis=1)], YEARS)
    row = labels[50]
    assert row[51] / row[50] == pytest.approx(np.exp(-0.5 / 16), rel=1e-5)


def test_labels_of_a_scalar_have_mean_zero_and_spread_one() -> None:
    labels = target_of("scalar").labels(TRUE)
    assert labels.dtype == np.float32
    assert labels.shape == (400, 1)
    assert labels.mean() == pytest.approx(0, abs=1e-5)
    assert labels.std() == pytest.approx(1, rel=1e-5)


def test_labels_of_other_rows_are_on_the_scale_of_the_training_rows() -> None:
    label = target_of("scalar").labels(np.array([1900]))
    assert label[0, 0] == pytest.approx((1900 - TRUE.mean()) / TRUE.std(), rel=1e-5)


def test_the_first_answer_of_an_untrained_distribution_is_how_often_years_come() -> None:
    """Whatever the poster: only a little noise tells posters apart."""
    target = target_of("distribution")
    expected = smoothed(TRUE, YEARS, 4.0).mean(axis=0)
    nothing = untrained(target, np.zeros((1, 16), np.float32))
    np.testing.assert_allclose(nothing[0], expected, rtol=0.02, atol=2e-6)
    features = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    something = untrained(target, features)
    np.testing.assert_allclose(something, np.tile(expected, (20, 1)), rtol=0.25, atol=1e-4)
    assert np.ptp(something, axis=0).max() > 0


def test_a_year_without_a_training_row_is_not_impossible_for_an_untrained_distribution() -> None:
    target = Distribution(np.full(30, 2010), YEARS, 1.0)
    first = untrained(target, np.zeros((1, 16), np.float32))
    assert first.min() > 1e-7
    assert first[0, YEARS == 2010][0] > 0.3


def test_the_error_of_a_distribution_is_that_of_its_mean_in_years() -> None:
    labels = smoothed(TRUE, YEARS, 4.0)
    outputs = np.random.default_rng(2).dirichlet(np.full(len(YEARS), 0.1), len(TRUE))
    expected = np.abs(outputs @ YEARS - labels @ YEARS)
    said = error(target_of("distribution"), labels, outputs)
    assert said.shape == (400,)
    np.testing.assert_allclose(said, expected, atol=2e-3)


def test_the_error_of_a_scalar_is_in_years() -> None:
    target = target_of("scalar")
    outputs = np.random.default_rng(3).normal(size=(400, 1))
    expected = np.abs(outputs[:, 0] * TRUE.std() + TRUE.mean() - TRUE)
    said = error(target, target.labels(TRUE), outputs)
    assert said.shape == (400,)
    np.testing.assert_allclose(said, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("head", HEADS)
def test_a_head_that_says_the_labels_errs_by_nothing(head: str) -> None:
    target = target_of(head)
    labels = target.labels(TRUE)
    np.testing.assert_allclose(error(target, labels, labels), 0, atol=1e-6)


def test_a_distribution_answers_its_probabilities_and_a_scalar_a_year() -> None:
    keras: Any = import_keras()
    target = target_of("distribution")
    probabilities = target.labels(TRUE)
    np.testing.assert_array_equal(target.answer(keras, probabilities), probabilities)
    target = target_of("scalar")
    years = np.asarray(target.answer(keras, target.labels(TRUE)))
    np.testing.assert_allclose(years[:, 0], TRUE, atol=1e-3)


def test_years_that_are_all_the_same_are_a_scale_too() -> None:
    target = Scalar(np.full(10, 1987))
    labels = target.labels(np.array([1987, 1990]))
    np.testing.assert_allclose(labels[:, 0], [0, 3])
    years = np.asarray(target.answer(import_keras(), labels))
    np.testing.assert_allclose(years[:, 0], [1987, 1990])


@pytest.mark.parametrize("head", HEADS)
def test_the_loss_is_one_that_keras_knows_and_least_for_the_labels(head: str) -> None:
    keras: Any = import_keras()
    target = target_of(head)
    labels = target.labels(TRUE[:50])
    loss = keras.losses.get(target.loss)
    best = float(np.mean(loss(labels, labels)))
    assert best < float(np.mean(loss(labels, labels[::-1])))


def test_the_loss_of_a_scalar_is_its_error() -> None:
    keras: Any = import_keras()
    target = target_of("scalar")
    labels = target.labels(TRUE)
    outputs = np.random.default_rng(4).normal(size=(400, 1)).astype(np.float32)
    loss = np.asarray(keras.losses.get(target.loss)(labels, outputs))
    np.testing.assert_allclose(loss * TRUE.std(), error(target, labels, outputs), rtol=1e-4)
