"""A site's robots.txt is fetched once a day and obeyed; if it is unknown, nothing is requested."""

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from misbehaving_server import ANYTHING, HOST, OTHER, Web, get, redirect, reply, url

from posters.errors import FetchFailed, SiteUnreachable
from posters.web.archive import Archive, StoredAnswer

ROBOTS = "/robots.txt"
PRIVATE = "User-agent: *\nDisallow: /private"


@pytest.fixture(autouse=True)
def _pictures(web: Web) -> None:
    web.server.default = reply()


def plain(text: str | bytes, status: int = 200) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return reply(body, status, Content_Type="text/plain")


def request(web: Web, path: str = "/a.jpg", archive: Archive | None = None) -> StoredAnswer:
    return get(archive or web.archive(robots=True), url(path), ANYTHING)


def assert_forbidden(web: Web, path: str = "/private", archive: Archive | None = None) -> None:
    with pytest.raises(FetchFailed) as caught:
        request(web, path, archive)
    assert (caught.value.reason, caught.value.temporary) == ("robots.txt", False)
    assert web.outcomes()[-1] == "declined"
    assert web.server.count(path) == 0


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: *\nDisallow:\n\nUser-agent: Poster-Year\nDisallow: /\n",
        # "test" is in the contact of the user agent, not in its product name.
        "User-agent: *\nDisallow: /\n\nUser-agent: test\nAllow: /\n",
        # Of a huge file the first half megabyte is read.
        PRIVATE + "\n# much" * 100_000,
        "\ufeff" + PRIVATE.replace("\n", "\r\n"),
    ],
    ids=range(4),
)
def test_a_path_is_forbidden_however_the_rules_are_written(web: Web, text: str) -> None:
    web.server.on(ROBOTS, plain(text))
    assert_forbidden(web)


def test_a_crawl_delay_of_a_day_stops_the_site(web: Web) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nCrawl-delay: 86400\n"))
    with pytest.raises(SiteUnreachable, match="asks for 86400 s between two requests"):
        request(web)
    assert web.server.count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        plain(""),
        plain("no rules", 404),
        plain(b"\xff\xfe\x00 nonsense \x00"),
    ],
    ids=["empty", "404", "nonsense"],
)
def test_without_rules_everything_is_allowed(web: Web, answer: bytes) -> None:
    web.server.on(ROBOTS, answer)
    archive = web.archive(robots=True)
    request(web, "/a.jpg", archive)
    request(web, "/b.jpg", archive)
    assert web.server.count(ROBOTS) == 1


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (plain("", 500), 5),
        (reply(status=429, Retry_After=86400), 1),
        (plain("User-agent: *\nDisallow: /x")[:-5], 5),
        (redirect("https://evil.test/robots.txt"), 1),
        (redirect(ROBOTS), 6),
    ],
    ids=range(5),
)
def test_site_with_unknown_rules_gets_no_request(web: Web, answer: bytes, requests: int) -> None:
    web.server.on(ROBOTS, answer)
    archive = web.archive(robots=True)
    for path in ("/a.jpg", "/b.jpg"):
        with pytest.raises(SiteUnreachable, match=r"the rules of movies\.test are unknown"):
            request(web, path, archive)
    assert web.server.count(ROBOTS) == web.server.count() == requests
    assert web.outcomes() == ["stopped", "stopped"]
    web.server.on(ROBOTS, plain(""))
    request(web)


def test_an_address_with_half_a_character_is_refused(web: Web) -> None:
    """JSON may contain a lone surrogate, which UTF-8 can't encode."""
    with pytest.raises(FetchFailed, match=r"^address: "):
        request(web, "/\ud800.jpg")
    assert web.server.count() == 0


def test_rules_that_moved_are_found(web: Web) -> None:
    web.server.on(HOST + ROBOTS, redirect(url("/rules", OTHER)))
    web.server.on(f"{OTHER}/rules", plain(PRIVATE))
    archive = web.archive(robots=True)
    request(web, "/a.jpg", archive)
    assert_forbidden(web, archive=archive)
    assert web.server.count(HOST + ROBOTS) == 1


def test_rules_apply_to_the_target_of_a_redirect(web: Web) -> None:
    web.server.on(HOST + ROBOTS, plain(""))
    web.server.on(OTHER + ROBOTS, plain(PRIVATE))
    web.server.on("/a.jpg", redirect(url("/private", OTHER)))
    with pytest.raises(FetchFailed, match=r"robots\.txt: pictures\.test"):
        request(web)
    assert web.server.count("/private") == 0


def stored_rules(web: Web) -> Path:
    (path,) = (web.folder / "robots").iterdir()
    return path


@pytest.mark.parametrize(("hours", "requests"), [(0, 1), (-23.9, 1), (-24.1, 2), (1, 2)], ids=str)
def test_rules_are_fetched_once_a_day(web: Web, hours: float, requests: int) -> None:
    web.server.on(ROBOTS, plain(PRIVATE))
    request(web)
    content = json.loads(stored_rules(web).read_text())
    content["time"] = time.time() + hours * 3600
    stored_rules(web).write_text(json.dumps(content))
    assert_forbidden(web)
    assert web.server.count(ROBOTS) == requests


@pytest.mark.parametrize("content", [b"", b"{}", b'{"time": NaN}', b"\xff"])
def test_damaged_rules_are_fetched_again(web: Web, content: bytes) -> None:
    web.server.on(ROBOTS, plain(PRIVATE))
    request(web)
    stored_rules(web).write_bytes(content)
    assert_forbidden(web)
    assert web.server.count(ROBOTS) == 2


def test_a_crawl_delay_is_obeyed_at_its_host(web: Web) -> None:
    web.server.on(HOST + ROBOTS, plain("User-agent: *\nCrawl-delay: 7.0\n"))
    web.server.on(OTHER + ROBOTS, plain(""))
    archive = web.archive(robots=True)
    for number in range(5):
        get(archive, url(f"/{number}.jpg", OTHER))
    assert web.clock.waited == []
    times = []
    for number in range(5):
        request(web, f"/{number}.jpg", archive)
        times.append(web.clock.now)
    assert all(7 <= later - earlier <= 7 * 1.3 for earlier, later in pairwise(times))
