"""What is asked for again, when, and how often; and when a host is given up."""

from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from threading import Thread
from time import time

import pytest
from misbehaving_server import (
    ANYTHING,
    HOST,
    PATIENCE,
    Web,
    failed,
    get,
    head,
    opened,
    reply,
    settings,
    url,
)

from posters.errors import FetchFailed, SiteUnreachable, SourceError
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        yield found


def test_an_answer_is_kept_with_its_date_and_written_down(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"poster", Last_Modified="Mon, 01 Jan 2001 00:00:00 GMT"))
    held = get(web.archive())
    assert held.read() == b"poster"
    assert held.modified == "Mon, 01 Jan 2001 00:00:00 GMT"
    row = web.row()
    assert (row["outcome"], row["bytes"], row["sha256"]) == ("fetched", 6, held.sha256)
    assert web.left_over() == []


def test_the_server_is_told_who_asks_and_what_is_expected(web: Web) -> None:
    web.server.on("/a.jpg", reply())
    get(web.archive())
    headers = web.server.asked[0].headers
    assert headers["user-agent"] == "poster-year/0.1.0 (+tests@example.org)"
    assert headers["accept-encoding"] == "identity"
    assert headers["accept"].startswith("image/jpeg, ")
    assert headers["host"] == HOST
    assert set(headers) == {"user-agent", "accept-encoding", "accept", "host"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 599])
def test_what_may_pass_is_asked_for_again(web: Web, status: int) -> None:
    web.server.on("/a.jpg", reply(b"busy", status), reply(b"busy", status), reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert web.server.count() == 3
    first, second = web.clock.waited
    assert 1 <= first <= 2 <= second <= 3
    assert [row["outcome"] for row in web.rows()] == ["fetched"]


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_retries_end(web: Web, retries: int) -> None:
    web.server.on("/a.jpg", reply(b"busy", 503))
    error = failed(web, retries=retries)
    assert (error.reason, error.passing) == ("HTTP 503", True)
    assert web.server.count() == 1 + retries
    assert len(web.clock.waited) == retries


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410, 451])
def test_what_a_retry_will_not_change_is_asked_for_once(web: Web, status: int) -> None:
    web.server.on("/a.jpg", head(status, Content_Type="image/jpeg", Content_Length=0))
    error = failed(web)
    assert (error.reason, error.passing) == (f"HTTP {status}", status in (401, 403))
    assert web.server.count() == 1


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        (" 60 ", 60, 60),
        ("0", 0, 0),
        (lambda: formatdate(time() + 45, usegmt=True), 0, 46),
        (lambda: formatdate(time() - 45, usegmt=True), 0, 0),
        ("soon", 1, 2),
        ("-3", 1, 2),
        ("9" * 5000, 1, 2),
        ("Mon, 01 Jan 99999999 00:00:00 GMT", 1, 2),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else None,
)
def test_a_server_is_waited_for_as_long_as_it_asks(
    web: Web, said: str | Callable[[], str], least: float, most: float
) -> None:
    value = said if isinstance(said, str) else said()
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After=value), reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert least <= sum(web.clock.waited) <= most
    if most == 46:
        assert sum(web.clock.waited) > 0, "the date was not understood"


@pytest.mark.parametrize("said", ["61", "86400", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_server_that_asks_for_too_long_a_wait_is_left_alone(web: Web, said: str) -> None:
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After=said))
    error = failed(web)
    assert (error.reason, error.passing) == ("HTTP 429", True)
    assert "asks to wait" in error.detail
    assert (web.server.count(), web.clock.waited) == (1, [])


def test_a_host_that_asks_for_a_wait_is_left_alone_for_other_addresses_too(web: Web) -> None:
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After="50"))
    web.server.on("/b.jpg", reply(b"poster"))
    archive = web.archive(retries=0)
    with pytest.raises(FetchFailed):
        get(archive)
    get(archive, url("/b.jpg"))
    assert web.clock.waited == [50]


def test_a_server_that_is_down_stops_its_host_after_three_addresses(web: Web) -> None:
    archive = web.archive(retries=1)
    web.server.server_close()
    for number in range(3):
        with pytest.raises(FetchFailed) as caught:
            get(archive, url(f"/{number}.jpg"))
        assert (caught.value.reason, caught.value.passing) == ("no connection", True)
    waited = len(web.clock.waited)
    with pytest.raises(SiteUnreachable, match=r"movies\.test.*is there a network.*retry-failed"):
        get(archive, url("/4.jpg"))
    assert len(web.clock.waited) == waited
    assert [row["outcome"] for row in web.rows()] == ["passing"] * 3 + ["stopped"]
    assert web.left_over() == []


def test_an_answer_in_between_shows_that_a_host_is_up(web: Web) -> None:
    web.server.on("/up.jpg", reply())
    fetcher = web.fetcher(retries=0)
    address = web.server.address
    for number in range(6):
        fetcher._connections.routes[HOST] = address if number % 3 == 2 else "http://127.0.0.1:1"
        if number % 3 == 2:
            get(Archive(web.folder / str(number), fetcher), url("/up.jpg"))
        else:
            with pytest.raises(FetchFailed, match="no connection"):
                get(Archive(web.folder / str(number), fetcher))


def test_without_its_listing_a_run_ends_and_the_next_one_asks_again(web: Web) -> None:
    web.server.on("/list", reply(b"gone", 404), reply(b"list"))
    with pytest.raises(SourceError, match=r"HTTP 404.*What was fetched is kept"):
        get(web.archive(), url("/list"), ANYTHING, what="listing")
    assert web.row()["outcome"] == "stopped"
    assert get(web.archive(), url("/list"), ANYTHING, what="listing").read() == b"list"


def test_who_closes_the_fetcher_ends_what_waits_and_says_nothing_about_the_address(
    web: Web,
) -> None:
    fetcher = Fetcher(
        [Site(HOST, 1, robots=False)],
        settings(),
        robots=web.folder,
        routes={HOST: web.server.address},
    )
    archive = Archive(web.folder, fetcher)
    web.server.on("/a.jpg", reply(b"busy", 429, Retry_After="59"))
    errors: list[FetchFailed] = []

    def ask() -> None:
        try:
            get(archive)
        except FetchFailed as error:
            errors.append(error)

    thread = Thread(target=ask)
    thread.start()
    web.server.wait_for(1)
    archive.close()
    thread.join(PATIENCE)
    assert [error.reason for error in errors] == ["stopped"]
    assert web.rows() == []
    assert web.left_over() == []
