"""Training two ensembles of heads: one that calibrates the intervals, and the one that is kept.

The first sees the training rows alone: what it says of the validation rows, which it never saw,
calibrates the intervals. The second sees both, as more posters make better guesses, and is the one
that is kept. As neither needs the other, they are trained side by side where it is worth a process:
one training keeps little more than one core busy.
"""

import signal
import threading
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tqdm import tqdm

from posters.errors import DataError, PostersError
from posters.params import TrainParams
from posters.years.dataset import Part, concatenate
from posters.years.intervals import calibrate
from posters.years.priors import PRIORS, Priors, fit_priors
from posters.years.year_distribution import Probabilities, Years
from posters.years.year_head import Fitted, fit_head, predict
from posters.years.year_model import YearModel

# Numbers that go through a head: with fewer, it is trained before a second process has imported
# TensorFlow, which takes some seconds.
_WORTH_A_PROCESS = 100_000_000


@dataclass(frozen=True)
class First:
    """What is left of the ensemble that calibrates.

    Attributes:
        history: its curves, see `Fitted`.
        said: of the validation rows, as if posters came as it was trained on; shape (n, n_years).
    """

    history: dict[str, list[float]]
    said: Probabilities


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        first: what the ensemble that calibrated said.
        second: the one that is kept.
        year_model: asks the second.
    """

    first: First
    second: Fitted
    year_model: YearModel


def train(training: Part, validation: Part, years: Years, params: TrainParams) -> Trained:
    """Train both ensembles.

    Args:
        training: rows that both see.
        validation: rows that calibrate the intervals, and that the second ensemble sees.
        years: all that can be answered, shape (n_years,).
        params: layers and fitting.

    Raises:
        DataError: the training diverged.
    """
    everything = concatenate(training, validation)
    work = training.vectors.size * params.epochs * params.members
    if work < _WORTH_A_PROCESS:
        first = _first(training, validation, years, params)
        second = fit_head(everything.vectors, everything.years, years, params)
    else:
        first, second = _side_by_side(training, validation, everything, years, params)
    learned = _priors(training, years, params)
    priors = _priors(everything, years, params)
    margins = {
        name: calibrate(
            learned.adjusted(first.said, name),
            validation.years,
            years,
            priors.named(name),
            params.interval,
        )
        for name in PRIORS
    }
    return Trained(first, second, YearModel(second, priors, params.interval, margins))


def _first(
    training: Part, validation: Part, years: Years, params: TrainParams, bar: bool = True
) -> First:
    watched = (validation.vectors, validation.years)
    fitted = fit_head(training.vectors, training.years, years, params, validation=watched, bar=bar)
    return First(fitted.history, predict(fitted.model, validation.vectors, years))


def _side_by_side(
    training: Part, validation: Part, everything: Part, years: Years, params: TrainParams
) -> tuple[First, Fitted]:
    """The first ensemble in a process of its own, the second in this one; the bytes are the same.

    Spawned, not forked: TensorFlow's threads do not survive a fork.
    """
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    # A daemon is ended with this process, whatever ends it.
    beside = spawning.Process(
        target=_send_first, args=(theirs, training, validation, years, params), daemon=True
    )
    # Ctrl-C reaches all processes of a terminal: what to say of it is for this one. What is ignored
    # when a process starts, it ignores.
    listener = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        beside.start()
    finally:
        signal.signal(signal.SIGINT, listener)
    theirs.close()
    second = fit_head(everything.vectors, everything.years, years, params)
    try:
        first = ours.recv()
    except EOFError:
        beside.join()
        raise DataError(
            "the process that trained the first ensemble ended before it was done (exit code "
            f"{beside.exitcode}; below 0: a signal, perhaps for want of memory): run again"
        ) from None
    beside.join()
    if isinstance(first, PostersError):
        raise first
    return first, second


def _send_first(
    connection: Connection, training: Part, validation: Part, years: Years, params: TrainParams
) -> None:
    # There is no bar to share: the lock that it has of its own would be left behind by a kill.
    tqdm.set_lock(threading.RLock())
    try:
        connection.send(_first(training, validation, years, params, bar=False))
    except PostersError as error:
        connection.send(error)


def _priors(part: Part, years: Years, params: TrainParams) -> Priors:
    return fit_priors(
        part.years,
        part.initial,
        years,
        label_width=params.label_width,
        prior_width=params.prior_width,
    )
