"""A local server that stands in for web sites and counts the requests."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import misbehaving_server
from misbehaving_server import Responder, Server, reply
from requests.structures import CaseInsensitiveDict

from posters.params import FetchParams, Params, load_params
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

Content = str | bytes | int
"""A body, or the status of a failure."""


class Sites(Server):
    """Answers by address or by path from `content`; others with 404. Every robots.txt is empty.

    `counts` is the number of requests for each address but robots.txt, `headers` the last ones.
    """

    def __init__(self, content: Mapping[str, Content]) -> None:
        super().__init__()
        self.content = {"/robots.txt": "", **content}
        self.counts: Counter[str] = Counter()
        self.headers: dict[str, Mapping[str, str]] = {}
        self.default = self._answer

    @contextmanager
    def archive(self, folder: Path, sites: list[Site]) -> Iterator[Archive]:
        """An archive for sites that this server stands in for."""
        routes = {site.host: self.address for site in sites}
        fetcher = Fetcher(sites, settings(), robots=folder / "robots", routes=routes)
        with closing(Archive(folder, fetcher)) as archive:
            yield archive

    def _answer(self, responder: Responder) -> None:
        request = responder.request
        address = f"https://{request.host}{request.path}"
        if request.path != "/robots.txt":
            self.counts[address] += 1
            self.headers[address] = CaseInsensitiveDict(request.headers)
        found = self.content.get(address, self.content.get(request.path, 404))
        status, body = (found, b"") if isinstance(found, int) else (200, found)
        content = body.encode() if isinstance(body, str) else body
        responder.send(reply(content, status, Content_Type=media_type(content)))


def media_type(content: bytes) -> str:
    if content.startswith((b"{", b"[")):
        return "application/json"
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/png" if content.startswith(b"\x89PNG") else "text/html; charset=utf-8"


def params_with(**sections: Mapping[str, object]) -> Params:
    """The committed parameters with other values: `params_with(scrape={"movies": 9})`."""
    params = load_params()
    changed = {
        name: getattr(params, name).model_copy(update=values) for name, values in sections.items()
    }
    return params.model_copy(update=changed)


def settings(**changed: object) -> FetchParams:
    """The committed settings, with a contact and without retries."""
    return misbehaving_server.settings(**{"retries": 0, **changed})
