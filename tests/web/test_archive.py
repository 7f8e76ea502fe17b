"""Each address is asked for once, what was answered is found again, and damage is noticed."""

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from misbehaving_server import (
    ANYTHING,
    HOST,
    OTHER,
    PATIENCE,
    Answer,
    Visit,
    Web,
    get,
    head,
    opened,
    redirect,
    reply,
    url,
)

from posters.errors import FetchFailed, SiteBlocked
from posters.files import sha256
from posters.web.request import PICTURES, Limits

STUB = (
    b"<!DOCTYPE html><html><head><script>window.gokuProps = {};</script>"
    b'<script src="https://x.awswaf.com/challenge.js"></script></head></html>'
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


def in_pieces(*pieces: bytes) -> Answer:
    def send(visit: Visit) -> None:
        for piece in pieces:
            visit.send(piece)

    return send


def test_what_is_held_is_not_asked_for_again(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster", Last_Modified="Monday"))
    first = web.archive()
    held = get(first)
    assert get(first) == get(web.archive()) == held
    assert web.server.count() == 1
    assert held.path == web.folder / "objects" / held.sha256[:2] / held.sha256
    assert (held.sha256, held.modified) == (sha256(b"poster"), "Monday")


@pytest.mark.parametrize("status", [400, 404, 410])
def test_what_failed_for_good_is_remembered(web: Web, status: int) -> None:
    web.server.on("/a.jpg", reply(status=status), reply(b"poster"))
    messages = set()
    for _ in range(2):
        archive = web.archive()
        for _ in range(2):
            with pytest.raises(FetchFailed) as caught:
                get(archive)
            messages.add((str(caught.value), caught.value.reason, caught.value.passing))
    assert messages == {
        (f"HTTP {status}: {HOST} answered {status}, expected 200", f"HTTP {status}", False)
    }
    assert web.server.count() == 1
    assert len(web.rows()) == 1


def test_who_is_not_let_in_today_may_be_let_in_another_day(web: Web) -> None:
    web.server.on("/a.jpg", reply(status=403), reply(b"poster"))
    for _ in range(3):
        with pytest.raises(FetchFailed, match="HTTP 403"):
            get(web.archive())
    assert web.server.count() == 1, "it is never retried by itself"
    archive = web.archive()
    archive.ledger.mark("retry")
    assert get(archive).read() == b"poster"


def test_what_our_own_limits_refuse_is_asked_for_with_others(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster" * 100))
    with pytest.raises(FetchFailed, match="too large"):
        get(web.archive(), limits=Limits(PICTURES, 100, 20))
    assert get(web.archive(), limits=Limits(PICTURES, 1000, 20)).read() == b"poster" * 100


def test_what_failed_for_now_is_remembered_until_somebody_says_to_ask_again(web: Web) -> None:
    web.server.on("/a.jpg", reply(status=503))
    for _ in range(3):
        with pytest.raises(FetchFailed) as caught:
            get(web.archive(retries=0))
        assert (caught.value.reason, caught.value.passing) == ("HTTP 503", True)
    assert web.server.count() == 1
    web.server.on("/a.jpg", reply(b"poster"))
    archive = web.archive()
    archive.ledger.mark("retry")
    assert get(archive).read() == b"poster"
    assert get(web.archive()).read() == b"poster"
    assert web.server.count() == 2


def test_listings_alone_are_renewed(web: Web) -> None:
    web.server.on("/list", reply(b"old"), reply(b"new"))
    web.server.on("/a.jpg", reply(b"poster"))
    archive = web.archive()
    get(archive)
    assert get(archive, url("/list"), what="listing").read() == b"old"
    archive.ledger.mark("refresh")
    for found in (archive, None):
        found = found or web.archive()
        assert get(found, url("/list"), what="listing").read() == b"new"
        get(found)
    assert (web.server.count("/list"), web.server.count("/a.jpg")) == (2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"", 202, Content_Type="text/html"),
        reply(STUB, 202, Content_Type="text/html"),
        head(202, Content_Type="text/html"),
        reply(b"captcha", 405, Content_Type="text/html"),
        reply(b"picture", 200, x_amzn_waf_action="challenge"),
        reply(b"", 403, X_Amzn_WAF_Action="captcha"),
        reply(b"", 503, X_Amzn_WAF_Action="challenge"),
        reply(STUB, Content_Type="text/html; charset=UTF-8"),
        in_pieces(head(Content_Type="text/html"), b" " * 2000, STUB[:70], STUB[70:]),
        in_pieces(head(Content_Type="TEXT/HTML", Content_Length=9000), STUB, bytes(9000)),
        redirect("/challenge"),
    ],
    ids=range(11),
)
@pytest.mark.parametrize("limited", [True, False])
def test_a_firewall_stops_its_site_until_the_next_run(
    web: Web, answer: Answer, limited: bool
) -> None:
    web.server.on("/a.jpg", answer)
    web.server.on("/challenge", reply(STUB, 202))
    web.server.on(f"{OTHER}/a.jpg", reply(b"another site"))
    archive = web.archive()
    for _ in range(2):
        for path in ("/a.jpg", "/b.jpg"):
            with pytest.raises(SiteBlocked, match=r"movies\.test answers with a firewall's"):
                get(archive, url(path)) if limited else get(archive, url(path), ANYTHING)
    assert web.server.count("/a.jpg") == 1
    assert web.server.count("/b.jpg") == 0
    assert web.clock.waited == []
    assert [row["outcome"] for row in web.rows()] == ["stopped"] * 4
    assert web.left_over() == []
    assert get(archive, url(host=OTHER)).read() == b"another site"
    web.server.on("/a.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"


def test_one_address_wanted_by_many_threads_is_asked_for_once(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    web.server.on("/b.jpg", reply(status=404))
    archive, ready = web.archive(), threading.Barrier(8)

    def want(_: int) -> bytes:
        ready.wait(PATIENCE)
        with pytest.raises(FetchFailed):
            get(archive, url("/b.jpg"))
        return get(archive).read()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(want, range(8))) == [b"poster"] * 8
    assert (web.server.count("/a.jpg"), web.server.count("/b.jpg")) == (1, 1)
    assert len(web.rows()) == 2


@pytest.mark.parametrize("damage", ["deleted", "cut", "changed", "empty"])
def test_an_object_that_was_damaged_is_asked_for_again(web: Web, damage: str) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    archive = web.archive()
    path = get(archive).path
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes({"cut": b"post", "changed": b"Poster", "empty": b""}[damage])
    for found in (archive, web.archive()):
        assert get(found).read() == b"poster"
    assert web.server.count() == 2


def test_a_deleted_archive_starts_anew(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    get(web.archive())
    shutil.rmtree(web.folder / "objects")
    assert get(web.archive()).read() == b"poster"
    (web.folder / "ledger.sqlite").unlink()
    assert get(web.archive()).read() == b"poster"
    assert web.server.count() == 3


def test_equal_bytes_are_one_object(web: Web) -> None:
    web.server.default = reply(b"poster")
    archive = web.archive()
    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(lambda number: get(archive, url(f"/{number}.jpg")), range(12)))
    assert len({found.sha256 for found in held}) == 1
    assert len(web.objects()) == 1
    assert len(web.rows()) == 12


def test_the_sink_starts_empty_at_each_attempt(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"long" * 1000)[:-1], redirect("/b.jpg"))
    web.server.on("/b.jpg", reply(b"short" * 100)[:-1], reply(b"poster"))
    assert get(web.archive()).read() == b"poster"


def test_an_interruption_leaves_nothing_over(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = web.archive()

    def fetch(address: str, sink: BinaryIO, *rest: Any) -> Any:
        sink.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(archive._fetcher, "fetch", fetch)
    with pytest.raises(KeyboardInterrupt):
        get(archive)
    assert web.left_over() == []
    assert web.rows() == []


def test_what_killed_runs_left_behind_is_swept_after_a_day(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    kept = get(web.archive()).path
    folder = web.folder / "objects"
    old, young = folder / "1-2.partial", folder / "3-4.partial"
    for path, hours in ((old, 24.1), (young, 23.9), (kept, 1000)):
        path.touch()
        then = path.stat().st_mtime - hours * 3600
        os.utime(path, (then, then))
    web.archive()
    assert not old.exists()
    assert young.exists()
    assert kept.exists()
