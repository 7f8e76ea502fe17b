"""A server that keeps sending a little, and never an answer, is given up at the time limit."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from misbehaving_server import Visit, Web, failed, head, opened

from posters.web.request import PICTURES, Limits

# Of real time: the server gives no byte up to which a clock could be pushed.
BRIEF = Limits(PICTURES, max_bytes=100_000, seconds=0.3)
CHUNKED = head(Content_Type="image/jpeg", Transfer_Encoding="chunked")
GZIP_HEAD = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


def endless(first: bytes, again: bytes) -> Callable[[Visit], None]:
    """Answers with a beginning, then with the same for ever."""

    def send(visit: Visit) -> None:
        visit.send(first)
        visit.send_for_ever(again)

    return send


def silent(visit: Visit) -> None:
    """Takes the request and says nothing, until the client hangs up."""
    visit.wait_until_gone()


def empty_block() -> bytes:
    """A compressed block of nothing: decoding goes on, and nothing comes out."""
    compressor = zlib.compressobj(wbits=31)
    compressor.compress(b"")
    return compressor.flush(zlib.Z_FULL_FLUSH)[-5:]


GZIPPED = head(Content_Type="image/jpeg", Content_Encoding="gzip")


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Long: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"0\r\n", b"X-Trailer: x\r\n"),
        (GZIPPED + GZIP_HEAD[:3] + b"\x08" + GZIP_HEAD[4:], b"name"),
        (GZIPPED + GZIP_HEAD, empty_block()),
        (GZIPPED, zlib.compressobj(wbits=31).flush()),
    ],
    ids=["header", "continue", "extension", "trailers", "name", "blocks", "members"],
)
def test_bytes_without_end_or_content_are_given_up(web: Web, first: bytes, again: bytes) -> None:
    web.server.on("/a.jpg", endless(first, again))
    reason = failed(web, BRIEF, retries=0).reason
    # Some of these are nonsense enough to be noticed before the time is up.
    assert reason in ("slow", "too large", "broken connection", "damaged", "cut short")


def test_silence_is_given_up(web: Web) -> None:
    web.server.on("/a.jpg", silent)
    error = failed(web, BRIEF, retries=0)
    assert (error.reason, error.passing) == ("slow", True)


def test_closing_ends_what_is_under_way(web: Web) -> None:
    archive = web.archive(retries=0)

    def close(visit: Visit) -> None:
        archive.close()
        visit.wait_until_gone()

    web.server.on("/a.jpg", close)
    with pytest.raises(Exception, match="the run ended"):
        archive.get("https://movies.test/a.jpg", Limits(PICTURES, 1000, 30), what="poster")
    with pytest.raises(Exception, match="the run ended"):
        archive.get("https://movies.test/b.jpg", Limits(PICTURES, 1000, 30), what="poster")
    assert web.server.count() == 1
    assert web.rows() == []
