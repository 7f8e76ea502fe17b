"""The ledger survives whatever is written to it, whoever writes at the same time, and any crash."""

import csv
import errno
import multiprocessing
import os
import subprocess
import sys
import threading
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from conftest import ROOT
from misbehaving_server import PATIENCE

from posters.web.ledger import COLUMNS, Ledger, Row

DIGEST = "a1" * 32
NASTY = [
    'a "quoted" word',
    '"',
    '""',
    "comma, comma",
    "two\nlines",
    "carriage\r\nreturn\r",
    "tab\tnull\0escape\x1b[31mred\x7f",
    "nächste Seite 電影 🎬",
    "line\u2028separator\x85next",
    "lone \udc80 surrogate",
    " spaces ",
    "=cmd()",
    "x" * 60_000,
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "ledger.csv"


def fetched(number: int, **changed: str) -> Row:
    row = Row("poster", address(number), "fetched", f"tt{number}", "", 6, DIGEST, "Mon, 1 Jan")
    return replace(row, **changed)


def address(number: int) -> str:
    return f"https://movies.test/{number}.jpg"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_is_read_as_it_was_written(path: Path) -> None:
    ledger = Ledger(path)
    row = ledger.append(fetched(1))
    assert row.time.endswith("+00:00")
    again = Ledger(path).last(address(1))
    assert again == replace(row, bytes="6")
    assert read(path) == [{column: str(getattr(row, column)) for column in COLUMNS}]
    assert path.read_text().startswith(",".join(COLUMNS) + "\n")


def test_nothing_is_written_before_there_is_something_to_write(path: Path) -> None:
    assert Ledger(path).last(address(1)) is None
    assert Ledger(path).passing() == []
    assert not path.parent.exists()


@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
def test_no_value_breaks_its_row(path: Path, value: str) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1))
    ledger.append(Row("poster", address(2), "failed", value, value, modified=value))
    ledger.append(fetched(3))
    again = Ledger(path)
    assert again.last(address(1)) and again.last(address(3))
    found = again.last(address(2))
    assert found
    control = {*range(32), 127}
    expected = "".join(" " if ord(letter) in control else letter for letter in value)
    assert found.reason == found.modified == expected.replace("\udc80", "?")
    assert len(read(path)) == 3
    assert not [byte for byte in path.read_bytes() if byte in control - {10}]


def test_rows_are_only_ever_added(path: Path) -> None:
    content = b""
    for number in range(5):
        ledger = Ledger(path)
        ledger.append(fetched(number % 2))
        ledger.mark("retry")
        assert path.read_bytes().startswith(content)
        content = path.read_bytes()
    assert content.count(b"time,what") == 1


def test_the_last_row_of_an_address_counts(path: Path) -> None:
    ledger = Ledger(path)
    for outcome in ("passing", "fetched", "failed", "stopped"):
        ledger.append(fetched(1, outcome=outcome))
    for found in (ledger, Ledger(path)):
        last = found.last(address(1))
        assert last and last.outcome == "failed", "a site that stopped says nothing of an address"


def test_a_refusal_says_nothing_about_the_address_and_is_written_once(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1))
    for found in (ledger, ledger, None, None):
        found = found or Ledger(path)
        found.refuse(imdb_id="tt1", address=address(1), reason="too small: 3x4")
        last = found.last(address(1))
        assert last and last.outcome == "fetched"
    assert [row["outcome"] for row in read(path)] == ["fetched", "refused"]


@pytest.mark.parametrize(("mark", "forgotten"), [("retry", {1, 5}), ("refresh", {3, 5, 6})])
def test_a_mark_forgets_what_it_should_and_no_more(
    path: Path, mark: str, forgotten: set[int]
) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1, outcome="passing"))
    ledger.append(fetched(2, outcome="failed"))
    ledger.append(fetched(3, what="listing"))
    ledger.append(fetched(4))
    ledger.append(fetched(5, what="listing", outcome="passing"))
    ledger.append(fetched(6, what="listing", outcome="failed"))
    assert {row.address for row in ledger.passing()} == {address(1), address(5)}
    ledger.mark(mark)  # type: ignore[arg-type]
    for found in (ledger, Ledger(path)):
        gone = {number for number in range(1, 7) if found.last(address(number)) is None}
        assert gone == forgotten
        assert found.marks() == {"retry": 0, "refresh": 0} | {mark: 1}
    ledger.append(fetched(1, outcome="passing"))
    for found in (ledger, Ledger(path)):
        assert address(1) in {row.address for row in found.passing()}, "it was asked for again"


def test_a_row_cut_short_anywhere_harms_no_other(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1, reason='said "no", and left'))
    before = path.read_bytes()
    ledger.append(fetched(2, reason='said "ä", and left', modified="Mon, 01 Jan 2001"))
    whole = path.read_bytes()
    for end in range(len(before), len(whole)):
        path.write_bytes(whole[:end])
        cut = Ledger(path)
        assert cut.last(address(1))
        known = cut.last(address(2))
        assert known is None or (known.outcome, known.sha256) == ("fetched", DIGEST)
        cut.append(fetched(3))
        cut.append(fetched(4))
        again = Ledger(path)
        assert again.last(address(1)) and again.last(address(3)) and again.last(address(4))
        assert path.read_bytes().startswith(whole[:end])


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n\n\n",
        b"nonsense\n",
        b'"""\n',
        b"a,b,c,d,e,f,g,h,i,j,k\n",
        b"\0" * 5000 + b"\n",
        b"\0" * 200_000 + b"\n",
        b"\xff\xfe\xfd\n",
        b"time,what,imdb_id,address,outcome,reason,bytes,sha256,modified\n",
        b"<<<<<<< HEAD\n=======\n",
        b"t,poster,tt2,https://movies.test/2.jpg,fetched,,6,,\n",
        b"t,poster,tt2,https://movies.test/2.jpg,fetched,,6,../../../etc/passwd,\n",
        b"t,mark,,,nonsense,,,,\n",
    ],
    ids=range(12),
)
def test_lines_that_are_no_rows_are_passed_over(path: Path, garbage: bytes) -> None:
    Ledger(path).append(fetched(1))
    with path.open("ab") as file:
        file.write(garbage)
    ledger = Ledger(path)
    assert ledger.last(address(1))
    assert ledger.last(address(2)) is None
    ledger.append(fetched(3))
    ledger.mark("retry")
    assert Ledger(path).last(address(1)) and Ledger(path).last(address(3))


def test_an_empty_file_gets_its_header(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    Ledger(path).append(fetched(1))
    assert [row["address"] for row in read(path)] == [address(1)]


def _append(path: Path, first: int, ready: Barrier) -> None:
    ledger = Ledger(path)
    ready.wait(PATIENCE)
    for number in range(first, first + 300):
        ledger.append(fetched(number, reason="x" * (number % 100)))


def test_two_processes_and_their_threads_write_whole_rows(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(3)
    workers = [context.Process(target=_append, args=(path, n, ready)) for n in (1000, 2000)]
    for worker in workers:
        worker.start()
    ledger = Ledger(path)

    def append(first: int) -> None:
        for number in range(first, first + 100):
            ledger.append(fetched(number))

    threads = [threading.Thread(target=append, args=(first,)) for first in (3000, 4000)]
    ready.wait(PATIENCE)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for worker in workers:
        worker.join(PATIENCE)
    numbers = [*range(1000, 1300), *range(2000, 2300), *range(3000, 3100), *range(4000, 4100)]
    rows = [row for row in read(path) if row["time"] != "time"]
    assert sorted(row["address"] for row in rows) == [address(number) for number in numbers]
    assert {row["sha256"] for row in rows} == {DIGEST}
    again = Ledger(path)
    assert all(again.last(address(number)) for number in numbers)


@pytest.mark.parametrize("written", [0, 1, 30])
def test_a_full_disk_is_said_and_the_ledger_goes_on_afterwards(
    path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    ledger = Ledger(path)
    ledger.append(fetched(1))
    real, calls = os.write, 0

    def write(file: int, content: bytes) -> int:
        nonlocal calls
        calls += 1
        if written and calls == 1:
            return real(file, content[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space left"):
            ledger.append(fetched(2))
    assert ledger.last(address(2)) is None
    ledger.append(fetched(3))
    for found in (ledger, Ledger(path)):
        assert found.last(address(1)) and found.last(address(3))
        assert found.last(address(2)) is None


_FULL = """
import resource, signal, sys
from pathlib import Path
from posters.web.ledger import Ledger, Row
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
ledger = Ledger(Path(sys.argv[1]))
for number in range(100):
    try:
        ledger.append(Row("poster", f"https://movies.test/{number}.jpg", "failed", reason="x" * 50))
    except OSError as error:
        print(number, error.errno)
        break
"""


@pytest.mark.parametrize("room", [0, 40, 1000, 1111])
def test_a_file_that_can_grow_no_further_keeps_its_rows(path: Path, room: int) -> None:
    """A real limit, in a process of its own: the kernel writes what fits and refuses the rest."""
    run = subprocess.run(
        [sys.executable, "-c", _FULL, str(path), str(room)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    rows = run.stdout.split()
    assert rows[1:] == [str(errno.EFBIG)], run.stderr
    assert path.stat().st_size <= room
    ledger = Ledger(path)
    assert sum(ledger.last(address(n)) is not None for n in range(100)) == int(rows[0])
    ledger.append(fetched(500))
    again = Ledger(path)
    assert again.last(address(500))
    assert sum(again.last(address(n)) is not None for n in range(100)) == int(rows[0])
