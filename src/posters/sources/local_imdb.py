"""A local server that stands in for IMDb's data sets, suggestions and image host.

The default source and the tests access it over HTTP, on a free port of the loopback interface,
with the same client as the real IMDb. Its host names end in `.invalid`, which no name server
resolves (RFC 2606), so its answers can't be mistaken for IMDb's.
"""

import contextlib
import gzip
import json
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from posters.catalogue.movie_table import Movie
from posters.errors import PosterRefused
from posters.files import sha256
from posters.images.imdb_addresses import REPLICA_IMAGE_HOST
from posters.params import Params
from posters.sources.imdb import Endpoints, ImdbSource
from posters.sources.imdb_datasets import BASICS, RATINGS, RatedMovie
from posters.sources.web_source import seeded_order
from posters.web.archive import Archive

DATASETS, SUGGESTIONS = "datasets.replica.invalid", "suggestions.replica.invalid"
IMAGES = REPLICA_IMAGE_HOST
HOSTS = (DATASETS, SUGGESTIONS, IMAGES)
# Movies of the natural sample have at least this many votes, all others fewer.
NATURAL_VOTES = 1_000_000
_BASICS_HEADER = (
    "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres"
)
_RATINGS_HEADER = "tconst averageRating numVotes"
# The real data sets contain such rows too: other kinds of titles, and titles with bare quotes.
_OTHER_ROWS = (
    ("tt9800001", "tvEpisode", 'The "Quoted Episode', "0", "1950"),
    ("tt9800002", "short", "A Short Film", "0", "1950"),
    ("tt9800003", "movie", "A Film of No Known Year", "0", "\\N"),
    ("tt9800004", "movie", "Not for Children", "1", "1950"),
)


class LocalImdbSource(ImdbSource):
    """Movies of the local server, whose catalogue has two lists where IMDb has one.

    Votes express no more than the list and the place in it. The order is random already: it does
    not depend on what the posters show.
    """

    def __init__(self, archive: Archive, params: Params, endpoints: Endpoints) -> None:
        super().__init__(archive, params, endpoints)
        self._min_votes = 0

    def initial(self) -> Iterator[Movie]:
        """Movies of the natural sample in a seeded random order."""
        rated, _ = self._contents
        natural = (each.movie for each in rated if each.votes >= NATURAL_VOTES)
        return iter(seeded_order(natural, self._params.scrape.seed))

    def candidates(self, year: int) -> Iterator[Movie]:
        """Movies of one year in the order of the catalogue."""
        rated, _ = self._contents
        of_year = (each for each in rated if each.year == year)
        return (each.movie for each in sorted(of_year, key=lambda each: -each.votes))


class ServedCatalogue(Protocol):
    """The movies and posters that the local server serves."""

    def movies(self) -> Iterable[RatedMovie]:
        """All movies, with votes that give their order."""

    def picture_key(self, imdb_id: str) -> str | None:
        """A string that changes with the movie's picture; None when it has none."""

    def picture(self, imdb_id: str) -> bytes:
        """The file of a movie's picture; raises `PosterRefused` when there is none."""


class LocalImdb:
    """The answers of the local server.

    Args:
        catalogue: the movies and posters.
        name: the name of the source in the catalogue.

    Attributes:
        endpoints: for `ImdbSource`; the addresses change with the answers, so that the archive
            never returns an outdated answer.
    """

    def __init__(self, catalogue: ServedCatalogue, name: str) -> None:
        self._catalogue = catalogue
        self._movies = {movie.imdb_id: movie for movie in catalogue.movies()}
        movies = self._movies.values()
        titles = [(movie.imdb_id, "movie", movie.title, "0", str(movie.year)) for movie in movies]
        self._datasets = {
            BASICS: _dataset(_BASICS_HEADER, map(_basics_row, [*titles, *_OTHER_ROWS])),
            RATINGS: _dataset(_RATINGS_HEADER, ((m.imdb_id, "6.1", str(m.votes)) for m in movies)),
        }
        self._keys = {imdb_id: catalogue.picture_key(imdb_id) for imdb_id in self._movies}
        keys = json.dumps(self._keys, sort_keys=True).encode()
        digest = sha256(b"".join([*self._datasets.values(), keys]))[:16]
        self.endpoints = Endpoints(
            name=name,
            attribution="",
            datasets=f"https://{DATASETS}/{digest}/",
            suggestions=f"https://{SUGGESTIONS}/{digest}/suggestion/x/",
        )

    def answer(self, host: str, path: str) -> tuple[str, bytes] | None:
        """The media type and body for a path of a host; None for 404."""
        if path == "/robots.txt":
            return "text/plain", b"User-agent: *\nDisallow:\n"
        name = path.rpartition("/")[2]
        if host == DATASETS and name in self._datasets:
            return "application/gzip", self._datasets[name]
        if host == SUGGESTIONS and (movie := self._movies.get(name.removesuffix(".json"))):
            return "application/json", self._suggestion(movie)
        imdb_id = name.partition("-")[0]
        if host == IMAGES and imdb_id in self._movies:
            with contextlib.suppress(PosterRefused):
                return "image/jpeg", self._catalogue.picture(imdb_id)  # as all names end in .jpg
        return None

    def _suggestion(self, movie: RatedMovie) -> bytes:
        item: dict[str, object] = {"id": movie.imdb_id, "l": movie.title, "q": "feature"}
        item |= {"qid": "movie", "rank": 1, "s": "", "y": movie.year}
        if key := self._keys[movie.imdb_id]:
            address = f"https://{IMAGES}/images/M/{movie.imdb_id}-{key}@._V1_.jpg"
            item["i"] = {"height": 1500, "imageUrl": address, "width": 1000}
        # Real suggestions contain people too.
        person = {"id": "nm9800001", "l": "Somebody", "rank": 2, "s": "Actor"}
        return json.dumps({"d": [person, item], "q": movie.imdb_id, "v": 1}).encode()


@contextlib.contextmanager
def serve(local_imdb: LocalImdb) -> Iterator[dict[str, str]]:
    """Run the server in a thread while the `with` block runs; yields its address for each host."""
    server = _Server(("127.0.0.1", 0), partial(_Handler, local_imdb))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield dict.fromkeys(HOSTS, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 refuses connections when all threads of a run connect at once.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect, as they do when a run ends early."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Send headers and body in one packet: two would wait for each other's acknowledgement.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def __init__(self, local_imdb: LocalImdb, *arguments: Any) -> None:
        self._local_imdb = local_imdb
        super().__init__(*arguments)

    def do_GET(self) -> None:
        found = self._local_imdb.answer(self.headers.get("Host", ""), urlsplit(self.path).path)
        media_type, body = found or ("text/plain", b"not found\n")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The client's ledger records the requests."""


def _basics_row(row: tuple[str, str, str, str, str]) -> tuple[str, ...]:
    imdb_id, title_type, title, adult, year = row
    return imdb_id, title_type, title, title, adult, year, "\\N", "\\N", "\\N"


def _dataset(header: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    lines = [header.replace(" ", "\t"), *("\t".join(row) for row in sorted(rows))]
    # Stored, not compressed: compressors differ between machines, and the digest must not.
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=0, mtime=0)
