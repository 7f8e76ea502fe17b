"""A disk that is full is said, leaves nothing half done, and the next run goes on from there."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from conftest import ROOT
from misbehaving_server import PATIENCE, Web, get, opened, reply


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


class FullDisk:
    """A file that takes so many bytes and no more."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._file, self._room = file, room

    def write(self, content: bytes) -> int:
        self._room -= len(content)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 70_000])
def test_a_full_disk_leaves_no_half_object(
    web: Web, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    web.server.on("/a.jpg", reply(b"x" * 90_000))
    archive = web.archive()
    real = archive._fetcher.fetch

    def fetch(address: str, sink: BinaryIO, *rest: Any) -> Any:
        return real(address, FullDisk(sink, room), *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(archive._fetcher, "fetch", fetch)
        with pytest.raises(OSError, match="No space left") as caught:
            get(archive)
    assert caught.value.errno == errno.ENOSPC
    assert web.objects() == []
    assert web.rows() == []
    assert len(get(web.archive()).read()) == 90_000
    assert web.left_over() == []


_LIMITED = f"""
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tests")!r})
from misbehaving_server import Web, get, url
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
class Elsewhere:
    address = sys.argv[2]
archive = Web(Path(sys.argv[1]), Elsewhere()).archive()
get(archive, url("/small.jpg"))
resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, resource.RLIM_INFINITY))
try:
    get(archive)
except OSError as error:
    print(error.errno)
get(archive, url("/other.jpg"))
"""


def test_a_file_that_can_grow_no_further_is_no_object(web: Web) -> None:
    """A real limit, in a process of its own."""
    web.server.on("/small.jpg", reply(b"small"))
    web.server.on("/other.jpg", reply(b"other"))
    web.server.on("/a.jpg", reply(b"x" * 90_000))
    run = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(web.folder), web.server.address],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert run.stdout.split() == [str(errno.EFBIG)]
    assert sorted(path.read_bytes() for path in web.objects()) == [b"other", b"small"]
    assert web.left_over() == []
    assert len(get(web.archive()).read()) == 90_000
    assert web.server.count("/small.jpg") == 1
