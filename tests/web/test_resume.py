"""A run that is killed at any moment asks for nothing twice afterwards, and ends as if nobody had.

The server answers so many requests and holds the next ones. When every thread of the run waits for
it, nothing that was answered is unwritten, and the process is killed with a signal it can't catch.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from misbehaving_server import PATIENCE, Server, Visit, reply, settings
from run_to_kill import THREADS

from posters.errors import PosterRefused
from posters.files import sha256, sha256_of_file
from posters.sources.imdb_datasets import RatedMovie
from posters.sources.local_imdb import HOSTS, LocalImdb

MOVIES = [f"tt{number:07d}" for number in range(1, 61)]
# Three robots.txt, two data sets, a suggestion and a picture of each movie; one has no picture.
REQUESTS = 5 + 2 * len(MOVIES) - 1


class SmallPictures:
    """A catalogue with a picture of a few bytes for each movie."""

    def movies(self) -> list[RatedMovie]:
        return [RatedMovie(name, f"Movie {name}", 1950 + int(name[2:]) % 2, 9) for name in MOVIES]

    def picture_key(self, imdb_id: str) -> str | None:
        return None if imdb_id == MOVIES[3] else f"{imdb_id}-key"

    def picture(self, imdb_id: str) -> bytes:
        if imdb_id == MOVIES[7]:
            raise PosterRefused("missing", "no such picture")
        return b"\xff\xd8 picture of " + imdb_id.encode() * 50


class Gate(Server):
    """Answers so many requests, and begins to answer the others at most."""

    def __init__(self) -> None:
        super().__init__()
        self.default = self._take
        self.local_imdb = LocalImdb(SmallPictures(), "replica")
        self.answered: list[str] = []
        self.held = 0
        self.limit: int | None = None
        self.half = False
        self._gate = threading.Condition()

    def _take(self, visit: Visit) -> None:
        asked = visit.asked
        found = self.local_imdb.answer(asked.host, asked.path)
        answer = reply(status=404)
        if found:
            answer = reply(found[1], Content_Type=found[0])
        with self._gate:
            passes = self.limit is None or len(self.answered) < self.limit
            if passes:
                self.answered.append(asked.host + asked.path)
        if passes:
            visit.send(answer)
            return
        if self.half:
            visit.send(answer[: len(answer) - 5])
        with self._gate:
            self.held += 1
            self._gate.notify_all()
            assert self._gate.wait_for(lambda: self.held == 0, PATIENCE)

    def wait_for_held(self, number: int) -> None:
        with self._gate:
            assert self._gate.wait_for(lambda: self.held >= number, PATIENCE)

    def let_go(self) -> None:
        with self._gate:
            self.held, self.limit = 0, None
            self._gate.notify_all()


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as found:
        yield found


class Runs:
    """Runs in processes of their own, one at a time (see `run_to_kill.py`)."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, str(Path(__file__).parents[1] / "run_to_kill.py")],
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, gate: Gate, folder: Path) -> int:
        """Its process id."""
        told = {
            "folder": str(folder),
            "server": gate.address,
            "hosts": HOSTS,
            "endpoints": asdict(gate.local_imdb.endpoints),
            "settings": settings().model_dump(mode="json"),
        }
        assert self._program.stdin
        print(json.dumps(told), file=self._program.stdin, flush=True)
        return self._said()

    def finish(self, gate: Gate, folder: Path) -> dict[str, Any]:
        """What a run comes to that nobody kills."""
        (folder / "result.json").unlink(missing_ok=True)
        self.start(gate, folder)
        assert self._said() == 0
        result: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return result

    def kill_after(self, gate: Gate, folder: Path, answers: int, threads: int) -> None:
        """Kill a run when so many were answered and so many of its threads wait for the next."""
        gate.limit = answers
        process = self.start(gate, folder)
        try:
            gate.wait_for_held(threads)
        finally:
            os.kill(process, signal.SIGKILL)
        assert os.WTERMSIG(self._said()) == signal.SIGKILL
        gate.let_go()
        assert len(gate.answered) == answers
        for path in (folder / "objects").glob("*/*"):
            assert sha256_of_file(path) == path.name

    def close(self) -> None:
        assert self._program.stdin and self._program.stdout
        self._program.stdin.close()
        self._program.wait(PATIENCE)
        self._program.stdout.close()

    def _said(self) -> int:
        assert self._program.stdout
        return int(self._program.stdout.readline())


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    found = Runs()
    yield found
    found.close()


@pytest.fixture(scope="module")
def unkilled(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with Gate() as gate:
        result = runs.finish(gate, tmp_path_factory.mktemp("unkilled"))
        assert gate.count() == len(set(gate.answered)) == REQUESTS
    posters = result["posters"]
    assert sorted(posters) == MOVIES
    assert posters[MOVIES[0]] == sha256(SmallPictures().picture(MOVIES[0]))
    assert posters[MOVIES[3]].startswith("no poster: ")
    assert posters[MOVIES[7]].startswith("HTTP 404: ")
    return result


@pytest.mark.parametrize("half", [False, True], ids=["before an answer", "in the midst of one"])
@pytest.mark.parametrize(
    ("answers", "threads"),
    [
        pytest.param(0, 1, id="robots.txt"),
        pytest.param(1, 1, id="first data set"),
        pytest.param(2, 1, id="second data set"),
        pytest.param(4, THREADS, id="first suggestions"),
        # By now all of the robots.txt are known, whatever the order of the threads.
        pytest.param(10, THREADS, id="first pictures"),
        pytest.param(61, THREADS, id="half of it"),
        pytest.param(100, THREADS, id="most of it"),
    ],
)
def test_nothing_answered_before_a_kill_is_asked_for_again(
    runs: Runs,
    gate: Gate,
    tmp_path: Path,
    unkilled: dict[str, Any],
    answers: int,
    threads: int,
    half: bool,
) -> None:
    gate.half = half
    runs.kill_after(gate, tmp_path, answers, threads)
    before, asked = set(gate.answered), gate.count()
    assert runs.finish(gate, tmp_path) == unkilled
    again = [one.host + one.path for one in gate.asked[asked:]]
    assert before.isdisjoint(again)
    assert max(Counter(again).values()) == 1
    assert len(before) + len(again) == REQUESTS


def test_a_run_may_be_killed_over_and_over(
    runs: Runs, gate: Gate, tmp_path: Path, unkilled: dict[str, Any]
) -> None:
    gate.half = True
    for answers, threads in ((1, 1), (2, 1), (30, THREADS), (31, THREADS), (60, THREADS)):
        runs.kill_after(gate, tmp_path, answers, threads)
    assert runs.finish(gate, tmp_path) == unkilled
    assert max(Counter(gate.answered).values()) == 1
    assert len(gate.answered) == REQUESTS
    asked = gate.count()
    assert runs.finish(gate, tmp_path) == unkilled
    assert gate.count() == asked, "all of it is in the archive"
