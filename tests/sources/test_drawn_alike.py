"""Better-known films may have other posters: no origin gets more of them than another."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from memory_source import encoded, make_gatherer, picture
from parts import part_of
from PIL import Image, ImageStat
from sites import settings

from posters.catalogue.entries import Entry
from posters.catalogue.gathering import gather_initial
from posters.catalogue.rebalancing import Rebalanced, rebalance
from posters.evaluation.origin_check import check_origin
from posters.params import RebalanceParams, load_params
from posters.sources.imdb import ImdbSource
from posters.sources.imdb_datasets import RatedMovie
from posters.sources.local_imdb import HOSTS, LocalImdb, serve
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

YEARS = range(1950, 1960)
OBSCURE_YEAR = 1959
FILMS, RESERVE, T = 70, 4, 40
Gathered = tuple[list[Entry], Rebalanced]


class BrighterWithVotes:
    """Films of which those with more votes have brighter posters; one year has few known films."""

    def __init__(self) -> None:
        self._votes = {
            f"tt{year}{rank:04d}": 2 * rank if year == OBSCURE_YEAR and rank < 50 else 20 * rank
            for year in YEARS
            for rank in range(FILMS)
        }

    def movies(self) -> Iterable[RatedMovie]:
        for imdb_id, votes in self._votes.items():
            yield RatedMovie(imdb_id, f"Film {imdb_id}", int(imdb_id[2:6]), votes)

    def picture_key(self, imdb_id: str) -> str:
        return imdb_id

    def picture(self, imdb_id: str) -> bytes:
        white = Image.new("RGB", (80, 120), "white")
        brightness = self._votes[imdb_id] / (30 * FILMS)
        return encoded(Image.blend(picture(int(imdb_id[2:])), white, brightness), "JPEG")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gathered")


@pytest.fixture(scope="module")
def gathered(folder: Path) -> Iterator[Gathered]:
    """The initial catalogue, the reserve and the top-up, from films with at least 100 votes."""
    params = load_params()
    scrape = {"first_year": YEARS[0], "last_year": YEARS[-1]}
    params = params.model_copy(update={"scrape": params.scrape.model_copy(update=scrape)})
    sites = [Site(host, 1, 4) for host in HOSTS]
    local_imdb = LocalImdb(BrighterWithVotes(), "test")
    with serve(local_imdb) as routes:
        fetcher = Fetcher(sites, settings(), robots=folder / "robots", routes=routes)
        with closing(Archive(folder / "web", fetcher)) as archive:
            source = ImdbSource(archive, params, local_imdb.endpoints)
            with make_gatherer(source, folder) as gatherer:
                initial, _ = gather_initial(gatherer, 20 * len(YEARS))
                years = [entry.year for entry in initial]
                targets = RebalanceParams(t=T, before=YEARS[-1] + 1, reserve=RESERVE)
                yield initial, rebalance(gatherer, years, YEARS, targets)


def brightness(folder: Path, entry: Entry) -> float:
    with Image.open(folder / entry.file) as poster:
        return ImageStat.Stat(poster.convert("L")).mean[0]


def test_brightness_does_not_tell_the_origin(folder: Path, gathered: Gathered) -> None:
    initial, (reserve, topup, _, _) = gathered
    for some, others in ((initial, [*reserve, *topup]), (reserve, topup), (initial, reserve)):
        entries = [*some, *others]
        vectors = np.array([[brightness(folder, entry)] for entry in entries], np.float32)
        is_first = np.arange(len(entries)) < len(some)
        part = part_of([entry.year for entry in entries], initial=is_first, vectors=vectors)
        found = check_origin(part, seed=0)
        assert found["chance_low"] <= found["auc"] <= found["chance_high"]


def test_year_with_few_known_films_stays_short(gathered: Gathered) -> None:
    initial, result = gathered
    entries = [*initial, *result.reserve, *result.topup]
    known = {movie.imdb_id for movie in BrighterWithVotes().movies() if movie.votes >= 100}
    assert {entry.imdb_id for entry in entries} <= known
    of_year = [entry for entry in entries if entry.year == OBSCURE_YEAR]
    assert len(of_year) == sum(int(imdb_id[2:6]) == OBSCURE_YEAR for imdb_id in known)
    assert result.topup_short == {OBSCURE_YEAR: T + RESERVE - len(of_year)}
