"""A body is kept whole or not at all, however it comes, and never more of it than allowed."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from misbehaving_server import (
    PATIENCE,
    PICTURE,
    Answer,
    Visit,
    Web,
    failed,
    get,
    head,
    opened,
    reply,
    url,
)

from posters.errors import FetchFailed
from posters.web.request import JSON, Limits


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


def sending(*pieces: bytes) -> Callable[[Visit], None]:
    """Answers with pieces, each in a packet of its own, and hangs up."""

    def send(visit: Visit) -> None:
        for piece in pieces:
            visit.send(piece)

    return send


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


WHOLE = reply(b"x" * 500)
CHUNKED = head(Content_Type="image/jpeg", Transfer_Encoding="chunked")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "broken connection"),
        (WHOLE[:7], "broken connection"),
        (WHOLE[:17], "cut short"),
        (WHOLE[:50], "cut short"),
        (WHOLE[: WHOLE.index(b"jpeg") + 2], "cut short"),
        (WHOLE[: WHOLE.index(b"jpeg") + 4], "cut short"),
        (WHOLE[: WHOLE.index(b"\r\n\r\n") + 2], "cut short"),
        (WHOLE[:-500], "cut short"),
        (WHOLE[:-1], "cut short"),
        (head(Content_Type="image/jpeg"), "cut short"),
        (CHUNKED, "broken connection"),
        (CHUNKED + b"4\r\nxx", "broken connection"),
        (CHUNKED + b"4\r\nxxxx\r\n", "broken connection"),
        (CHUNKED + b"4\r\nxxxx\r\nnonsense\r\n", "broken connection"),
        (
            head(Content_Type="text/html", Transfer_Encoding="chunked") + b"9\r\nx",
            "broken connection",
        ),
        (b"nonsense\r\n\r\n", "broken connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, "broken connection"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, "broken connection"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nxxxxx",
            "broken connection",
        ),
    ],
    ids=range(19),
)
def test_a_broken_answer_is_no_answer_and_is_asked_for_again(
    web: Web, answer: bytes, reason: str
) -> None:
    web.server.on("/a.jpg", answer, reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    web.server.on("/b.jpg", answer)
    with pytest.raises(FetchFailed) as caught:
        get(web.archive(retries=2), url("/b.jpg"))
    assert (caught.value.reason, caught.value.passing) == (reason, True)
    assert web.server.count("/b.jpg") == 3
    assert web.left_over() == []


def test_a_body_without_a_length_ends_where_the_server_hangs_up(web: Web) -> None:
    web.server.on("/a.jpg", sending(head(Content_Type="image/jpeg"), b"one ", b"two"))
    assert get(web.archive()).read() == b"one two"


def test_a_connection_that_the_server_dropped_while_idle_is_no_failure(web: Web) -> None:
    kept = reply(b"poster").replace(b"Connection: close\r\n", b"")
    archive = web.archive()
    for path in ("/1.jpg", "/2.jpg", "/3.jpg"):
        web.server.on(path, kept)
        assert get(archive, url(path)).read() == b"poster"


LONG = b"x" * 64_000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            lambda visit: visit.send_for_ever(head(Content_Type="image/jpeg") + LONG),
            id="endless",
        ),
        pytest.param(
            lambda visit: (
                visit.send(CHUNKED),
                visit.send_for_ever(b"%x\r\n%b\r\n" % (len(LONG), LONG)),
            ),
            id="endless chunks",
        ),
        pytest.param(reply(b"x" * 100_001), id="one byte"),
        pytest.param(head(Content_Type="image/jpeg", Content_Length=100_001), id="length alone"),
        pytest.param(head(Content_Type="image/jpeg", Content_Length="1" * 30), id="huge length"),
    ],
)
def test_no_more_is_read_than_allowed(web: Web, answer: Answer) -> None:
    web.server.on("/a.jpg", answer)
    error = failed(web)
    assert (error.reason, error.passing) == ("too large", False)
    assert "100,000" in error.detail
    assert web.server.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        lambda visit: visit.send_for_ever(head(302, Location="/b.jpg") + LONG),
        lambda visit: visit.send(head(302, Location="/b.jpg", Content_Length=99) + b"x"),
        lambda visit: visit.send(head(302, Location="/b.jpg", Content_Encoding="gzip") + b"xxxx"),
    ],
    ids=["endless", "cut short", "damaged"],
)
def test_the_body_of_a_redirect_is_not_read(web: Web, body: Answer) -> None:
    web.server.on("/a.jpg", body)
    web.server.on("/b.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert web.server.count() == 2


@pytest.mark.parametrize("status", [404, 503])
def test_the_body_of_a_failure_is_not_read(web: Web, status: int) -> None:
    web.server.on("/a.jpg", lambda visit: visit.send_for_ever(head(status) + LONG))
    assert failed(web, retries=1).reason == f"HTTP {status}"


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "ten", "²"])
def test_a_length_that_is_none_does_no_harm(web: Web, length: str) -> None:
    web.server.on("/a.jpg", reply(b"poster", Content_Length=length))
    assert get(web.archive()).read() == b"poster"


def bomb(layers: int) -> bytes:
    """Some kilobytes that hold 200 MB."""
    packer = zlib.compressobj(9, wbits=31)
    content = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    for _ in range(layers - 1):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize(("layers", "encoding"), [(1, "gzip"), (2, "gzip, gzip"), (1, "x-gzip")])
def test_a_compressed_bomb_is_stopped_while_it_is_small(
    web: Web, layers: int, encoding: str
) -> None:
    web.server.on("/a.jpg", reply(bomb(layers), Content_Encoding=encoding))
    archive = web.archive()
    tracemalloc.start()
    try:
        with pytest.raises(FetchFailed) as caught:
            get(archive, limits=Limits((), max_bytes=400_000, seconds=20))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too large"
    assert most < 20_000_000
    assert web.left_over() == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_compressed_though_nobody_asked_is_unpacked(web: Web, encoding: str) -> None:
    body = packed(b"poster" * 100) if encoding == "gzip" else zlib.compress(b"poster" * 100)
    start = head(Content_Type="image/jpeg", Content_Length=len(body), Content_Encoding=encoding)
    web.server.on("/a.jpg", sending(start, *(bytes([byte]) for byte in body)))
    assert get(web.archive()).read() == b"poster" * 100


@pytest.mark.parametrize(
    ("body", "reason", "requests"),
    [
        (b"no gzip at all", "damaged", 1),
        (packed(b"poster")[:10] + b"\xff" * 30, "damaged", 1),
    ],
)
def test_damaged_compression_is_a_failure(
    web: Web, body: bytes, reason: str, requests: int
) -> None:
    web.server.on("/a.jpg", reply(body, Content_Encoding="gzip"))
    assert failed(web).reason == reason
    assert web.server.count() == requests


def test_a_slow_drip_is_given_up(web: Web) -> None:
    def drip(visit: Visit) -> None:
        visit.send(head(Content_Type="image/jpeg", Content_Length=50_000))
        visit.send_for_ever(b"x", before_each=web.clock.advance)

    web.server.on("/a.jpg", drip)
    error = failed(web)
    assert (error.reason, error.passing) == ("slow", True)
    assert "20 s" in error.detail
    assert web.server.count() == 1


@pytest.mark.parametrize("start", [b"", head(Content_Type="image/jpeg", Content_Length=9) + b"x"])
def test_a_server_that_falls_silent_is_given_up(web: Web, start: bytes) -> None:
    def silent(visit: Visit) -> None:
        visit.send(start)
        finished.wait(PATIENCE)

    finished = Event()
    web.server.on("/a.jpg", silent)
    try:
        error = failed(web, read_timeout=0.05, retries=1)
    finally:
        finished.set()
    assert (error.reason, error.passing) == ("timeout", True)
    web.server.wait_for(2)
    assert web.server.count() == 2


@pytest.mark.parametrize("media", ["text/html", "text/html; charset=utf-8", "application/x-x", ""])
@pytest.mark.parametrize("limits", [PICTURE, Limits(JSON, 1000, 20)])
def test_another_kind_than_asked_for_is_refused(web: Web, media: str, limits: Limits) -> None:
    web.server.on("/a.jpg", reply(b"<html>a cinema</html>", Content_Type=media))
    error = failed(web, limits)
    assert (error.reason, error.passing) == ("wrong media type", False)
    assert (media.partition(";")[0] or "no Content-Type") in error.detail
    assert web.server.count() == 1


def test_a_page_that_calls_itself_a_picture_is_for_the_decoder_to_refuse(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"<html>", Content_Type="IMAGE/JPEG; name=a"))
    assert get(web.archive()).read() == b"<html>"
