"""A run that gathers posters in a process of its own, made to be killed (see test_resume.py).

Its only argument has the arguments of `gather` as JSON; the result is `result.json` in the folder.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sites import params_with

from posters.catalogue.movie_table import Movie
from posters.errors import FetchFailed, PosterRefused
from posters.files import sha256
from posters.params import FetchParams
from posters.sources.imdb import Endpoints, ImdbSource
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

THREADS = 4


def gather(
    folder: str, server: str, hosts: list[str], endpoints: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Fetch the poster of each movie, several at a time."""
    fetcher = Fetcher(
        [Site(host, 1, THREADS) for host in hosts],
        FetchParams(**settings),
        robots=Path(folder, "robots"),
        routes=dict.fromkeys(hosts, server),
    )
    params = params_with(fetch=settings, scrape={"first_year": 1950, "last_year": 1951})
    source = ImdbSource(Archive(Path(folder), fetcher), params, Endpoints(**endpoints))

    def poster(movie: Movie) -> str:
        try:
            return sha256(source.poster(movie).content)
        except (FetchFailed, PosterRefused) as error:
            return str(error)

    movies = list(source.initial())
    with ThreadPoolExecutor(THREADS) as pool:
        posters = dict(zip([m.imdb_id for m in movies], pool.map(poster, movies), strict=True))
    result = {"posters": posters, **source.describe()}
    Path(folder, "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    gather(**json.loads(sys.argv[1]))
