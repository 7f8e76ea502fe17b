"""The ledger: every attempt to fetch an address, in the table `attempts` of an SQLite file.

    sqlite3 .cache/web/live/ledger.sqlite "SELECT time, address, outcome, reason FROM attempts"

Each row is committed before the next request, so a killed run loses none. Several processes may
use the file at the same time.
"""

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from tenacity import Retrying, retry_if_exception_message, stop_after_delay, wait_random

LEDGER = "ledger.sqlite"
Mark = Literal["retry", "refresh"]

# Write-ahead logging without a sync for each row: 0.07 ms a row instead of 16 ms. It survives a
# killed process; after a power failure the last rows may be missing, but the file is intact.
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY,
    time TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')),
    what TEXT, address TEXT, outcome TEXT, imdb_id TEXT, reason TEXT,
    bytes INTEGER, sha256 TEXT, modified TEXT,
    cancelled INTEGER DEFAULT 0  -- 1 once a later mark repeats the request
);
CREATE INDEX IF NOT EXISTS attempts_by_address ON attempts (address);
"""


@dataclass(frozen=True)
class Attempt:
    """One attempt to fetch an address, or the refusal of what it gave.

    Attributes:
        what: `listing`, `lookup` or `poster`; `mark` for a row that orders repeated requests.
        outcome: `fetched`, `failed` (for good), `passing` (failed for a temporary reason);
            `declined` by our own limits, or `stopped` with its site, both until the next run;
            `refused` (fetched, but not usable as a poster); `retry` or `refresh` for a mark.
        reason: why it failed or was refused: a short name, then what happened.
        bytes, sha256: of the body.
        modified: the `Last-Modified` of the server.
    """

    what: str
    address: str
    outcome: str
    imdb_id: str = ""
    reason: str = ""
    bytes: int | None = None
    sha256: str = ""
    modified: str = ""


_COLUMNS = ", ".join(field.name for field in fields(Attempt))


class Ledger:
    """The attempts so far. Every method raises OSError if the file can't be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._os_errors():
            self._connection = sqlite3.connect(path, timeout=60, check_same_thread=False)
            # SQLite itself does not wait while another process creates the file.
            retrying = Retrying(
                retry=retry_if_exception_message(match="database is locked"),
                wait=wait_random(0, 0.1),
                stop=stop_after_delay(60),
                reraise=True,
            )
            retrying(self._connection.executescript, _SCHEMA)

    def last(self, address: str) -> Attempt | None:
        """The last attempt at an address, unless a later mark cancelled it."""
        found = self._select(
            "NOT cancelled AND id = (SELECT max(id) FROM attempts"
            " WHERE address = ? AND outcome IN ('fetched', 'failed', 'passing'))",
            address,
        )
        return found[0] if found else None

    def marks(self) -> dict[str, int]:
        """How often each mark was made: a new number means that requests are repeated."""
        made = [attempt.outcome for attempt in self._select("what = 'mark'")]
        return {"retry": made.count("retry"), "refresh": made.count("refresh")}

    def passing(self) -> list[Attempt]:
        """The last attempts that failed for a temporary reason, in their order."""
        return self._select(
            "NOT cancelled AND (outcome = 'passing' OR outcome = 'stopped' AND what <> 'listing')"
            " AND id IN (SELECT max(id) FROM attempts"
            " WHERE outcome IN ('fetched', 'failed', 'passing', 'stopped') GROUP BY address)"
        )

    def append(self, attempt: Attempt, before: str = "") -> None:
        """Write an attempt, after another SQL statement in the same transaction."""
        values = [_storable(value) for value in astuple(attempt)]
        insert = f"INSERT INTO attempts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        with self._os_errors(), self._connection:
            self._connection.execute(before)
            self._connection.execute(insert, values)

    def refuse(self, *, imdb_id: str, address: str, reason: str) -> None:
        """Note, once, that what an address gave is not usable as the poster of a movie."""
        attempt = Attempt("poster", address, "refused", imdb_id, reason)
        noted = "address = ? AND imdb_id = ? AND reason = ? AND outcome = 'refused'"
        if not self._select(noted, address, imdb_id, reason):
            self.append(attempt)

    def distrust(self, address: str, reason: str) -> None:
        """Note that what an address gave was damaged: a failure for a temporary reason."""
        last = self.last(address)
        if last and last.outcome == "fetched":
            self.append(replace(last, outcome="passing", reason=reason))

    def mark(self, mark: Mark) -> None:
        """Repeat requests that failed for a temporary reason (`retry`), or those for listings."""
        again = "outcome IN ('passing', 'stopped')" if mark == "retry" else "what = 'listing'"
        self.append(Attempt("mark", "", mark), f"UPDATE attempts SET cancelled = 1 WHERE {again}")

    def _select(self, condition: str, *values: str) -> list[Attempt]:
        query = f"SELECT {_COLUMNS} FROM attempts WHERE {condition} ORDER BY id"
        with self._os_errors():
            cursor = self._connection.execute(query, [_storable(value) for value in values])
            return [Attempt(*row) for row in cursor]

    @contextlib.contextmanager
    def _os_errors(self) -> Iterator[None]:
        """One thread at a time, and SQLite's errors as those of the file."""
        try:
            with self._lock:
                yield
        except sqlite3.DatabaseError as error:
            full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            number = errno.ENOSPC if full else errno.EIO
            text = os.strerror(number) if full else str(error)
            raise OSError(number, text, str(self._path)) from error


def _storable(value: object) -> object:
    """Text without lone surrogates, which UTF-8 can't encode."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
