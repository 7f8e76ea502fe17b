"""Web sites of a test: a real local server that stands in for any hosts, and counts."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from posters.params import FetchParams, load_params
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

Content = str | bytes | int
"""A body, or a status to fail with."""


class Sites:
    """Answers by host and path; what is not listed is a 404, robots.txt is open to all.

    Attributes:
        asked: how often each address was asked for, robots.txt left aside.
        headers: of the last request for each address.
    """

    def __init__(self, content: Mapping[str, Content]) -> None:
        self.content = {"/robots.txt": "", **content}
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, Mapping[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def archive(self, folder: Path, sites: list[Site]) -> Iterator[Archive]:
        """An archive whose sites are all answered from here."""
        routes = {site.host: self.address for site in sites}
        fetcher = Fetcher(sites, settings(), robots=folder / "robots", routes=routes)
        archive = Archive(folder, fetcher)
        try:
            yield archive
        finally:
            archive.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sites = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def do_GET(self) -> None:
                address = f"https://{self.headers['Host']}{self.path}"
                if self.path != "/robots.txt":
                    sites.asked[address] += 1
                    sites.headers[address] = dict(self.headers)
                found = sites.content.get(address, sites.content.get(self.path, 404))
                status, body = (found, b"") if isinstance(found, int) else (200, found)
                content = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                self.send_header("Content-Type", media_type(self.path, content))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def media_type(path: str, content: bytes) -> str:
    if content.startswith((b"{", b"[")):
        return "application/json"
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/png" if content.startswith(b"\x89PNG") else "text/html; charset=utf-8"


def settings(**values: object) -> FetchParams:
    """The committed settings, but that a failure is not tried again."""
    changed = {"contact": "test@example.org", "retries": 0, **values}
    return load_params().fetch.model_copy(update=changed)
