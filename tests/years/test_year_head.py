"""The year head learns, and the same seed gives the same bytes."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.years.calibration import Calibration
from posters.years.targets import ScalarTarget
from posters.years.year_distribution import Years, median, smoothed
from posters.years.year_head import (
    FittedHead,
    fit_head,
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


ROWS = rows(400, 0)
FOLDS = np.arange(400) * 7 % 3


def fit(
    params: TrainParams = PARAMS,
    true: Years = ROWS[1],
    folds: NDArray[np.int64] = FOLDS,
    **changed: object,
) -> FittedHead:
    return fit_head(ROWS[0], true, folds, YEARS, params.model_copy(update=changed))


@pytest.fixture(scope="module")
def fitted() -> dict[str, FittedHead]:
    return {head: fit(head=head) for head in HEADS}


@pytest.fixture(scope="module")
def short() -> FittedHead:
    return fit(SHORT)


def logits(head: FittedHead, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    return predict_in_batches(head.members, vectors).astype(np.float64)


def weights(head: FittedHead) -> list[bytes]:
    return [weight.tobytes() for weight in head.members.get_weights()]


# Training.


@pytest.mark.parametrize("hidden", [(32,), (), (32, 16)])
@pytest.mark.parametrize("head", HEADS)
def test_years_of_new_rows_are_predicted(
    fitted: dict[str, FittedHead], head: str, hidden: tuple[int, ...]
) -> None:
    vectors, true = rows(300, 2)
    trained = fitted[head] if hidden == PARAMS.hidden else fit(head=head, hidden=hidden)
    constant_error = np.abs(true - np.median(true)).mean()
    for member in range(len(set(FOLDS))):
        probabilities = softmax(logits(trained, vectors)[:, member], axis=1)
        error = np.abs(median(probabilities, YEARS) - true).mean()
        # Without a hidden layer only the linear part of the years is found.
        assert error < (0.4 if hidden else 0.9) * constant_error


def test_model_predicts_distributions_from_the_mean_logits_of_its_members(
    fitted: dict[str, FittedHead],
) -> None:
    vectors = rows(1100, 2)[0]  # more than one batch
    of_members = logits(fitted["distribution"], vectors)
    assert np.abs(of_members[:, 0] - of_members[:, 1]).max() > 0.1
    calibration, learned = Calibration(1.5, 0.1), smoothed(TRUE, YEARS, 4.0).mean(axis=0)
    model = fitted["distribution"].average(calibration, learned)
    probabilities = predict_in_batches(model, vectors)
    expected = calibration.probabilities(of_members.mean(axis=1), learned)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4)
    alone = predict_in_batches(model, vectors[1050:])
    np.testing.assert_allclose(probabilities[1050:], alone, rtol=1e-4)


def test_same_seed_gives_the_same_bytes(short: FittedHead) -> None:
    same, other = fit(SHORT), fit(SHORT, seed=100)
    assert weights(short) == weights(same)
    assert short.history.equals(same.history)
    assert weights(short) != weights(other)


def test_no_member_learns_from_the_rows_of_its_fold(short: FittedHead) -> None:
    true = ROWS[1].copy()
    true[FOLDS == 1] = true[FOLDS == 1][::-1]
    before, after = (logits(head, ROWS[0]) for head in (short, fit(SHORT, true)))
    np.testing.assert_array_equal(after[:, 1], before[:, 1])
    for member in (0, 2):
        assert np.abs(after[:, member] - before[:, member]).max() > 1e-3


def test_each_row_is_predicted_by_the_member_of_its_fold(short: FittedHead) -> None:
    of_members = logits(short, ROWS[0])
    for member, fold in enumerate(np.unique(FOLDS)):
        left_out = fold == FOLDS
        np.testing.assert_array_equal(short.left_out[left_out], of_members[left_out, member])


def test_initial_weights_are_those_of_a_single_network() -> None:
    head = fit(SHORT, hidden=(48, 24), learning_rate=1e-12, weight_decay=0.0)
    kernels = {weight.shape: weight for weight in head.members.get_weights()}
    for shape, units in (((8, 3 * 48), 8 + 48), ((3, 48, 24), 48 + 24)):
        assert np.abs(kernels[shape]).max() == pytest.approx(np.sqrt(6 / units), rel=0.05)


@pytest.mark.parametrize("head", HEADS)
def test_curves_are_in_years(fitted: dict[str, FittedHead], head: str) -> None:
    history = fitted[head].history
    assert list(history.index) == list(range(1, PARAMS.epochs + 1))
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"}
    predicted = softmax(fitted[head].left_out, axis=1) @ YEARS
    # The scalar head's Gaussian is cut off at the first and the last year.
    expected = np.abs(predicted - ROWS[1])[::5].mean()  # of a fifth of the rows
    assert history["val_mae"].iloc[-1] == pytest.approx(expected, rel=0.05)
    assert history["mae"].iloc[-1] < 0.7 * history["mae"].iloc[0]


def test_constant_training_dimension_does_not_dominate_predictions() -> None:
    vectors = ROWS[0].copy()
    vectors[:, 3] = 0
    head = fit_head(vectors, ROWS[1], FOLDS, YEARS, SHORT)
    query = vectors[:50].copy()
    expected = logits(head, query)
    query[:, 3] = 0.01
    np.testing.assert_allclose(logits(head, query), expected, atol=0.1)


def test_outlier_features_are_clipped(fitted: dict[str, FittedHead]) -> None:
    query, far = (rows(50, 2)[0] for _ in range(2))
    query[:, 4], far[:, 4] = 1e3, 1e6
    one, other = (logits(fitted["scalar"], vectors) for vectors in (query, far))
    np.testing.assert_array_equal(one, other)


def test_diverged_training_is_an_error() -> None:
    with pytest.raises(DataError, match=r"diverged: .* lower train\.learning_rate \(now 1e\+30\)"):
        fit(SHORT, learning_rate=1e30)


# Targets.


def test_scalar_labels_of_a_single_year_are_not_scaled() -> None:
    target = ScalarTarget(np.full(10, 1987), YEARS, 4.0)
    logits = np.asarray(target.logits(import_keras(), np.float32([[0], [3]])))
    gaussians = smoothed(np.array([1987, 1990]), YEARS, 4.0)
    np.testing.assert_allclose(softmax(logits, axis=1), gaussians, rtol=1e-3, atol=1e-9)
    np.testing.assert_array_equal(target.labels, 0)


def test_untrained_distribution_predicts_the_prior() -> None:
    head = fit(SHORT, learning_rate=1e-12, weight_decay=0.0)
    prior = smoothed(ROWS[1], YEARS, 4.0).mean(axis=0)
    np.testing.assert_allclose(
        softmax(head.left_out, axis=1), np.tile(prior, (400, 1)), rtol=0.25, atol=1e-4
    )
