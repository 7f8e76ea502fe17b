"""A site's robots.txt is asked for once a day, and obeyed; where it can't be had, nothing is."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from misbehaving_server import (
    ANYTHING,
    HOST,
    OTHER,
    Answer,
    Web,
    get,
    head,
    opened,
    redirect,
    reply,
    url,
)

from posters.errors import FetchFailed, SiteBlocked, SiteUnreachable
from posters.web.archive import Archive, StoredAnswer

ROBOTS = "/robots.txt"
# Invented, in the manner of large sites.
RULES = """
# a comment
User-agent: *
Disallow: /search/name-text
Disallow: /*/list-of-*
Disallow: /title/tt*/quotes
Disallow: /private$
Disallow: /*.php$
Disallow: /b?*key=
Disallow: /%7Ejoe/
Allow: /search/name-text/help
Disallow:

User-agent: some-other-robot
Disallow: /
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with opened(tmp_path) as found:
        found.server.default = reply()
        yield found


def plain(text: str | bytes, status: int = 200) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return reply(body, status, Content_Type="text/plain")


def ask(web: Web, path: str = "/a.jpg", archive: Archive | None = None) -> StoredAnswer:
    return get(archive or web.archive(robots=True), url(path), ANYTHING)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/search/title", True),
        ("/search/name-text", False),
        ("/search/name-text/more", False),
        ("/search/name-text/help", True),
        ("/en/list-of-films", False),
        ("/list-of-films", True),
        ("/title/tt0000001/quotes?page=2", False),
        ("/title/tt0000001/", True),
        ("/private", False),
        ("/private/", True),
        ("/index.php", False),
        ("/index.php?x=1", True),
        ("/b?x=1&key=2", False),
        ("/b", True),
        ("/~joe/x", False),
    ],
)
def test_rules_are_obeyed(web: Web, path: str, allowed: bool) -> None:
    web.server.on(ROBOTS, plain(RULES))
    if allowed:
        ask(web, path)
    else:
        with pytest.raises(FetchFailed) as caught:
            ask(web, path)
        assert (caught.value.reason, caught.value.passing) == ("robots.txt", False)
        assert web.row()["outcome"] == "declined"
    assert web.server.count() == 1 + allowed
    assert web.left_over() == []


@pytest.mark.parametrize("name", ["poster-year", "Poster-Year", "POSTER-YEAR"])
def test_a_site_can_shut_out_this_very_program(web: Web, name: str) -> None:
    web.server.on(ROBOTS, plain(f"User-agent: *\nDisallow:\n\nUser-agent: {name}\nDisallow: /\n"))
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web)


def test_of_a_huge_file_the_first_half_megabyte_is_obeyed(web: Web) -> None:
    much = "\n# much" * 100_000
    web.server.on(ROBOTS, plain(f"User-agent: *\nDisallow: /private{much}\nDisallow: /a.jpg"))
    ask(web)
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web, "/private")


def test_whom_the_site_can_write_to_is_not_whom_it_makes_rules_for(web: Web) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nDisallow: /\n\nUser-agent: test\nAllow: /\n"))
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web)


def test_a_site_that_wants_to_be_asked_once_a_day_is_left_alone(web: Web) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nCrawl-delay: 86400\n"))
    with pytest.raises(SiteUnreachable, match="asks for 86400 s between two requests"):
        ask(web)
    assert web.server.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "\r\n".join(RULES.split("\n")),
        "\ufeffUser-agent: *\nDisallow: /private",
        RULES.upper().replace("TT", "tt"),
    ],
    ids=["carriage returns", "byte order mark", "capitals"],
)
def test_rules_are_read_however_they_are_spelt(web: Web, text: str) -> None:
    web.server.on(ROBOTS, plain(text))
    path = "/PRIVATE" if "/PRIVATE" in text else "/private"
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web, path)


@pytest.mark.parametrize(
    "answer",
    [
        plain(""),
        plain("no rules", 404),
        plain("no rules", 403),
        plain("no rules", 410),
        plain("no rules", 401),
        plain("no rules", 451),
        plain(b"\xff\xfe\x00 nonsense \x00"),
        plain("<html>a page of its own for what is missing</html>"),
        plain("User-agent: *\nDisallow:\n"),
    ],
    ids=["empty", "404", "403", "410", "401", "451", "nonsense", "page", "nothing"],
)
def test_without_rules_everything_is_allowed(web: Web, answer: bytes) -> None:
    web.server.on(ROBOTS, answer)
    archive = web.archive(robots=True)
    ask(web, "/a.jpg", archive)
    ask(web, "/b.jpg", archive)
    assert web.server.count(ROBOTS) == 1


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (plain("", 500), 5),
        (plain("", 503), 5),
        (plain("", 429), 5),
        (b"", 5),
        (plain("User-agent: *\nDisallow: /x")[:-5], 5),
        (redirect("https://evil.test/robots.txt"), 1),
        (redirect("http://movies.test/robots.txt"), 1),
        (redirect(ROBOTS), 6),
    ],
    ids=range(8),
)
def test_where_the_rules_cant_be_had_nothing_is_asked(
    web: Web, answer: bytes, requests: int
) -> None:
    web.server.on(ROBOTS, answer)
    archive = web.archive(robots=True)
    for path in ("/a.jpg", "/b.jpg"):
        with pytest.raises(SiteUnreachable, match=r"the rules of movies\.test are unknown"):
            ask(web, path, archive)
    assert web.server.count(ROBOTS) == web.server.count() == requests
    assert [row["outcome"] for row in web.rows()] == ["stopped", "stopped"]
    web.server.on(ROBOTS, plain(""))
    ask(web)


@pytest.mark.parametrize(
    "answer",
    [
        plain("", 202),
        plain("gokuProps", 202),
        plain("", 405),
        reply(b"<html>window.gokuProps = {}", Content_Type="text/html"),
        head(200, x_amzn_waf_action="challenge", Content_Length=0),
    ],
    ids=range(5),
)
def test_a_firewall_before_the_rules_blocks_the_site(web: Web, answer: Answer) -> None:
    web.server.on(ROBOTS, answer)
    archive = web.archive(robots=True)
    for path in ("/a.jpg", "/b.jpg"):
        with pytest.raises(SiteBlocked):
            ask(web, path, archive)
    assert web.server.count() == 1


@pytest.mark.parametrize(
    "location", ["/about/robots", "/en/robots.txt", url(ROBOTS, OTHER), url("/rules", OTHER)]
)
def test_rules_that_moved_are_found(web: Web, location: str) -> None:
    target = location.replace("https://", "") if "//" in location else HOST + location
    web.server.on(HOST + ROBOTS, redirect(location))
    web.server.on(target, plain("User-agent: *\nDisallow: /private"))
    archive = web.archive(robots=True)
    ask(web, "/a.jpg", archive)
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web, "/private", archive)
    assert web.server.count(HOST + ROBOTS) == 1


def test_a_redirect_leads_past_no_rule(web: Web) -> None:
    web.server.on(HOST + ROBOTS, plain(""))
    web.server.on(OTHER + ROBOTS, plain("User-agent: *\nDisallow: /private"))
    web.server.on("/a.jpg", redirect(url("/private", OTHER)))
    with pytest.raises(FetchFailed, match=r"robots\.txt: pictures\.test"):
        ask(web)
    assert web.server.count("/private") == 0


def test_rules_are_asked_for_once_by_many_threads_and_for_each_host_alone(web: Web) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nDisallow:"))
    archive = web.archive(robots=True)
    with ThreadPoolExecutor(8) as pool:
        addresses = [url(f"/{n}.jpg", host) for n in range(8) for host in (HOST, OTHER)]
        list(pool.map(lambda address: get(archive, address), addresses))
    assert web.server.count(HOST + ROBOTS) == web.server.count(OTHER + ROBOTS) == 1


def test_a_site_that_is_no_page_for_readers_is_asked_without(web: Web) -> None:
    ask(web, "/a.jpg", web.archive(robots=False))
    assert web.server.count(ROBOTS) == 0


def kept(web: Web) -> Path:
    return web.folder / "robots" / f"{HOST}.json"


@pytest.mark.parametrize(
    ("hours", "requests"), [(0, 1), (-23.9, 1), (-24.1, 2), (-1000, 2), (1, 2)], ids=str
)
def test_rules_are_asked_for_once_a_day(web: Web, hours: float, requests: int) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nDisallow: /private"))
    ask(web)
    found = json.loads(kept(web).read_text())
    found["time"] = time.time() + hours * 3600
    kept(web).write_text(json.dumps(found))
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web, "/private")
    assert web.server.count(ROBOTS) == requests


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"time": "now", "text": ""}', '{"time": NaN}', "\ud800"],
)
def test_kept_rules_that_are_damaged_are_asked_for_again(web: Web, content: str) -> None:
    web.server.on(ROBOTS, plain("User-agent: *\nDisallow: /private"))
    ask(web)
    kept(web).write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        ask(web, "/private")
    assert web.server.count(ROBOTS) == 2


@pytest.mark.parametrize("name", ["*", "poster-year"])
def test_a_delay_that_the_site_wants_is_obeyed(web: Web, name: str) -> None:
    web.server.on(ROBOTS, plain(f"User-agent: {name}\nCrawl-delay: 7.0\n"))
    archive = web.archive(robots=True)
    times = []
    for number in range(5):
        ask(web, f"/{number}.jpg", archive)
        times.append(web.clock.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(7 <= gap <= 7 * 1.3 for gap in gaps)


def test_a_delay_holds_for_its_host_alone(web: Web) -> None:
    web.server.on(HOST + ROBOTS, plain("User-agent: *\nCrawl-delay: 7\n"))
    web.server.on(OTHER + ROBOTS, plain(""))
    archive = web.archive(robots=True)
    for number in range(5):
        get(archive, url(f"/{number}.jpg", OTHER))
    assert web.clock.waited == []
