"""Years are topped up to t with different movies, and the reserve does not depend on t."""

from collections import Counter
from pathlib import Path

import pytest
from memory_source import (
    BEFORE,
    HTML,
    LANDSCAPE,
    TOO_SMALL,
    YEARS,
    MemorySource,
    make_gatherer,
    plentiful_source,
    topped_up,
)
from small_pictures import encoded, picture

from posters.catalogue.entries import Entry
from posters.catalogue.rebalancing import rebalance, summarise
from posters.params import RebalanceParams


def count_by_year(entries: list[Entry]) -> Counter[int]:
    return Counter(entry.year for entry in entries)


def test_refused_posters_are_skipped_until_t_is_reached(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1, None, HTML, TOO_SMALL, 2, LANDSCAPE, 1, 3, 4, 5, 6)
    _, result, gatherer = topped_up(source, tmp_path, t=3, reserve=1)
    assert [entry.imdb_id for entry in result.reserve] == ["tt0000001"]
    assert [entry.imdb_id for entry in result.topup] == ["tt0000005", "tt0000008", "tt0000009"]
    assert 1990 not in result.topup_short
    assert len(gatherer.refusals) == 5
    assert len(source.fetched) == 9, "no more posters are fetched than needed"


def test_missing_movies_are_counted_by_year(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *range(10))
    source.add(1991, *range(10, 14), None)
    source.add(1992, 14)
    _, result, _ = topped_up(source, tmp_path, t=6, reserve=3)
    assert count_by_year(result.reserve) == {1990: 3, 1991: 3, 1992: 1}
    assert count_by_year(result.topup) == {1990: 6, 1991: 1}
    assert result.reserve_short == {1992: 2, 1993: 3, 1994: 3, 1995: 3}
    assert result.topup_short == {1991: 5, 1992: 6, 1993: 6}
    summary = summarise([], result, YEARS, RebalanceParams(t=6, before=BEFORE, reserve=3))
    assert (summary["t"], summary["added"], summary["reserve"]) == (6, 7, 7)
    assert summary["short"] == {"years": 3, "movies": 17}
    assert summary["reserve_short"] == {"years": 4, "movies": 11}
    assert list(summary["years"][1].values()) == [1991, 0, 1, 3, 5, 0]


def test_initial_movies_count_towards_t_and_the_reserve_does_not(tmp_path: Path) -> None:
    initial, result, _ = topped_up(plentiful_source(), tmp_path, t=4, reserve=2, initial_per_year=3)
    assert count_by_year(initial) == {1992: 3, 1993: 3, 1994: 3, 1995: 3}
    assert count_by_year(result.topup) == {1990: 4, 1991: 4, 1992: 1, 1993: 1}
    assert count_by_year(result.reserve) == dict.fromkeys(YEARS, 2)
    params = RebalanceParams(t=4, before=BEFORE, reserve=2)
    summary = summarise(initial, result, YEARS, params)
    assert summary["before"] == {"movies": 12, f"before_{BEFORE}": 6}
    assert summary["after"] == {"movies": 22, f"before_{BEFORE}": 16}


@pytest.mark.parametrize("t", [0, 50])
def test_no_movie_and_no_picture_is_accepted_twice(tmp_path: Path, t: int) -> None:
    source = plentiful_source()
    originals = {movie.imdb_id for movie in source.movies}
    for year in YEARS:
        source.add(year, *(encoded(picture(other * 100), "JPEG") for other in YEARS))
    initial, result, _ = topped_up(source, tmp_path, t=t, initial_per_year=2)
    entries = [*initial, *result.reserve, *result.topup]
    assert len({entry.imdb_id for entry in entries}) == len(entries)
    assert len({entry.sha256 for entry in entries}) == len(entries)
    assert originals.issuperset(entry.imdb_id for entry in entries), "a copy was accepted"


@pytest.mark.parametrize(("lower", "higher"), [(0, 3), (3, 5), (5, 50)])
def test_higher_t_starts_with_the_movies_of_a_lower_t(
    tmp_path: Path, lower: int, higher: int
) -> None:
    source = plentiful_source()
    for year in YEARS:  # copies: which one is accepted must not depend on t
        source.add(year, *range(7))
    _, few, _ = topped_up(source, tmp_path / "few", t=lower, initial_per_year=1)
    _, many, _ = topped_up(source, tmp_path / "many", t=higher, initial_per_year=1)
    assert many.reserve == few.reserve
    assert len(many.reserve) == 2 * len(YEARS)
    assert many.topup[: len(few.topup)] == few.topup
    assert len(many.topup) > len(few.topup)


def test_one_year_of_bad_posters_does_not_stop_a_run(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[LANDSCAPE] * 60)
    for year in YEARS[1:]:
        source.add(year, *range(year * 100, year * 100 + 20))
    params = RebalanceParams(t=20, before=1996, reserve=2)
    gatherer = make_gatherer(source, tmp_path, max_failed=0.5, wanted=params.wanted(YEARS))
    assert len(rebalance(gatherer, [], YEARS, params).reserve) == 10
