"""The archive of everything that was fetched: no address is fetched twice, and nothing is lost.

In its folder, `objects/` has the bodies, each under its SHA-256 digest, and `ledger.sqlite` the
attempts. After a run was killed the next one goes on: a body has its name only once it is whole.
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
    """An answer in the archive.

    Attributes:
        path: the file with its body.
        sha256: of the body.
        modified: the `Last-Modified` of the server; empty if it sent none.
    """

    path: Path
    sha256: str
    modified: str

    def read(self) -> bytes:
        """The whole body."""
        return self.path.read_bytes()


class Archive:
    """Answers by address, from the folder or, if they aren't there, from the web.

    Args:
        folder: of the bodies and the ledger.
        fetcher: fetches from the web.

    Attributes:
        ledger: the attempts.
    """

    def __init__(self, folder: Path, fetcher: Fetcher) -> None:
        self._objects = folder / "objects"
        self._fetcher = fetcher
        self._locks: dict[str, threading.Lock] = {}
        self.ledger = Ledger(folder / LEDGER)
        self._remove_old_partial_files()

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
        """The answer of an address; several threads that want the same one fetch it once.

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
            # A listing that failed is fetched again: without it nothing can be done.
            if last and last.outcome != "fetched" and what != "listing":
                reason, _, detail = last.reason.partition(": ")
                raise FetchFailed(reason, detail, temporary=last.outcome == "passing")
            if last is None or not self._is_stored(last):
                last = self._fetch(Attempt(what, address, "", imdb_id), limits, secret)
            return StoredAnswer(self._path(last.sha256), last.sha256, last.modified)

    @contextlib.contextmanager
    def reading(self, *addresses: str) -> Iterator[None]:
        """Parse the answers of addresses; if that fails, they count as failed for now.

        Raises:
            SourceError: as raised in the block.
        """
        try:
            yield
        except SourceError as error:
            for address in addresses:
                self.ledger.distrust(address, f"malformed answer: {error}")
            raise

    def _fetch(self, attempt: Attempt, limits: Limits, secret: Secret | None) -> Attempt:
        """Fetch an address, store the body, and write the attempt down."""
        self._objects.mkdir(parents=True, exist_ok=True)
        partial = self._objects / f"{os.getpid()}-{threading.get_ident()}.partial"
        try:
            with partial.open("w+b") as sink:
                answer = self._fetcher.fetch(attempt.address, sink, limits, secret)
            digest = sha256_of_file(partial)
            path = self._path(digest)
            path.parent.mkdir(exist_ok=True)
            partial.replace(path)
        except FetchFailed as failed:
            outcome = (
                "passing" if failed.temporary else "declined" if failed.own_limit else "failed"
            )
            if attempt.what == "listing":
                # Nothing can be done without it, so the next run fetches it again.
                self.ledger.append(replace(attempt, outcome="stopped", reason=str(failed)))
                raise SourceError(
                    f"{attempt.address.partition('?')[0]} can't be fetched: {failed}. What was "
                    "fetched is kept; try again later"
                ) from failed
            # A run that ends says nothing about the address.
            if failed.reason != "stopped":
                self.ledger.append(replace(attempt, outcome=outcome, reason=str(failed)))
            raise
        except (SiteBlocked, SiteUnreachable) as stopped:
            self.ledger.append(replace(attempt, outcome="stopped", reason=str(stopped)))
            raise
        finally:
            partial.unlink(missing_ok=True)
        fetched = replace(
            attempt, outcome="fetched", bytes=answer.size, sha256=digest, modified=answer.modified
        )
        self.ledger.append(fetched)
        return fetched

    def _is_stored(self, attempt: Attempt) -> bool:
        """Whether an attempt fetched a body that is there and undamaged."""
        if attempt.outcome != "fetched":
            return False
        try:
            return sha256_of_file(self._path(attempt.sha256)) == attempt.sha256
        except FileNotFoundError:
            return False

    def _path(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest

    def _remove_old_partial_files(self) -> None:
        """Remove what killed runs left behind; younger files may belong to another run."""
        for partial in self._objects.glob("*.partial"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - partial.stat().st_mtime > _PARTIAL_KEPT_SECONDS:
                    partial.unlink()
