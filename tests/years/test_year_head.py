"""The year head learns, and the same seed gives the same one."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.embedding.keras_import import import_keras
from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.years.year_distribution import Years, mean, median
from posters.years.year_head import Fitted, fit_head, predict

YEARS = np.arange(1900, 2017)
PARAMS = load_params().train.model_copy(
    update={
        "hidden": (32,),
        "input_dropout": 0.0,
        "dropout": 0.1,
        "mixup": 0.2,
        "label_width": 4.0,
        "learning_rate": 0.02,
        "batch_size": 20,
        "epochs": 9,
        "members": 1,
    }
)
SHORT = PARAMS.model_copy(update={"epochs": 2})
HEADS = ("distribution", "scalar")


def rows(count: int, seed: int) -> tuple[NDArray[np.float32], Years]:
    """Vectors whose year is a bent function of two of eight dimensions, of unequal scales."""
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    years = 1950 + 20 * np.tanh(vectors[:, 0]) + 15 * np.abs(vectors[:, 1])
    return vectors * np.float32([0.001, 100, 1, 1, 0.01, 1, 1, 1]), years.round().astype(np.int64)


def fit(params: TrainParams = PARAMS, *, watched: bool = True, **changed: object) -> Fitted:
    return fit_head(
        *rows(400, 0),
        YEARS,
        params.model_copy(update=changed),
        validation=rows(100, 1) if watched else None,
    )


@pytest.fixture(scope="module")
def fitted() -> dict[str, Fitted]:
    """Two members that are a distribution, and one scalar."""
    return {"distribution": fit(members=2), "scalar": fit(head="scalar")}


@pytest.fixture(scope="module")
def short() -> Fitted:
    return fit(SHORT)


def weights(head: Fitted) -> list[bytes]:
    return [weight.tobytes() for weight in head.model.get_weights()]


@pytest.mark.parametrize("head", HEADS)
def test_it_predicts_years_of_rows_it_never_saw(fitted: dict[str, Fitted], head: str) -> None:
    vectors, true = rows(300, 2)
    said = predict(fitted[head].model, vectors, YEARS)
    guess = np.abs(true - np.median(true)).mean()
    assert np.abs(median(said, YEARS) - true).mean() < 0.4 * guess


@pytest.mark.parametrize("head", HEADS)
def test_it_gives_a_probability_for_every_year(fitted: dict[str, Fitted], head: str) -> None:
    # More than go through at once.
    said = predict(fitted[head].model, rows(1100, 2)[0], YEARS)
    assert said.shape == (1100, len(YEARS))
    assert said.dtype == np.float64
    assert said.min() >= 0
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        said[1050:], predict(fitted[head].model, rows(1100, 2)[0][1050:], YEARS), rtol=1e-4
    )


def test_a_scalar_answer_lies_on_the_two_years_beside_it(fitted: dict[str, Fitted]) -> None:
    vectors = rows(200, 2)[0]
    said = predict(fitted["scalar"].model, vectors, YEARS)
    assert ((said > 0).sum(axis=1) <= 2).all()
    answers = np.asarray(fitted["scalar"].model(vectors))[:, 0].clip(YEARS[0], YEARS[-1])
    np.testing.assert_allclose(mean(said, YEARS), answers, atol=1e-3)
    columns = [np.flatnonzero(row) for row in said]
    assert all(np.ptp(column) <= 1 for column in columns)


def test_a_distribution_says_less_than_one_year_for_sure(fitted: dict[str, Fitted]) -> None:
    said = predict(fitted["distribution"].model, rows(200, 2)[0], YEARS)
    assert ((said > 0.001).sum(axis=1) >= 10).all()


def test_a_head_of_several_members_says_the_mean_of_what_they_say(
    fitted: dict[str, Fitted],
) -> None:
    keras: Any = import_keras()
    head = fitted["distribution"].model
    members = keras.Model(head.input, head.get_layer("average").input)
    vectors = rows(50, 2)[0]
    one, other = (np.asarray(said) for said in members(vectors))
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(predict(head, vectors, YEARS), (one + other) / 2, atol=1e-7)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(short: Fitted) -> None:
    same, other = fit(SHORT), fit(SHORT, seed=SHORT.seed + 100)
    assert weights(short) == weights(same)
    assert short.history == same.history
    assert short.model.to_json() == same.model.to_json()
    assert weights(short) != weights(other)


def test_members_begin_with_weights_of_their_own() -> None:
    head = fit(SHORT, watched=False, members=2, epochs=1, learning_rate=1e-9).model
    one, other = (head.get_layer(f"member_{number}").get_weights()[0] for number in (1, 2))
    assert np.abs(one - other).mean() > 0.1


def test_validation_rows_are_watched_and_shift_nothing_at_all(short: Fitted) -> None:
    unwatched = fit(SHORT, watched=False)
    assert weights(short) == weights(unwatched)
    assert short.model.to_json() == unwatched.model.to_json()
    curves = {"loss", "mae", "val_loss", "val_mae"}
    assert set(short.history) == curves
    assert set(unwatched.history) == {"loss", "mae"}
    assert {name: short.history[name] for name in unwatched.history} == unwatched.history
    assert all(len(short.history[name]) == SHORT.epochs for name in curves)


def test_curves_are_in_years_the_mean_over_members(fitted: dict[str, Fitted]) -> None:
    """They end with what the head says: a mean of members is better than they are, if little."""
    vectors, true = rows(100, 1)
    for head in HEADS:
        said = mean(predict(fitted[head].model, vectors, YEARS), YEARS)
        error = np.abs(said - true).mean()
        assert fitted[head].history["val_mae"][-1] == pytest.approx(error, rel=0.15)
        assert fitted[head].history["mae"][-1] < 0.7 * fitted[head].history["mae"][0]


def test_a_dimension_that_never_varied_in_training_does_not_drown_the_others() -> None:
    """As pooled activations that no training poster stirs, and a query does."""
    vectors, true = rows(400, 0)
    vectors[:, 3] = 0
    head = fit_head(vectors, true, YEARS, SHORT.model_copy(update={"head": "scalar"}))
    query = vectors[:50].copy()
    expected = np.asarray(head.model(query))
    query[:, 3] = 0.01
    np.testing.assert_allclose(np.asarray(head.model(query)), expected, atol=0.5)


def test_a_poster_unlike_all_others_is_far_out_but_not_out_of_this_world(
    fitted: dict[str, Fitted],
) -> None:
    query = rows(50, 2)[0]
    query[:, 4] = 1e6
    answers = np.asarray(fitted["scalar"].model(query))
    assert np.abs(answers - 1960).max() < 300


def test_a_training_that_diverges_is_an_error_that_says_what_to_lower() -> None:
    with pytest.raises(DataError, match=r"diverged: .* lower train\.learning_rate \(now 1e\+30\)"):
        fit(SHORT, watched=False, learning_rate=1e30)
