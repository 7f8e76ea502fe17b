"""A small local server that answers like IMDb's data sets, suggestions and image host.

The default run and the tests ask it with the very client that asks IMDb, over HTTP, on a free port
of the loopback interface. Its host names end in `.invalid`, which no name server resolves (RFC
2606): what it serves can't be mistaken for IMDb's.
"""

import gzip
import json
import re
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from posters.errors import PosterRefused
from posters.files import sha256
from posters.images.imdb_addresses import REPLICA_IMAGE_HOST
from posters.sources.imdb import BASICS, RATINGS, Edition
from posters.sources.imdb_datasets import Film

DATASETS, SUGGESTIONS = "datasets.replica.invalid", "suggestions.replica.invalid"
IMAGES = REPLICA_IMAGE_HOST
HOSTS = (DATASETS, SUGGESTIONS, IMAGES)
# Films of the natural sample have so many votes at least, all others fewer.
NATURAL_VOTES = 1_000_000
_BASICS_HEADER = (
    "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres"
)
_RATINGS_HEADER = "tconst averageRating numVotes"
# As the real data sets, these hold much that is no film, and titles with bare quotes.
_OTHERS = (
    ("tt9800001", "tvEpisode", 'The "Quoted Episode', "0", "1950"),
    ("tt9800002", "short", "A Short Film", "0", "1950"),
    ("tt9800003", "movie", "A Film of No Known Year", "0", "\\N"),
    ("tt9800004", "movie", "Not for Children", "1", "1950"),
)


class Shelf(Protocol):
    """What a replica has to offer."""

    def films(self) -> Iterable[Film]:
        """All films, with votes that decide their order."""
        ...

    def key(self, imdb_id: str) -> str | None:
        """A name for a film's picture that changes with the picture; None when it has none."""
        ...

    def picture(self, imdb_id: str) -> bytes:
        """A film's picture file.

        Raises:
            PosterRefused: there is none.
        """
        ...


class Replica:
    """The server; runs in a thread of this process while the `with` block does.

    Args:
        shelf: what to serve.
        name: what the catalogue shall call it.

    Attributes:
        routes: for each of its hosts the server, for the fetcher.
        edition: what the `imdb` source has to ask; its addresses change with what is served.
    """

    def __init__(self, shelf: Shelf, name: str) -> None:
        self._shelf = shelf
        self._films = {film.imdb_id: film for film in shelf.films()}
        self._datasets = {
            BASICS: _basics(self._films.values()),
            RATINGS: _ratings(self._films.values()),
        }
        self._keys = {imdb_id: shelf.key(imdb_id) for imdb_id in self._films}
        # Whatever is answered decides the address it is asked at: an answer that was kept, to what
        # is no longer said, would be a second truth.
        keys = json.dumps(self._keys, sort_keys=True).encode()
        digest = sha256(b"".join([*self._datasets.values(), keys]))[:16]
        self.edition = Edition(
            name=name,
            attribution="",
            datasets=f"https://{DATASETS}/{digest}/",
            suggestions=f"https://{SUGGESTIONS}/{digest}/suggestion/x/",
        )
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.routes = dict.fromkeys(HOSTS, f"http://127.0.0.1:{self._server.server_port}")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, host: str, path: str) -> tuple[str, bytes] | None:
        """The media type and body for a path of a host; None for 404."""
        if path == "/robots.txt":
            return "text/plain", b"User-agent: *\nDisallow:\n"
        name = path.rpartition("/")[2]
        if host == DATASETS and name in self._datasets:
            return "application/gzip", self._datasets[name]
        if host == SUGGESTIONS and (film := self._films.get(name.removesuffix(".json"))):
            return "application/json", self._suggestion(film)
        if host == IMAGES:
            try:
                content = self._shelf.picture(name.partition("-")[0])
            except PosterRefused:
                return None
            return _media_type(content), content
        return None

    def _suggestion(self, film: Film) -> bytes:
        item: dict[str, object] = {"id": film.imdb_id, "l": film.title, "q": "feature"}
        item |= {"qid": "movie", "rank": 1, "s": "", "y": film.year}
        if key := self._keys[film.imdb_id]:
            address = f"https://{IMAGES}/images/M/{film.imdb_id}-{key}@._V1_.jpg"
            item["i"] = {"height": 1500, "imageUrl": address, "width": 1000}
        # A person, as the real answers hold them, comes first.
        person = {"id": "nm9800001", "l": "Somebody", "rank": 2, "s": "Actor"}
        return json.dumps({"d": [person, item], "q": film.imdb_id, "v": 1}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 would refuse connections when a whole pool comes at once.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, as it does when a run ends early, is no error of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(replica: Replica) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one packet: two would wait for each other's acknowledgement.
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            found = replica.answer(self.headers.get("Host", ""), urlsplit(self.path).path)
            media_type, body = found or ("text/plain", b"no such thing here\n")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """The client's ledger says what was asked."""

    return Handler


def _basics(films: Iterable[Film]) -> bytes:
    rows = [(film.imdb_id, "movie", film.title, "0", str(film.year)) for film in films]
    lines = [_BASICS_HEADER.replace(" ", "\t")]
    for imdb_id, kind, title, adult, year in sorted([*rows, *_OTHERS]):
        # A tab or a line end in a title would be another column or line: there the format has none.
        title = re.sub(r"[\t\r\n]", " ", title)
        lines.append("\t".join([imdb_id, kind, title, title, adult, year, *["\\N"] * 3]))
    return _gzip(lines)


def _ratings(films: Iterable[Film]) -> bytes:
    rows = sorted((film.imdb_id, film.votes) for film in films)
    lines = [_RATINGS_HEADER.replace(" ", "\t")]
    lines += [f"{imdb_id}\t6.1\t{votes}" for imdb_id, votes in rows]
    return _gzip(lines)


def _gzip(lines: list[str]) -> bytes:
    # Stored, not compressed: compressors differ between machines, and the digest must not.
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=0, mtime=0)


def _media_type(content: bytes) -> str:
    if content.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if content[8:12] == b"WEBP" else "image/jpeg"
