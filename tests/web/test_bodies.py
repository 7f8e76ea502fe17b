"""A body is stored whole or not at all, however it comes, and never more of it than allowed."""

import contextlib
import gzip
import zlib

import pytest
from damage import little_memory
from misbehaving_server import Answer, Responder, Web, failed, get, head, in_pieces, reply, url

from posters.errors import FetchFailed
from posters.web.request import PICTURES, Limits

WHOLE = reply(b"x" * 500)
CHUNKED = head(Content_Type="image/jpeg", Transfer_Encoding="chunked")
GZIPPED = head(Content_Type="image/jpeg", Content_Encoding="gzip")
GZIP_HEAD = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
LONG = b"x" * 64_000
# In real time, against servers that keep sending.
SHORT = Limits(PICTURES, max_bytes=100_000, seconds=0.3)


def endless(first: bytes, again: bytes) -> Answer:
    """Sends a beginning, then the same bytes until the client hangs up."""

    def send(responder: Responder) -> None:
        with contextlib.suppress(ConnectionError):
            responder.send(first)
            while True:
                responder.send(again)

    return send


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "broken connection"),
        (WHOLE[:-1], "cut short"),
        (head(Content_Type="image/jpeg"), "cut short"),
        (CHUNKED + b"4\r\nxxxx\r\n", "broken connection"),
        (b"nonsense\r\n\r\n", "broken connection"),
    ],
    ids=range(5),
)
def test_a_broken_answer_is_discarded_and_requested_again(
    web: Web, answer: bytes, reason: str
) -> None:
    web.server.on("/a.jpg", answer, reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    web.server.on("/b.jpg", answer)
    with pytest.raises(FetchFailed) as caught:
        get(web.archive(retries=2), url("/b.jpg"))
    assert (caught.value.reason, caught.value.temporary) == (reason, True)
    assert web.server.count("/b.jpg") == 3
    assert web.left_over() == []


def test_a_body_without_a_length_ends_with_the_connection(web: Web) -> None:
    web.server.on("/a.jpg", in_pieces(head(Content_Type="image/jpeg"), b"one ", b"two"))
    assert get(web.archive()).read() == b"one two"


def test_an_idle_connection_that_the_server_closed_is_replaced(web: Web) -> None:
    web.server.default = reply(b"poster").replace(b"Connection: close\r\n", b"")
    archive = web.archive()
    for path in ("/1.jpg", "/2.jpg", "/3.jpg"):
        assert get(archive, url(path)).read() == b"poster"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(endless(CHUNKED, b"%x\r\n%b\r\n" % (len(LONG), LONG)), id="endless chunks"),
        pytest.param(reply(b"x" * 100_001), id="one byte too many"),
        pytest.param(head(Content_Type="image/jpeg", Content_Length=100_001), id="length alone"),
    ],
)
def test_a_body_larger_than_allowed_is_refused(web: Web, answer: Answer) -> None:
    web.server.on("/a.jpg", answer)
    error = failed(web)
    assert (error.reason, error.temporary) == ("too large", False)
    assert "100,000" in error.detail
    assert web.server.count() == 1


def test_a_decompression_bomb_is_refused_before_it_fills_the_memory(web: Web) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    web.server.on("/a.jpg", reply(bomb, Content_Encoding="gzip"))
    archive = web.archive()
    with little_memory(), pytest.raises(FetchFailed, match="too large"):
        get(archive, limits=Limits((), max_bytes=400_000, seconds=20))
    assert web.left_over() == []


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_a_compressed_body_is_decompressed(web: Web, encoding: str, wbits: int) -> None:
    body = zlib.compress(b"poster" * 100, wbits=wbits)
    start = head(Content_Type="image/jpeg", Content_Length=len(body), Content_Encoding=encoding)
    web.server.on("/a.jpg", in_pieces(start, *(bytes([byte]) for byte in body)))
    assert get(web.archive()).read() == b"poster" * 100


def test_a_damaged_compression_is_not_requested_again(web: Web) -> None:
    damaged = gzip.compress(b"x", mtime=0)[:10] + b"\xff" * 30
    web.server.on("/a.jpg", reply(damaged, Content_Encoding="gzip"))
    assert failed(web).reason == "damaged"
    assert web.server.count() == 1


@pytest.mark.parametrize("start", [b"", head(Content_Type="image/jpeg", Content_Length=9) + b"x"])
def test_a_silent_server_is_a_timeout(web: Web, start: bytes) -> None:
    def silent(responder: Responder) -> None:
        responder.send(start)
        responder.wait_until_gone()

    web.server.on("/a.jpg", silent)
    error = failed(web, read_timeout=0.05, retries=1)
    assert (error.reason, error.temporary) == ("timeout", True)
    web.server.wait_for(2)
    assert web.server.count() == 2


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED + b"1;", b"x"),
        (GZIPPED + GZIP_HEAD, b"\x00\x00\x00\xff\xff"),  # empty compressed blocks
    ],
    ids=["header", "chunk extension", "compressed blocks"],
)
def test_an_endless_answer_is_given_up(web: Web, first: bytes, again: bytes) -> None:
    web.server.on("/a.jpg", endless(first, again))
    reason = failed(web, SHORT, retries=0).reason
    # Some of these are recognised as damaged before the time is up.
    assert reason in ("slow", "too large", "broken connection", "damaged", "cut short")


def test_body_of_a_redirect_or_failure_is_not_read(web: Web) -> None:
    web.server.on("/a.jpg", endless(head(302, Location="/b.jpg"), LONG))
    web.server.on("/b.jpg", endless(head(404), LONG))
    assert failed(web).reason == "HTTP 404"


@pytest.mark.parametrize(
    "start", [head(Content_Type="image/jpeg", Content_Length=50_000), b"HTTP/1.1 200 OK\r\nX: "]
)
def test_a_slow_drip_is_given_up(web: Web, start: bytes) -> None:
    def drip(responder: Responder) -> None:
        responder.send(start)
        for _ in range(5):
            responder.send(b"x")
        responder.wait_until_gone()

    web.server.on("/a.jpg", drip)
    error = failed(web, SHORT)
    assert (error.reason, error.temporary) == ("slow", True)
    assert "0.3 s" in error.detail
    assert web.server.count() == 1


@pytest.mark.parametrize("length", [b"-1", b"-5"])
@pytest.mark.parametrize("media", ["image/jpeg", "text/html"])
def test_a_chunk_of_negative_length_is_never_read_whole(
    web: Web, media: str, length: bytes
) -> None:
    start = head(Content_Type=media, Transfer_Encoding="chunked") + length + b"\r\n"
    web.server.on("/a.jpg", in_pieces(start, *[LONG] * 1000))
    with little_memory():
        assert failed(web).reason in ("too large", "wrong media type")


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        ("text/html; charset=utf-8", "'text/html'"),
        ("", "no Content-Type"),
        ("text/\x1b[31m" + "x" * 5000, r"'text/\x1b[31mxx"),
    ],
    ids=range(3),
)
def test_wrong_media_type_is_refused(web: Web, media: str, shown: str) -> None:
    web.server.on("/a.jpg", reply(b"<html>a cinema</html>", Content_Type=media))
    error = failed(web)
    assert (error.reason, error.temporary) == ("wrong media type", False)
    assert error.detail.startswith(f"movies.test sent {shown}")
    assert len(error.detail) < 300
    assert web.server.count() == 1


def test_closing_ends_the_requests_under_way(web: Web) -> None:
    archive = web.archive(retries=0)

    def close(responder: Responder) -> None:
        archive.close()
        responder.wait_until_gone()

    web.server.on("/a.jpg", close)
    for path in ("/a.jpg", "/b.jpg"):
        with pytest.raises(FetchFailed, match="the run ended"):
            get(archive, url(path))
    assert web.server.count() == 1
    assert web.rows() == []
