"""A key is sent to its own site only, and is in nothing that anybody reads."""

import logging
import traceback

import pytest
from misbehaving_server import HOST, OTHER, Web, get, redirect, reply, url

from posters.errors import PostersError, SiteBlocked
from posters.web.request import Secret

KEY = "s3cretk3y"
SECRET = Secret({"api_key": KEY}, {"Authorization": f"Bearer {KEY}"})


def test_a_key_is_sent_to_the_first_host_only(web: Web) -> None:
    web.server.on(f"/1?x=1&api_key={KEY}", redirect("/2"))
    web.server.on(f"/2?api_key={KEY}", redirect(url("/3", OTHER)))
    web.server.on("/3", redirect(url("/4")))
    web.server.on("/4", reply(b"poster"))
    assert get(web.archive(), url("/1?x=1"), secret=SECRET).read() == b"poster"
    first, second, third, fourth = web.server.requests
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{third} {fourth}"
    assert (third.host, third.path, fourth.host, fourth.path) == (OTHER, "/3", HOST, "/4")


@pytest.mark.parametrize(
    "answer",
    [
        None,  # the server is down
        reply(status=401),
        reply()[:-1],
        b"nonsense\r\n\r\n",
        redirect(f"https://{KEY}@{HOST}/b"),
        redirect(f"https://evil.test/b?api_key={KEY}"),
        redirect(f"https://[{KEY}/b?api_key={KEY}"),
        redirect(f"/a.jpg?api_key={KEY}"),
    ],
    ids=range(8),
)
def test_a_key_is_in_no_message_log_or_table(
    web: Web,
    answer: bytes | None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    if answer is None:
        web.server.server_close()
    else:
        web.server.default = answer
    with pytest.raises(PostersError) as caught:
        get(web.archive(retries=1), secret=SECRET)
    assert answer is None or KEY in str(web.server.requests[0]), "it was sent"
    assert web.left_over() == []
    error = caught.value
    written = [path.read_bytes() for path in web.folder.rglob("*.*")]
    assert any(b"movies.test/a.jpg" in content for content in written)
    shown = "".join(traceback.format_exception(error))
    assert KEY not in f"{written} {error} {error!r} {vars(error)} {shown}"
    assert KEY not in caplog.text + str([record.args for record in caplog.records])
    assert KEY not in "".join(capfd.readouterr())


def test_a_key_that_is_not_accepted_stops_the_site_until_the_next_run(web: Web) -> None:
    web.server.default = reply(b"{}", 401, Content_Type="application/json")
    archive = web.archive()
    for path in ("/1", "/2"):
        with pytest.raises(SiteBlocked, match="does not accept the key"):
            get(archive, url(path), secret=SECRET)
    assert web.server.count() == 1
    web.server.default = reply(b"poster")
    assert get(web.archive(), url("/1"), secret=SECRET).read() == b"poster"
