"""No address is fetched twice, answers are found again, and damage is noticed."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from damage import FORMATS
from misbehaving_server import (
    ANYTHING,
    OTHER,
    PATIENCE,
    Answer,
    Web,
    failed,
    get,
    head,
    in_pieces,
    redirect,
    reply,
    url,
)

from posters.errors import FetchFailed, SiteBlocked, SourceError
from posters.files import sha256
from posters.web.challenge import is_challenge
from posters.web.request import PICTURES, Limits

CHALLENGE = (FORMATS / "firewall.html").read_bytes()


def test_an_answer_is_stored_and_not_requested_again(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster", Last_Modified="Monday"))
    first = web.archive()
    answer = get(first)
    assert get(first) == get(web.archive()) == answer
    assert web.server.count() == 1
    assert answer.path == web.folder / "objects" / answer.sha256[:2] / answer.sha256
    assert (answer.read(), answer.modified) == (b"poster", "Monday")
    (row,) = web.rows()
    assert (row["outcome"], row["bytes"], row["sha256"]) == ("fetched", 6, sha256(b"poster"))
    assert web.left_over() == []


def test_temporary_failure_is_remembered_until_retry(web: Web) -> None:
    web.server.on("/a.jpg", reply(status=503), reply(b"poster"))
    for _ in range(2):
        error = failed(web, retries=0)
        assert (error.reason, error.temporary) == ("HTTP 503", True)
    archive = web.archive()
    archive.ledger.mark("retry")
    assert get(archive).read() == get(web.archive()).read() == b"poster"
    assert web.server.count() == 2


def test_answer_above_our_limits_is_requested_again_under_other_limits(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster" * 100))
    with pytest.raises(FetchFailed, match="too large"):
        get(web.archive(), limits=Limits(PICTURES, 100, 20))
    assert get(web.archive(), limits=Limits(PICTURES, 1000, 20)).read() == b"poster" * 100


def test_a_malformed_listing_is_fetched_again(web: Web) -> None:
    web.server.on("/list", reply(b"nonsense"), reply(b"list"))
    archive = web.archive()
    get(archive, url("/list"), what="listing")
    with pytest.raises(SourceError), archive.reading(url("/list")):
        raise SourceError("no list")
    assert get(archive, url("/list"), what="listing").read() == b"list"


@pytest.mark.parametrize(
    "answer",
    [
        head(202, Content_Type="text/html"),
        reply(b"", 503, X_Amzn_WAF_Action="challenge"),
        in_pieces(head(Content_Type="TEXT/HTML"), b" " * 2000, CHALLENGE[:70], CHALLENGE[70:]),
        redirect("/challenge"),
    ],
    ids=range(4),
)
@pytest.mark.parametrize("limited", [True, False])
def test_a_firewall_stops_its_site_until_the_next_run(
    web: Web, answer: Answer, limited: bool
) -> None:
    web.server.on("/a.jpg", answer)
    web.server.on("/challenge", reply(CHALLENGE, 202))
    web.server.on(f"{OTHER}/a.jpg", reply(b"another site"))
    archive = web.archive()
    for path in ("/a.jpg", "/b.jpg"):
        with pytest.raises(SiteBlocked, match=r"movies\.test answers with a firewall's"):
            get(archive, url(path)) if limited else get(archive, url(path), ANYTHING)
    assert (web.server.count("/a.jpg"), web.server.count("/b.jpg")) == (1, 0)
    assert web.clock.waited == []
    assert web.outcomes() == ["stopped", "stopped"]
    assert web.left_over() == []
    assert get(archive, url(host=OTHER)).read() == b"another site"
    web.server.on("/a.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"


def test_challenge_is_recognised_by_status_header_or_page() -> None:
    page = (FORMATS / "imdb_search.html").read_bytes()
    assert is_challenge(405, {}, page)
    assert is_challenge(403, {"X-Amzn-WAF-Action": "captcha"}, b"")
    for mark in (b"gokuProps", b"AwsWafIntegration", b"awswaf.com"):
        assert is_challenge(200, {}, b"<p>" + mark)
    for status in (200, 403, 503):
        assert not is_challenge(status, {"content-type": "text/html"}, page)


def test_threads_request_an_address_once(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    web.server.on("/b.jpg", reply(status=404))
    archive, ready = web.archive(), threading.Barrier(8)

    def request(_: int) -> bytes:
        ready.wait(PATIENCE)
        with pytest.raises(FetchFailed):
            get(archive, url("/b.jpg"))
        return get(archive).read()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(request, range(8))) == [b"poster"] * 8
    assert (web.server.count("/a.jpg"), web.server.count("/b.jpg")) == (1, 1)
    assert len(web.rows()) == 2


@pytest.mark.parametrize("content", [None, b"Poster"])
def test_a_damaged_or_missing_body_is_fetched_again(web: Web, content: bytes | None) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    archive = web.archive()
    path = get(archive).path
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    for later in (archive, web.archive()):
        assert get(later).read() == b"poster"
    assert web.server.count() == 2


def test_partial_files_of_killed_runs_are_removed_after_a_day(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster"))
    stored = get(web.archive()).path
    old, young = (stored.parents[1] / name for name in ("1-2.partial", "3-4.partial"))
    for path, hours in ((old, 24.1), (young, 23.9), (stored, 1000)):
        path.touch()
        then = path.stat().st_mtime - hours * 3600
        os.utime(path, (then, then))
    web.archive()
    assert [path.exists() for path in (old, young, stored)] == [False, True, True]
