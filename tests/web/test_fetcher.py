"""Which requests are repeated, when, and how often; and when a host is given up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from email.utils import formatdate
from time import time

import pytest
from misbehaving_server import (
    ANYTHING,
    HOST,
    OTHER,
    PATIENCE,
    Web,
    failed,
    get,
    head,
    redirect,
    reply,
    settings,
    url,
)

from posters.errors import FetchFailed, SiteUnreachable, SourceError
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site


def test_a_request_names_the_program_and_the_accepted_types(web: Web) -> None:
    web.server.on("/a.jpg", reply())
    get(web.archive())
    headers = web.server.requests[0].headers
    assert headers["user-agent"] == "poster-year/0.1.0 (+test@example.org)"
    assert headers["accept-encoding"] == "identity"
    assert headers["accept"].startswith("image/jpeg, ")
    assert headers["host"] == HOST
    assert set(headers) == {"user-agent", "accept-encoding", "accept", "host"}


@pytest.mark.parametrize("status", [408, 429, 599])
def test_request_to_a_busy_server_is_repeated(web: Web, status: int) -> None:
    web.server.on("/a.jpg", reply(b"busy", status), reply(b"busy", status), reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert web.server.count() == 3
    first, second = web.clock.waited
    assert 1 <= first <= 2 <= second <= 3
    assert web.outcomes() == ["fetched"]


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404])
def test_other_statuses_are_remembered_and_not_retried(web: Web, status: int) -> None:
    answer = head(status, Content_Type="image/jpeg", Content_Length=0)
    web.server.on("/a.jpg", answer, reply(b"poster"))
    for _ in range(2):
        error = failed(web)
        assert str(error) == f"HTTP {status}: {HOST} answered {status}, expected 200"
        assert error.temporary == (status in (401, 403))
    assert web.server.count() == len(web.rows()) == 1


NO_TIME = (
    "Fri, 31 Dec 99999999999 23:59:59 GMT",
    "Mon, 01 Jan 99999999 00:00:00 GMT",
    "Fri, 99 Foo 2100 99:99:99",
    "9" * 5000,
    "-5",
    "1.5",
    "\u00b2",
    "",
)


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7, 7),
        (lambda: formatdate(time() + 45, usegmt=True), 1, 46),
        *((nonsense, 1, 2) for nonsense in NO_TIME),
    ],
    ids=range(2 + len(NO_TIME)),
)
def test_retry_after_is_obeyed_or_ignored_if_it_is_nonsense(
    web: Web, retry_after: str | Callable[[], str], least: float, most: float
) -> None:
    value = retry_after if isinstance(retry_after, str) else retry_after()
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After=value), reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert least <= sum(web.clock.waited) <= most


@pytest.mark.parametrize("value", ["61", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_too_long_retry_after_ends_the_attempt(web: Web, value: str) -> None:
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After=value))
    error = failed(web)
    assert (error.reason, error.temporary) == ("HTTP 429", True)
    assert "asks to wait" in error.detail
    assert (web.server.count(), web.clock.waited) == (1, [])


def test_retry_after_applies_to_the_whole_host(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After="50"))
    web.server.on("/b.jpg", reply(b"poster"))
    archive = web.archive(retries=0)
    with pytest.raises(FetchFailed):
        get(archive)
    get(archive, url("/b.jpg"))
    assert web.clock.waited == [50]


def test_a_host_without_connection_is_given_up_after_three_addresses(web: Web) -> None:
    archive = web.archive(retries=1)
    web.server.server_close()
    for number in range(3):
        with pytest.raises(FetchFailed) as caught:
            get(archive, url(f"/{number}.jpg"))
        assert (caught.value.reason, caught.value.temporary) == ("no connection", True)
    waited = len(web.clock.waited)
    with pytest.raises(SiteUnreachable, match=r"movies\.test.*is there a network.*retry-failed"):
        get(archive, url("/4.jpg"))
    assert len(web.clock.waited) == waited
    assert web.outcomes() == ["passing"] * 3 + ["stopped"]
    assert web.left_over() == []


def test_an_answer_in_between_resets_the_count(web: Web) -> None:
    web.server.default = reply()
    fetcher = web.fetcher(retries=0)
    archive = Archive(web.folder, fetcher)
    for number in range(6):
        up = number % 3 == 2
        fetcher._connections.routes[HOST] = web.server.address if up else "http://127.0.0.1:1"
        with nullcontext() if up else pytest.raises(FetchFailed, match="no connection"):
            get(archive, url(f"/{number}.jpg"))


def test_only_the_target_of_a_redirect_is_given_up_if_it_gives_no_connection(web: Web) -> None:
    fetcher = web.fetcher(retries=1)
    fetcher._connections.routes[OTHER] = "http://127.0.0.1:1"
    archive = Archive(web.folder, fetcher)
    web.server.default = redirect(url("/b.jpg", OTHER))
    for number in range(3):
        with pytest.raises(FetchFailed, match=r"no connection: pictures\.test"):
            get(archive, url(f"/{number}.jpg"))
    assert web.server.count() == 3, "only the request that failed is repeated"
    with pytest.raises(SiteUnreachable, match=r"pictures\.test gave no connection"):
        get(archive, url("/3.jpg"))
    web.server.default = reply(b"poster")
    assert get(archive, url("/4.jpg")).read() == b"poster"


def test_a_missing_listing_ends_the_run_and_is_requested_by_the_next(web: Web) -> None:
    web.server.on("/list", reply(b"gone", 404), reply(b"list"))
    with pytest.raises(SourceError, match=r"HTTP 404.*What was fetched is kept"):
        get(web.archive(), url("/list"), ANYTHING, what="listing")
    assert web.outcomes() == ["stopped"]
    assert get(web.archive(), url("/list"), ANYTHING, what="listing").read() == b"list"


def test_closing_ends_a_wait_and_writes_nothing_about_the_address(web: Web) -> None:
    fetcher = Fetcher(
        [Site(HOST, 1, robots=False)],
        settings(),
        robots=web.folder,
        routes={HOST: web.server.address},
    )
    archive = Archive(web.folder, fetcher)
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After="59"))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, archive)
        web.server.wait_for(1)
        archive.close()
        with pytest.raises(FetchFailed, match="stopped"):
            waiting.result(PATIENCE)
    assert web.rows() == []
    assert web.left_over() == []
