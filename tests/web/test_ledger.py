"""The ledger keeps every row that was written, through crashes, full disks and other writers."""

import errno
import multiprocessing
import os
import subprocess
import sys
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from conftest import ROOT
from misbehaving_server import PATIENCE, ledger_rows

from posters.web.ledger import Attempt, Ledger, Mark

DIGEST = "a1" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "ledger.sqlite"


def fetched(number: int, **changed: str) -> Attempt:
    attempt = Attempt(
        "poster", address(number), "fetched", f"tt{number}", "", 6, DIGEST, "Mon, 1 Jan"
    )
    return replace(attempt, **changed)  # type: ignore[arg-type]


def address(number: int) -> str:
    return f"https://movies.test/{number}.jpg"


def test_last_attempt_at_an_address_is_read_as_it_was_written(path: Path) -> None:
    ledger = Ledger(path)
    for outcome in ("passing", "fetched", "failed", "stopped", "declined"):
        ledger.append(fetched(1, outcome=outcome))
    # A stopped site says nothing about the address.
    assert Ledger(path).last(address(1)) == fetched(1, outcome="failed")
    assert len(ledger_rows(path)) == 5


def test_any_text_can_be_written(path: Path) -> None:
    text = "'; DROP TABLE attempts; -- \n\0 電影 🎬" + "x" * 60_000
    attempt = Attempt("poster", text, "failed", text, text, modified=text)
    Ledger(path).append(attempt)
    assert Ledger(path).last(text) == attempt
    surrogate = "https://movies.test/\udc80"
    Ledger(path).append(Attempt("poster", surrogate, "failed"))
    last = Ledger(path).last(surrogate)
    assert last and last.address == "https://movies.test/?"


def test_a_refusal_is_written_once_and_the_address_stays_fetched(path: Path) -> None:
    Ledger(path).append(fetched(1))
    for _ in range(2):
        ledger = Ledger(path)
        ledger.refuse(imdb_id="tt1", address=address(1), reason="too small: 3x4")
        last = ledger.last(address(1))
        assert last and last.outcome == "fetched"
    assert [row["outcome"] for row in ledger_rows(path)] == ["fetched", "refused"]


def test_a_distrusted_answer_counts_as_failed_for_now(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1))
    ledger.distrust(address(1), "malformed answer: no JSON")
    last = ledger.last(address(1))
    assert last and (last.outcome, last.reason) == ("passing", "malformed answer: no JSON")
    ledger.mark("retry")
    assert ledger.last(address(1)) is None, "the older answer does not count again"


@pytest.mark.parametrize(("mark", "forgotten"), [("retry", {1, 5}), ("refresh", {3, 5, 6})])
def test_a_mark_cancels_what_is_asked_again(path: Path, mark: Mark, forgotten: set[int]) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1, outcome="passing"))
    ledger.append(fetched(2, outcome="failed"))
    ledger.append(fetched(3, what="listing"))
    ledger.append(fetched(4))
    ledger.append(fetched(5, what="listing", outcome="passing"))
    ledger.append(fetched(6, what="listing", outcome="failed"))
    assert [attempt.address for attempt in ledger.passing()] == [address(1), address(5)]
    ledger.mark(mark)
    gone = {number for number in range(1, 7) if ledger.last(address(number)) is None}
    assert gone == forgotten
    assert ledger.marks() == {"retry": 0, "refresh": 0} | {mark: 1}
    ledger.append(fetched(1, outcome="passing"))
    assert address(1) in {attempt.address for attempt in ledger.passing()}


def test_a_stopped_address_is_to_be_retried_until_it_is_fetched(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1, outcome="stopped"))
    ledger.append(fetched(2, outcome="stopped", what="listing"))
    assert [attempt.address for attempt in ledger.passing()] == [address(1)]
    ledger.append(fetched(1))
    assert ledger.passing() == []


def _append(path: Path, first: int, ready: Barrier) -> None:
    ready.wait(PATIENCE)
    ledger = Ledger(path)
    for number in range(first, first + 300):
        ledger.append(fetched(number))


def test_processes_can_create_it_and_write_at_the_same_time(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(2)
    workers = [context.Process(target=_append, args=(path, n, ready)) for n in (1000, 2000)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    numbers = [*range(1000, 1300), *range(2000, 2300)]
    assert sorted(row["address"] for row in ledger_rows(path)) == [address(n) for n in numbers]


def test_a_file_that_is_not_a_ledger_is_an_error_of_the_machine(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(OSError, match="file is not a database") as caught:
        Ledger(path)
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, str(path))


_FULL = """
import resource, signal, sys
from pathlib import Path
from posters.web.ledger import Attempt, Ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
for number in range(100):
    try:
        ledger.append(Attempt("poster", f"https://movies.test/{number}.jpg", "failed"))
    except OSError as error:
        print(number)
        break
"""


@pytest.mark.parametrize("room", [0, 50_000])
def test_a_full_disk_keeps_the_rows_before_it(path: Path, room: int) -> None:
    """A real limit, in a process of its own: the kernel writes what fits and refuses the rest."""
    run = subprocess.run(
        [sys.executable, "-c", _FULL, str(path), str(room)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    written = int(run.stdout)
    assert written < 100
    ledger = Ledger(path)
    assert sum(ledger.last(address(n)) is not None for n in range(100)) == written
    ledger.append(fetched(500))
    assert Ledger(path).last(address(500))
