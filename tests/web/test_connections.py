"""No request goes to a host that is not allowed or not public."""

import contextlib
import itertools
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any

import pytest
from misbehaving_server import (
    HOST,
    PATIENCE,
    Clock,
    Web,
    get,
    ledger_rows,
    redirect,
    reply,
    settings,
    url,
)
from urllib3.exceptions import SSLError

from posters.errors import FetchFailed, ParamsError
from posters.web.archive import Archive
from posters.web.connections import refuse_private
from posters.web.exchange import failure
from posters.web.fetcher import Fetcher
from posters.web.ledger import LEDGER
from posters.web.request import Limits, Site


@pytest.mark.parametrize(
    ("location", "status"), [("b.jpg", 301), (url("/b.jpg", HOST.upper()), 307)]
)
def test_a_redirect_is_followed(web: Web, location: str, status: int) -> None:
    web.server.on("/a.jpg", redirect(location, status))
    web.server.on("/b.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"
    assert [request.path for request in web.server.requests] == ["/a.jpg", "/b.jpg"]
    assert [row["address"] for row in web.rows()] == [url()]


def test_a_redirect_may_contain_utf8(web: Web) -> None:
    web.server.on("/a.jpg", redirect("/Čapek.jpg".encode().decode("latin-1")))
    web.server.on("/%C4%8Capek.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"


def test_five_redirects_are_followed_at_most(web: Web) -> None:
    for hop in range(6):
        web.server.on(f"/{hop}", redirect(f"/{hop + 1}"))
    web.server.on("/6", reply(b"poster"))
    assert get(web.archive(), url("/1")).read() == b"poster"
    count = web.server.count()
    with pytest.raises(FetchFailed) as caught:
        get(web.archive(), url("/0"))
    assert (caught.value.reason, caught.value.temporary) == ("redirects", False)
    assert web.server.count() == count + 6


FORBIDDEN = {
    f"http://{HOST}/b.jpg": "address",
    "file:///etc/passwd": "address",
    f"https://somebody:password@{HOST}/": "address",
    f"https://{HOST}@evil.test/": "address",
    f"https://{HOST}:8443/": "address",
    "https://[broken/": "address",
    "https://127.0.0.1/": "other host",
    f"https://{HOST}.evil.test/": "other host",
    # Longer than a label, a host and any file name may be.
    f"https://{'a' * 64}.test/": "address",
    f"https://{'a.' * 130}test/": "address",
    f"https://\x1b{HOST}/": "address",
}


@pytest.mark.parametrize("redirected", [False, True])
@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_forbidden_address_is_never_requested(web: Web, address: str, redirected: bool) -> None:
    web.server.on("/a.jpg", redirect(address))
    with pytest.raises(FetchFailed) as caught:
        get(web.archive(), url() if redirected else address)
    assert (caught.value.reason, caught.value.temporary) == (FORBIDDEN[address], False)
    assert "password" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert web.server.count() == redirected
    assert web.left_over() == []


def test_the_case_of_a_host_makes_no_difference(web: Web) -> None:
    web.server.default = reply(b"poster")
    archive = web.archive(robots=True)
    for address in (url(), url("/b.jpg", "MOVIES.Test"), url("/c.jpg", f"{HOST}:443")):
        assert get(archive, address).read() == b"poster"
    assert web.server.count("/robots.txt") == 1


def test_a_server_on_this_machine_is_reached_without_a_proxy(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    web.server.on("/a.jpg", reply(b"poster"))
    assert get(web.archive()).read() == b"poster"


def receive_and_close(listening: socket.socket) -> bytes:
    """What the first connection sends."""
    listening.settimeout(PATIENCE)
    with listening:
        connection, _ = listening.accept()
        with connection:
            return connection.recv(1000)


@pytest.mark.parametrize(
    ("before", "authorization"),
    [("http://", b""), ("", b""), ("http://user:secret@", b"Basic dXNlcjpzZWNyZXQ=")],
)
def test_a_proxy_is_used_for_the_internet(
    unrouted: Archive, monkeypatch: pytest.MonkeyPatch, before: str, authorization: bytes
) -> None:
    proxy = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("https_proxy", f"{before}127.0.0.1:{proxy.getsockname()[1]}")
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(receive_and_close, proxy)
        with pytest.raises(FetchFailed, match="no connection"):
            get(unrouted)
    request = received.result()
    assert request.startswith(b"CONNECT movies.test:443 ")
    assert authorization in request


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:secret@",
        "http://user:secret@127.0.0.1:port",
        "http://user:secret@[::1",
        "http://user:sec/ret@127.0.0.1:1",
        "http://user:secret@127.0.0.1:99999",
        "http://user:se\u010dret@127.0.0.1:1",
        f"http://{'a' * 64}.test:1",
        "socks5://127.0.0.1:1",
    ],
)
def test_a_malformed_proxy_is_an_error_of_the_user(
    unrouted: Archive, monkeypatch: pytest.MonkeyPatch, proxy: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(ParamsError) as caught:
        get(unrouted)
    assert str(caught.value) == (
        "the environment variable https_proxy is not the address of an HTTP proxy: "
        "expected [http://][user:password@]host:port; correct or unset it"
    )
    assert ledger_rows(tmp_path / LEDGER) == []


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_unusable_file_of_certificates_is_an_error_of_the_user(
    web: Web, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    file = web.folder / "certificates.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with pytest.raises(ParamsError, match=r"REQUESTS_CA_BUNDLE names .*certificates\.pem, which"):
        web.archive()


def test_a_proxy_that_drips_is_given_up(unrouted: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.getsockname()[1]}")

    def drip() -> bool:
        """Whether the client hung up before the end."""
        with proxy, proxy.accept()[0] as connection, contextlib.suppress(ConnectionError):
            connection.settimeout(0.05)
            for byte in itertools.chain(b"HTTP/1.1 200 OK\r\nX: ", itertools.repeat(120, 40)):
                connection.send(bytes([byte]))
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1000):
                        return True
            return False
        return True

    with ThreadPoolExecutor(1) as pool:
        dripping = pool.submit(drip)
        with pytest.raises(FetchFailed, match=r"slow: not done in 0\.3 s"):
            get(unrouted, limits=Limits((), max_bytes=1000, seconds=0.3))
        assert dripping.result(PATIENCE)


PRIVATE = (
    "127.0.0.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254 192.0.2.1 "
    "224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1%eth0 fc00::1 fec0::1 ff0e::1 2001:db8::1 "
    "::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::a9fe:a9fe 2002:7f00:1:: ::ffff:0:127.0.0.1 "
    "64:ff9b:1::808:808 2001:0:7f00:1:: 2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:10.0.0.1"
)
PUBLIC = "8.8.8.8 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::"


def test_only_public_addresses_are_accepted() -> None:
    for address in PUBLIC.split():
        refuse_private(HOST, address)
    for address in PRIVATE.split():
        with pytest.raises(FetchFailed, match=r"movies\.test leads to the private address"):
            refuse_private(HOST, address)


@pytest.fixture
def unrouted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive that asks the real network."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    clock = Clock()
    sites = [Site(host, 1000, robots=False) for host in ("localhost", "127.0.0.1", HOST)]
    return Archive(
        tmp_path,
        Fetcher(sites, settings(), robots=tmp_path / "robots", clock=clock, sleep=clock.sleep),
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_allowed_host_on_this_machine_is_refused(unrouted: Archive, host: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(unrouted, url(host=host))
    assert (caught.value.reason, caught.value.temporary) == ("private address", False)


def test_a_name_that_resolves_to_a_private_address_later_is_refused(
    unrouted: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the one that is connected to is not."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    answers = [("93.184.216.34", 443), ("127.0.0.1", port)]

    def resolve(*args: Any, **keywords: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers.pop(0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(receive_and_close, listening)
        with pytest.raises(FetchFailed) as caught:
            get(unrouted)
    assert (caught.value.reason, caught.value.temporary) == ("private address", False)
    assert received.result() == b"", "the connection was made and closed, and nothing was sent"
    assert answers == []


def test_unknown_host_is_no_connection(unrouted: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: Any, **keywords: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(FetchFailed) as caught:
        get(unrouted)
    assert (caught.value.reason, caught.value.temporary) == ("no connection", True)
    assert HOST in caught.value.detail


def test_an_untrusted_certificate_is_no_connection() -> None:
    error = failure(SSLError(SSLCertVerificationError("with the whole address")), HOST)
    assert (error.reason, error.temporary, error.retry) == ("no connection", True, False)
    assert error.detail == "the certificate of movies.test is not trusted"
