"""After a run was killed at any moment, the next asks for nothing twice and ends the same.

The server answers a number of requests and holds the next ones. Once every thread of the run waits
for it, all that was answered is written, and the process is killed with SIGKILL.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from misbehaving_server import PATIENCE, Responder, Server, reply, settings
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
        return [RatedMovie(name, f"Movie {name}", 1950 + int(name[2:]) % 2, 900) for name in MOVIES]

    def picture_key(self, imdb_id: str) -> str | None:
        return None if imdb_id == MOVIES[3] else f"{imdb_id}-key"

    def picture(self, imdb_id: str) -> bytes:
        if imdb_id == MOVIES[7]:
            raise PosterRefused("missing", "no such picture")
        return b"\xff\xd8 picture of " + imdb_id.encode() * 50


class HoldingServer(Server):
    """Answers `limit` requests (None: all) and holds the others.

    With `send_beginning`, a held request gets the beginning of its answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.default = self._answer_or_hold
        self.local_imdb = LocalImdb(SmallPictures(), "replica")
        self.answered: list[str] = []
        self.limit: int | None = None
        self.send_beginning = False
        self._held = 0
        self._condition = threading.Condition()

    def _answer_or_hold(self, responder: Responder) -> None:
        request = responder.request
        found = self.local_imdb.answer(request.host, request.path)
        answer = reply(found[1], Content_Type=found[0]) if found else reply(status=404)
        with self._condition:
            held = self.limit is not None and len(self.answered) >= self.limit
            if not held:
                self.answered.append(request.host + request.path)
        if not held:
            responder.send(answer)
            return
        if self.send_beginning:
            responder.send(answer[:-5])
        with self._condition:
            self._held += 1
            self._condition.notify_all()
            assert self._condition.wait_for(lambda: self._held == 0, PATIENCE)

    def wait_for_held(self, number: int) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: self._held >= number, PATIENCE)

    def release(self) -> None:
        with self._condition:
            self._held, self.limit = 0, None
            self._condition.notify_all()


def start(server: HoldingServer, folder: Path) -> subprocess.Popen[bytes]:
    run = {
        "folder": str(folder),
        "server": server.address,
        "hosts": HOSTS,
        "endpoints": asdict(server.local_imdb.endpoints),
        "settings": settings().model_dump(mode="json"),
    }
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).parents[1] / "run_to_kill.py"), json.dumps(run)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )


def finish(server: HoldingServer, folder: Path) -> dict[str, Any]:
    """The result of a run that nobody kills."""
    assert start(server, folder).wait(PATIENCE) == 0
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


def kill_after(server: HoldingServer, folder: Path, answers: int, threads: int) -> None:
    """Kill a run after so many answers, once so many of its threads wait for the next."""
    server.limit = answers
    process = start(server, folder)
    try:
        server.wait_for_held(threads)
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    server.release()
    assert len(server.answered) == answers
    for path in (folder / "objects").glob("*/*"):
        assert sha256_of_file(path) == path.name


@pytest.mark.slow
@pytest.mark.parametrize("send_beginning", [False, True])
def test_killed_runs_request_nothing_twice(tmp_path: Path, send_beginning: bool) -> None:
    """Killed during robots.txt, the data sets, the first suggestions, and the pictures."""
    with HoldingServer() as server:
        expected = finish(server, tmp_path / "never killed")
        assert server.count() == len(set(server.answered)) == REQUESTS
    posters = expected["posters"]
    assert sorted(posters) == MOVIES
    assert posters[MOVIES[0]] == sha256(SmallPictures().picture(MOVIES[0]))
    assert posters[MOVIES[3]].startswith("no poster: ")
    assert posters[MOVIES[7]].startswith("HTTP 404: ")

    folder = tmp_path / "killed"
    kills = ((0, 1), (2, 1), (4, THREADS), (31, THREADS), (100, THREADS))
    with HoldingServer() as server:
        server.send_beginning = send_beginning
        for answers, threads in kills:
            kill_after(server, folder, answers, threads)
        assert finish(server, folder) == expected
        assert len(server.answered) == len(set(server.answered)) == REQUESTS
        count = server.count()
        assert finish(server, folder) == expected
        assert server.count() == count, "everything is in the archive"
