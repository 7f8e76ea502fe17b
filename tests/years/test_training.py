"""Two ensembles, one after the other or side by side: the same bytes, and no failure unheard."""

import os
import signal
import threading
from multiprocessing import active_children
from time import sleep

import numpy as np
import pytest
from parts import part_of, random_years

from posters.errors import DataError
from posters.params import TrainParams, load_params
from posters.years import training
from posters.years.training import Trained, train

YEARS = np.arange(1888, 2017)
PARAMS = load_params().train.model_copy(update={"hidden": (16,), "epochs": 3, "members": 2})
TRAINING, VALIDATION = part_of(random_years(0)), part_of(random_years(1, 100), seed=1)


def trained(params: TrainParams = PARAMS) -> Trained:
    return train(TRAINING, VALIDATION, YEARS, params)


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_WORTH_A_PROCESS", 0)


@pytest.fixture(scope="module")
def one_after_the_other() -> Trained:
    return trained()


@pytest.mark.usefixtures("side_by_side")
def test_a_process_beside_changes_no_byte(one_after_the_other: Trained) -> None:
    beside = trained()
    assert beside.first.history == one_after_the_other.first.history
    assert beside.first.said.tobytes() == one_after_the_other.first.said.tobytes()
    assert beside.year_model.margins == one_after_the_other.year_model.margins
    ours, theirs = beside.second.model.get_weights(), one_after_the_other.second.model.get_weights()
    assert [layer.tobytes() for layer in ours] == [layer.tobytes() for layer in theirs]
    assert not active_children()


@pytest.mark.usefixtures("side_by_side")
def test_a_process_beside_that_is_killed_is_named() -> None:
    killed = threading.Thread(target=_kill_the_first_child, daemon=True)
    killed.start()
    with pytest.raises(DataError, match=r"ended before it was done \(exit code -9"):
        trained()


@pytest.mark.usefixtures("side_by_side")
def test_an_error_of_the_process_beside_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    # The second ensemble is none of the question: only the first, over there, diverges.
    monkeypatch.setattr(training, "fit_head", lambda *_, **__: None)
    with pytest.raises(DataError, match=r"the training diverged.*train\.learning_rate"):
        trained(PARAMS.model_copy(update={"learning_rate": 1e30}))


def _kill_the_first_child() -> None:
    while not (children := active_children()):
        sleep(0.01)
    os.kill(children[0].pid or 0, signal.SIGKILL)
