"""The ledger of attempts: append-only, so that no crash can spoil what was written before."""

import csv
import io
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

LEDGER = "ledger.csv"
Mark = Literal["retry", "refresh"]
_MARK = "mark"
_DIGEST = re.compile("[0-9a-f]{64}")
_CONTROL = {code: " " for code in (*range(32), 127)}


@dataclass(frozen=True)
class Row:
    """One attempt to get an address, or one judgement on what it gave.

    Attributes:
        what: `listing`, `lookup` or `poster`; `mark` for a row that makes others forgotten.
        outcome: `fetched`, `failed` (for good), `passing` (may be had another day), `declined` (by
            our own limits; the next run asks again), `stopped` (its site can't be asked; likewise),
            `refused` (fetched, but not usable as a poster); of a mark `retry` or `refresh`.
        reason: why it failed or was refused: a short name, then what happened.
        bytes, sha256: of the body.
        modified: the date that the server gave it.
        time: of the attempt, UTC.
    """

    what: str
    address: str
    outcome: str
    imdb_id: str = ""
    reason: str = ""
    bytes: int | str = ""
    sha256: str = ""
    modified: str = ""
    time: str = ""


COLUMNS = ("time", "what", "imdb_id", "address", "outcome", "reason", "bytes", "sha256", "modified")
assert set(COLUMNS) == {field.name for field in fields(Row)}


class Ledger:
    """The rows of a file, and what is known about each address.

    Args:
        path: of the CSV file; it and its folder are made when the first row is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, Row] = {}
        self._stopped: dict[str, Row] = {}
        self._refused: set[tuple[str, str, str]] = set()
        self._marks = {"retry": 0, "refresh": 0}
        self._torn = False
        for row in self._read():
            self._take(row)

    def last(self, address: str) -> Row | None:
        """The last attempt at an address that still counts."""
        return self._known.get(address)

    def marks(self) -> dict[str, int]:
        """How often each mark was made: another number means that something is asked again."""
        return dict(self._marks)

    def passing(self) -> list[Row]:
        """What failed for reasons that may have passed, in the order of the attempts."""
        passing = [row for row in self._known.values() if row.outcome == "passing"]
        return [*passing, *self._stopped.values()]

    def append(self, row: Row) -> Row:
        """Write a row with the present time.

        Raises:
            OSError: it can't be written: no space is left, for instance.
        """
        row = replace(row, time=datetime.now(UTC).isoformat(timespec="seconds"))
        with self._lock:
            self._write(row)
            self._take(row)
        return row

    def refuse(self, *, imdb_id: str, address: str, reason: str) -> None:
        """Note that what an address gave is not usable as the poster of a movie, once."""
        if (imdb_id, address, reason) not in self._refused:
            self.append(
                Row(
                    what="poster",
                    imdb_id=imdb_id,
                    address=address,
                    outcome="refused",
                    reason=reason,
                )
            )

    def distrust(self, address: str, reason: str) -> None:
        """Note that what an address gave was damaged: it counts as failed, for now."""
        known = self.last(address)
        if known and known.outcome == "fetched":
            self.append(replace(known, outcome="passing", reason=reason))

    def mark(self, mark: Mark) -> None:
        """Forget, from here on, what failed for passing reasons (`retry`) or all listings."""
        self.append(Row(what=_MARK, address="", outcome=mark))

    def _take(self, row: Row) -> None:
        if row.what == _MARK:
            self._marks[row.outcome] = self._marks.get(row.outcome, 0) + 1
            if row.outcome == "retry":
                self._stopped.clear()
            forgotten = [
                address
                for address, known in self._known.items()
                if (row.outcome == "retry" and known.outcome == "passing")
                or (row.outcome == "refresh" and known.what == "listing")
            ]
            for address in forgotten:
                del self._known[address]
        elif row.outcome == "refused":
            self._refused.add((row.imdb_id, row.address, row.reason))
        elif row.outcome == "stopped" and row.what != "listing":
            self._stopped[row.address] = row
        elif row.outcome not in ("stopped", "declined"):
            self._known[row.address] = row
            self._stopped.pop(row.address, None)

    def _read(self) -> Iterator[Row]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        self._torn = not text.endswith("\n")
        for line in text.split("\n"):
            # Line by line: in one that a crash cut short a quote may never close, and what it says
            # can't be relied on.
            try:
                values = next(csv.reader([line]), [])
            except csv.Error:  # longer than any field can be
                continue
            if len(values) == len(COLUMNS) and values[0] != COLUMNS[0]:
                row = Row(**dict(zip(COLUMNS, values, strict=True)))
                if row.outcome != "fetched" or _DIGEST.fullmatch(row.sha256):
                    yield row

    def _write(self, row: Row) -> None:
        line = io.StringIO()
        writer = csv.writer(line, lineterminator="\n")
        # It is there and empty when the disk was full at the first row.
        if not self._path.exists() or not self._path.stat().st_size:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            writer.writerow(COLUMNS)
        elif self._torn:
            line.write("\n")
        values = dict(zip((field.name for field in fields(Row)), astuple(row), strict=True))
        writer.writerow([str(values[column]).translate(_CONTROL) for column in COLUMNS])
        content = line.getvalue().encode("utf-8", "replace")
        # One write to a file opened for appending: rows of two processes don't run into each other.
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._torn = True
        try:
            while content:
                content = content[os.write(file, content) :]
        finally:
            os.close(file)
        self._torn = False
