"""A year is topped up with what is there, never padded."""

from pathlib import Path

import pytest
from memory_source import (
    BEFORE,
    HTML,
    LANDSCAPE,
    TOO_SMALL,
    YEARS,
    MemorySource,
    encoded,
    gatherer_of,
    per_year,
    picture,
    plentiful,
    topped_up,
)

from posters.catalogue.rebalancing import rebalance, summarise
from posters.params import RebalanceParams


def test_refused_posters_are_passed_over_until_t_is_reached(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1, None, HTML, TOO_SMALL, 2, LANDSCAPE, 1, 3, 4)
    _, result, gatherer = topped_up(source, tmp_path, t=3, reserve=1)
    assert [entry.imdb_id for entry in result.reserve] == ["tt0000001"]
    assert [entry.imdb_id for entry in result.topup] == ["tt0000005", "tt0000008", "tt0000009"]
    assert 1990 not in result.topup_short
    assert len(gatherer.refusals) == 5


def test_no_more_posters_are_asked_for_than_needed(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *range(1, 50))
    topped_up(source, tmp_path, t=3, reserve=1)
    assert len(source.asked) == 4


def test_a_year_whose_candidates_end_is_short_by_what_is_missing(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *range(10))
    source.add(1991, *range(10, 14), None)
    source.add(1992, 14)
    _, result, _ = topped_up(source, tmp_path, t=6, reserve=3)
    assert per_year(result.reserve) == {1990: 3, 1991: 3, 1992: 1}
    assert per_year(result.topup) == {1990: 6, 1991: 1}
    assert result.reserve_short == {1992: 2, 1993: 3, 1994: 3, 1995: 3}
    assert result.topup_short == {1991: 5, 1992: 6, 1993: 6}


def test_what_the_initial_catalogue_has_counts_towards_t_but_the_reserve_does_not(
    tmp_path: Path,
) -> None:
    initial, result, _ = topped_up(plentiful(), tmp_path, t=4, reserve=2, picks=3)
    assert per_year(initial) == {1992: 3, 1993: 3, 1994: 3, 1995: 3}
    assert per_year(result.topup) == {1990: 4, 1991: 4, 1992: 1, 1993: 1}
    assert per_year(result.reserve) == dict.fromkeys(YEARS, 2)


def test_a_year_with_more_than_t_is_left_as_it_is(tmp_path: Path) -> None:
    _, result, _ = topped_up(plentiful(), tmp_path, t=2, picks=4)
    assert set(per_year(result.topup)) == {1990, 1991}
    assert result.topup_short == {}


def test_years_from_before_on_get_a_reserve_but_no_topup(tmp_path: Path) -> None:
    _, result, _ = topped_up(plentiful(), tmp_path, t=5, reserve=1)
    assert set(per_year(result.topup)) == {1990, 1991, 1992, 1993}
    assert set(per_year(result.reserve)) == set(YEARS)


@pytest.mark.parametrize("t", [0, 3, 50])
def test_no_movie_and_no_picture_is_in_the_catalogue_twice(tmp_path: Path, t: int) -> None:
    source = plentiful()
    originals = {movie.imdb_id for movie in source.movies}
    for year in YEARS:
        source.add(year, *(encoded(picture(other * 100), "JPEG") for other in YEARS))
    initial, result, _ = topped_up(source, tmp_path, t=t, picks=2)
    together = [*initial, *result.reserve, *result.topup]
    assert len({entry.imdb_id for entry in together}) == len(together)
    assert len({entry.sha256 for entry in together}) == len(together)
    assert originals.issuperset(entry.imdb_id for entry in together), "a copy came in"


@pytest.mark.parametrize("t", [1, 3, 50])
def test_the_reserve_is_the_same_whatever_t_is(tmp_path: Path, t: int) -> None:
    _, nothing, _ = topped_up(plentiful(), tmp_path / "nothing", t=0, picks=2)
    _, result, _ = topped_up(plentiful(), tmp_path / "some", t=t, picks=2)
    assert nothing.topup == []
    assert len(nothing.reserve) == 2 * len(YEARS)
    assert result.reserve == nothing.reserve


@pytest.mark.parametrize(("lower", "higher"), [(1, 2), (3, 5), (5, 50)])
def test_a_higher_t_begins_with_the_movies_of_a_lower_one(
    tmp_path: Path, lower: int, higher: int
) -> None:
    source = plentiful()
    for year in YEARS:  # which of two copies comes in must not depend on t either
        source.add(year, *range(7))
    _, few, _ = topped_up(source, tmp_path / "few", t=lower, picks=1)
    _, many, _ = topped_up(source, tmp_path / "many", t=higher, picks=1)
    assert many.topup[: len(few.topup)] == few.topup
    assert len(many.topup) > len(few.topup)


def test_the_same_source_gives_the_same_result_again(tmp_path: Path) -> None:
    one, other = (topped_up(plentiful(), tmp_path / name, t=4, picks=2) for name in ("a", "b"))
    assert one[1] == other[1]
    assert one[2].refusals == other[2].refusals


@pytest.mark.parametrize("t", [0, 4, 9])
def test_the_numbers_of_a_summary_add_up(tmp_path: Path, t: int) -> None:
    initial, result, _ = topped_up(plentiful(), tmp_path, t=t, reserve=2, picks=3)
    params = RebalanceParams(t=t, before=BEFORE, reserve=2)
    summary = summarise(initial, result, YEARS, params)
    rows = summary["years"]
    assert [row["year"] for row in rows] == list(YEARS)
    assert summary["t"] == t
    for side in ("before", "after"):
        thin = sum(row[side] for row in rows if row["year"] < BEFORE)
        total = sum(row[side] for row in rows)
        assert summary[side] == {"movies": total, f"before_{BEFORE}": thin}
    assert summary["before"]["movies"] == len(initial)
    assert summary["after"]["movies"] == len(initial) + len(result.topup)
    assert summary["added"] == len(result.topup)
    assert summary["reserve"] == sum(row["reserve"] for row in rows) == len(result.reserve)
    short = [row["short"] for row in rows if row["short"]]
    assert summary["short"] == {"years": len(short), "movies": sum(short)}
    assert summary["reserve_short"] == {"years": 0, "movies": 0}
    for row in rows:
        if row["year"] < BEFORE:
            assert row["after"] + row["short"] == max(t, row["before"])
        else:
            assert (row["after"], row["short"]) == (row["before"], 0)


def test_early_years_of_bad_posters_alone_do_not_stop_a_run(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[LANDSCAPE] * 60)
    for year in YEARS[1:]:
        source.add(year, *range(year * 100, year * 100 + 20))
    params = RebalanceParams(t=20, before=1996, reserve=2)
    gatherer = gatherer_of(source, tmp_path, max_failed=0.5, wanted=params.wanted(YEARS))
    result = rebalance(gatherer, [], YEARS, params)
    gatherer.finish()
    assert len(result.reserve) == 10
