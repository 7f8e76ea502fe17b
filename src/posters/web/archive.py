"""The archive of fetched answers: no address is fetched twice, and a killed run loses nothing.

In its folder, `ledger.sqlite` has the attempts, and `objects/` the bodies. A body is named by its
SHA-256 digest once it is whole.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable, SourceError
from posters.files import sha256_of_file
from posters.web.fetcher import Fetcher
from posters.web.ledger import LEDGER, Attempt, Ledger
from posters.web.request import Limits, Secret

_PARTIAL_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class StoredAnswer:
    """The file of a body, its digest, and the server's `Last-Modified` (empty if there is none)."""

    path: Path
    sha256: str
    modified: str

    def read(self) -> bytes:
        """The whole body."""
        return self.path.read_bytes()


class Archive:
    """Answers by address, from a folder or, if they aren't there, from the web."""

    def __init__(self, folder: Path, fetcher: Fetcher) -> None:
        self._objects = folder / "objects"
        self._objects.mkdir(parents=True, exist_ok=True)
        self._fetcher = fetcher
        self._locks: dict[str, threading.Lock] = {}
        self.ledger = Ledger(folder / LEDGER)
        # Killed runs left partial files behind; younger ones may belong to another run.
        for partial in self._objects.glob("*.partial"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - partial.stat().st_mtime > _PARTIAL_KEPT_SECONDS:
                    partial.unlink()

    def close(self) -> None:
        """End the requests that are under way."""
        self._fetcher.close()

    def get(
        self,
        address: str,
        limits: Limits,
        *,
        what: str,
        imdb_id: str = "",
        secret: Secret | None = None,
    ) -> StoredAnswer:
        """The answer of an address; threads that want the same one fetch it once.

        Args:
            address: without any key.
            limits: of the answer.
            what: `listing` (fetched anew after `make refresh`), `lookup` or `poster`.
            imdb_id: the movie it is for.
            secret: sent with the request.

        Raises:
            FetchFailed: the address can't be fetched, now or at an earlier attempt.
            SourceError: it is a listing and can't be fetched.
            SiteBlocked, SiteUnreachable: no address of its site can be fetched in this run.
        """
        with self._locks.setdefault(address, threading.Lock()):
            last = self.ledger.last(address)
            # A listing that failed is fetched again: nothing can be done without it.
            if last and last.outcome != "fetched" and what != "listing":
                reason, _, detail = last.reason.partition(": ")
                raise FetchFailed(reason, detail, temporary=last.outcome == "passing")
            if last is None or not self._is_stored(last):
                last = self._fetch(Attempt(what, address, "", imdb_id), limits, secret)
            return StoredAnswer(self._path(last.sha256), last.sha256, last.modified)

    @contextlib.contextmanager
    def reading(self, *addresses: str) -> Iterator[None]:
        """Parse the answers of addresses; after a SourceError they count as failed for now."""
        try:
            yield
        except SourceError as error:
            for address in addresses:
                self.ledger.distrust(address, f"malformed answer: {error}")
            raise

    def _fetch(self, attempt: Attempt, limits: Limits, secret: Secret | None) -> Attempt:
        """Fetch an address, store the body, and write the attempt to the ledger."""
        partial = self._objects / f"{os.getpid()}-{threading.get_ident()}.partial"
        try:
            with partial.open("w+b") as sink:
                modified = self._fetcher.fetch(attempt.address, sink, limits, secret)
            digest, size = sha256_of_file(partial), partial.stat().st_size
            path = self._path(digest)
            path.parent.mkdir(exist_ok=True)
            partial.replace(path)
        except (SiteBlocked, SiteUnreachable) as stopped:
            self.ledger.append(replace(attempt, outcome="stopped", reason=str(stopped)))
            raise
        except FetchFailed as failed:
            if attempt.what == "listing":
                self.ledger.append(replace(attempt, outcome="stopped", reason=str(failed)))
                raise SourceError(
                    f"{attempt.address.partition('?')[0]} can't be fetched: {failed}. What was "
                    "fetched is kept; try again later"
                ) from failed
            outcome = (
                "passing" if failed.temporary else "declined" if failed.own_limit else "failed"
            )
            # The end of this run says nothing about the address.
            if failed.reason != "stopped":
                self.ledger.append(replace(attempt, outcome=outcome, reason=str(failed)))
            raise
        finally:
            partial.unlink(missing_ok=True)
        fetched = replace(attempt, outcome="fetched", bytes=size, sha256=digest, modified=modified)
        self.ledger.append(fetched)
        return fetched

    def _is_stored(self, attempt: Attempt) -> bool:
        """Whether an attempt fetched a body that is there and undamaged."""
        try:
            return (
                attempt.outcome == "fetched"
                and sha256_of_file(self._path(attempt.sha256)) == attempt.sha256
            )
        except FileNotFoundError:
            return False

    def _path(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest
