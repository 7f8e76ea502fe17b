"""A web server on this machine that answers as a test says, and clients made for it.

Nothing waits: the clients get a clock that moves only when somebody sleeps by it, or pushes it.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from posters.errors import FetchFailed
from posters.params import FetchParams, load_params
from posters.web.archive import Archive, StoredAnswer
from posters.web.fetcher import Fetcher
from posters.web.ledger import LEDGER
from posters.web.request import PICTURES, Limits, Secret, Site

HOST, OTHER = "movies.test", "pictures.test"
PICTURE = Limits(PICTURES, max_bytes=100_000, seconds=20)
ANYTHING = Limits((), max_bytes=100_000, seconds=20)
# Seconds; far more than any test takes, so that a mistake fails instead of hanging.
PATIENCE = 30


@dataclass(frozen=True)
class Request:
    """A request as the server saw it; the names of the headers in lower case."""

    host: str
    path: str
    headers: Mapping[str, str]


class Responder:
    """Answers a request byte by byte."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        self.request = request
        self._handler = handler

    def send(self, content: bytes) -> None:
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def wait_until_gone(self) -> None:
        """Until the client hangs up."""
        with contextlib.suppress(ConnectionError):
            self._handler.connection.settimeout(PATIENCE)
            self._handler.connection.recv(1)


Answer = bytes | Callable[[Responder], None]


def head(status: int = 200, **headers: object) -> bytes:
    """Status and headers; `_` in the name of a header stands for `-`."""
    lines = [f"HTTP/1.1 {status} Reason", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(body: bytes = b"a picture", status: int = 200, **headers: object) -> bytes:
    """A whole answer, by default a picture's."""
    headers = {"Content_Type": "image/jpeg", "Content_Length": len(body)} | headers
    return head(status, **headers) + body


def redirect(location: str, status: int = 302) -> bytes:
    return reply(b"moved", status, Location=location)


def in_pieces(*pieces: bytes) -> Answer:
    """Sends each piece in a packet of its own, then hangs up."""

    def send(responder: Responder) -> None:
        for piece in pieces:
            responder.send(piece)

    return send


class Server(ThreadingHTTPServer):
    """Answers each path as set with `on`, every other one with 404; `requests` has all so far."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.default: Answer = reply(b"not here", 404)
        self._changed = threading.Condition()
        self._answers: dict[str, list[Answer]] = {}

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.002,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def on(self, path: str, *answers: Answer) -> None:
        """Answer `path`, or `host/path`, with these in their order, then with the last of them."""
        self._answers[path] = list(answers)

    def count(self, path: str | None = None) -> int:
        """The number of requests for a path (or `host/path`), or of all requests."""
        return sum(path in (None, one.path, one.host + one.path) for one in self.requests)

    def wait_for(self, requests: int) -> None:
        """Until so many came: a client that gave up early may be ahead of the server."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count() >= requests, PATIENCE)

    def answer(self, request: Request) -> Answer:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            for key in (request.host + request.path, request.path):
                if answers := self._answers.get(key):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return self.default

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: many tests are about clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.headers.get("Host", ""), self.path, headers)
        answer = self.server.answer(request)
        responder = Responder(self, request)
        if isinstance(answer, bytes):
            responder.send(answer)
        else:
            answer(responder)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests read `requests`."""


class Clock:
    """A clock that moves when somebody sleeps by it; `waited` has the seconds of each sleep.

    Threads that sleep at the same time wake as if they had slept side by side, not in turn.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.waited: list[float] = []
        self._lock = threading.Lock()
        self._read_by_thread = threading.local()

    def __call__(self) -> float:
        self._read_by_thread.at = now = self.now
        return now

    def last_read(self) -> float:
        """The time that this thread read last."""
        return float(self._read_by_thread.at)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waited.append(seconds)
            start = getattr(self._read_by_thread, "at", self.now)
            self.now = max(self.now, start + seconds)


class Web:
    """The server under several host names, and archives of its answers in a folder."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.clock = Clock()

    def fetcher(self, *, robots: bool = False, connections: int = 4, **changed: Any) -> Fetcher:
        return Fetcher(
            [Site(host, 1000, connections, robots) for host in (HOST, OTHER)],
            settings(**changed),
            robots=self.folder / "robots",
            routes=dict.fromkeys((HOST, OTHER), self.server.address),
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def archive(self, **changed: Any) -> Archive:
        """A new archive of the same folder, as each run makes one."""
        return Archive(self.folder, self.fetcher(**changed))

    def rows(self) -> list[dict[str, Any]]:
        return ledger_rows(self.folder / LEDGER)

    def outcomes(self) -> list[str]:
        return [row["outcome"] for row in self.rows()]

    def left_over(self) -> list[Path]:
        """Partial files."""
        return [path for path in self.folder.rglob("*.partial*") if path.is_file()]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A server and archives in an empty folder (imported by conftest.py)."""
    with Server() as server:
        yield Web(tmp_path, server)


def ledger_rows(path: Path) -> list[dict[str, Any]]:
    """All rows of a ledger in their order, read as a user would."""
    with contextlib.closing(sqlite3.connect(path)) as ledger:
        ledger.row_factory = sqlite3.Row
        return [dict(row) for row in ledger.execute("SELECT * FROM attempts ORDER BY id")]


def settings(**changed: Any) -> FetchParams:
    """The committed settings, with a contact."""
    return load_params().fetch.model_copy(update={"contact": "test@example.org", **changed})


def url(path: str = "/a.jpg", host: str = HOST) -> str:
    return f"https://{host}{path}"


def get(
    archive: Archive,
    address: str = url(),
    limits: Limits = PICTURE,
    *,
    what: str = "poster",
    secret: Secret | None = None,
) -> StoredAnswer:
    return archive.get(address, limits, what=what, imdb_id="tt0000001", secret=secret)


def failed(web: Web, limits: Limits = PICTURE, **changed: object) -> FetchFailed:
    """How an address failed; nothing is left over, and the ledger has what the exception has."""
    with pytest.raises(FetchFailed) as caught:
        get(web.archive(**changed), limits=limits)
    assert web.left_over() == []
    row = web.rows()[-1]
    lasting = "declined" if caught.value.own_limit else "failed"
    assert row["outcome"] == ("passing" if caught.value.temporary else lasting)
    assert row["reason"] == str(caught.value)
    assert (row["address"], row["imdb_id"], row["what"]) == (url(), "tt0000001", "poster")
    return caught.value
