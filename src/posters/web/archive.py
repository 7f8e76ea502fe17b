"""Everything the web ever answered: each address is asked for once, and nothing is lost.

Two things in one folder. `objects/` holds bodies under their SHA-256 digest, each written beside
and then renamed. `ledger.csv` is append-only, one row an attempt; its last row of an address says
what is known about it. A run that is killed leaves both usable, and the next asks for the rest.
"""

import contextlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable, SourceError
from posters.files import sha256_of_file
from posters.web.fetcher import Fetcher
from posters.web.ledger import LEDGER, Ledger, Row
from posters.web.request import Limits, Secret

_LEFT_OVER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Held:
    """An answer in the archive.

    Attributes:
        modified: the date the server gave it, as it wrote it; empty where it gave none.
    """

    path: Path
    sha256: str
    modified: str

    def read(self) -> bytes:
        """The whole body."""
        return self.path.read_bytes()


class Archive:
    """Answers by address, from the folder or else from the web.

    Args:
        folder: of the objects and the ledger.
        fetcher: asks the web.

    Attributes:
        ledger: the attempts.
    """

    def __init__(self, folder: Path, fetcher: Fetcher) -> None:
        self._objects = folder / "objects"
        self._fetcher = fetcher
        self.ledger = Ledger(folder / LEDGER)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._locks_lock = threading.Lock()
        self._sweep()

    def close(self) -> None:
        """End what is under way."""
        self._fetcher.close()

    def get(
        self,
        address: str,
        limits: Limits,
        *,
        what: str,
        imdb_id: str = "",
        secret: Secret | None = None,
    ) -> Held:
        """An answer that is held, or else asked for and kept.

        Args:
            address: what is asked for, without any key.
            limits: what the answer may be.
            what: `listing` (renewed by `make refresh`), `lookup` or `poster`.
            imdb_id: the movie it is for.
            secret: what the site has to be sent besides.

        Raises:
            FetchFailed: it can't be had, now or when it was asked for.
            SourceError: it is a listing and can't be had.
            SiteBlocked, SiteUnreachable: its site can't be asked any more in this run.
        """
        with self._one_at_a_time(address):
            known = self.ledger.last(address)
            # Without a listing nothing can be done: one that was no good is asked for again.
            if known and known.outcome in ("failed", "passing") and what != "listing":
                reason, _, detail = known.reason.partition(": ")
                raise FetchFailed(reason, detail, passing=known.outcome == "passing")
            if known and (held := self._held(known)):
                return held
            row = self._ask(address, limits, what, imdb_id, secret)
            return Held(self._path(row.sha256), row.sha256, row.modified)

    @contextlib.contextmanager
    def judging(self, *addresses: str) -> Iterator[None]:
        """Read what addresses gave: if that fails, they count as failed, for now.

        Raises:
            SourceError: as it was raised in the block.
        """
        try:
            yield
        except SourceError as error:
            for address in addresses:
                self.ledger.distrust(address, f"malformed answer: {error}")
            raise

    def _ask(
        self, address: str, limits: Limits, what: str, imdb_id: str, secret: Secret | None
    ) -> Row:
        row = Row(what=what, imdb_id=imdb_id, address=address, outcome="")
        beside = self._objects / f"{os.getpid()}-{threading.get_ident()}.partial"
        beside.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("w+b") as sink:
                answer = self._fetcher.fetch(address, sink, limits, secret)
            digest = sha256_of_file(beside)
            path = self._path(digest)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.replace(path)
        except FetchFailed as failed:
            if what == "listing":
                # Nothing can be done without it, so the next run asks again.
                self.ledger.append(replace(row, outcome="stopped", reason=str(failed)))
                raise SourceError(
                    f"{address.partition('?')[0]} can't be had: {failed}. What was fetched is "
                    "kept; try again later"
                ) from failed
            # Whoever stops the run says nothing about the address.
            if failed.reason != "stopped":
                outcome = "passing" if failed.passing else "declined" if failed.ours else "failed"
                self.ledger.append(replace(row, outcome=outcome, reason=str(failed)))
            raise
        except (SiteBlocked, SiteUnreachable) as stopped:
            self.ledger.append(replace(row, outcome="stopped", reason=str(stopped)))
            raise
        finally:
            beside.unlink(missing_ok=True)
        fetched = replace(row, outcome="fetched", bytes=answer.size, sha256=digest)
        return self.ledger.append(replace(fetched, modified=answer.modified))

    def _held(self, row: Row) -> Held | None:
        """The answer that a row of the ledger speaks of, if it is there and undamaged."""
        path = self._path(row.sha256)
        with contextlib.suppress(FileNotFoundError):
            if row.outcome == "fetched" and sha256_of_file(path) == row.sha256:
                return Held(path, row.sha256, row.modified)
        return None

    def _path(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest

    @contextlib.contextmanager
    def _one_at_a_time(self, address: str) -> Iterator[None]:
        """Two threads that want one address ask for it once."""
        with self._locks_lock:
            lock = self._locks[address]
        with lock:
            yield

    def _sweep(self) -> None:
        """Remove what downloads that were killed left behind."""
        for partial in self._objects.glob("*.partial"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - partial.stat().st_mtime > _LEFT_OVER_SECONDS:
                    partial.unlink()
