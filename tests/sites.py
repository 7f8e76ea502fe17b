"""A local server that stands in for web sites and counts the requests, and sources that use it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import misbehaving_server
from misbehaving_server import Responder, Server, reply
from requests.structures import CaseInsensitiveDict
from small_pictures import encoded, picture

from posters.catalogue.source_protocol import Source
from posters.params import FetchParams, Params, load_params
from posters.sources.web_source import WebSource
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

AnySource = TypeVar("AnySource", bound=WebSource)
POSTER = encoded(picture(1), "JPEG")
Content = str | bytes | int
"""A body, or the status of a failure."""


class Sites(Server):
    """Answers by address or by path from `content`; others with 404. Every robots.txt is empty.

    `counts` is the number of requests for each address but robots.txt, `headers` the last ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[str, Content] = {"/robots.txt": ""}
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


@contextmanager
def opened(
    source: type[AnySource],
    sites: Sites,
    folder: Path,
    pages: Path | None = None,
    **scrape: int,
) -> Iterator[AnySource]:
    """A source with the years 1950 to 1952, whose hosts are all served by `sites`."""
    params = params_with(
        fetch=dict(settings()),
        scrape={"first_year": 1950, "last_year": 1952, "seed": 1, **scrape},
        source={"pages": pages and str(pages), "min_votes": 100},
    )
    with sites.archive(folder, source.sites(settings())) as archive:
        yield source(archive, params)


def listed_alike(source: Source, years: Iterable[int] = range(1950, 1953)) -> list[str]:
    """The ids of all movies in the order of the source, which is the same for every origin."""
    movies = list(source.initial())
    for year in years:
        assert list(source.candidates(year)) == [movie for movie in movies if movie.year == year]
    return [movie.imdb_id for movie in movies]
