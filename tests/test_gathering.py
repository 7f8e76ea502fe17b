"""A year is topped up with what is there, never padded, and nothing comes in twice."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.catalogue import Entry, Origin
from posters.errors import PosterRefused
from posters.files import sha256
from posters.gathering import Gatherer, describe_refusals, first_accepted
from posters.params import PosterParams, RebalanceParams
from posters.rebalancing import Rebalanced, rebalance, summarise
from posters.table import Movie

RULES = PosterParams(
    min_side=60, min_aspect=0.5, max_aspect=0.85, max_pixels=1_000_000, near_duplicate=12
)
YEARS = range(1990, 1996)
BEFORE = 1994
ORIGINS: tuple[Origin, ...] = ("initial", "reserve", "topup")


def picture(seed: int, size: tuple[int, int] = (80, 120)) -> Image.Image:
    patches = np.random.default_rng(seed).integers(0, 256, (17, 18, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format_name: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, quality=70)
    return file.getvalue()


TOO_SMALL, LANDSCAPE = encoded(picture(0, (30, 45))), encoded(picture(0, (120, 80)))
HTML = b"<html>not found</html>"


class MemorySource:
    """A source whose movies and posters are held in memory; a poster of None is missing."""

    name = "memory"

    def __init__(self) -> None:
        self.movies: list[Movie] = []
        self.queue: list[Movie] = []
        self.asked: list[str] = []
        self._posters: dict[str, bytes | None] = {}

    def add(self, year: int, *posters: bytes | int | None) -> None:
        """Candidates of a year; a number stands for a picture of its own."""
        for poster in posters:
            number = len(self.movies) + 1
            movie = Movie(f"tt{number:07d}", f"Movie {number}", year, f"memory/{number}")
            self.movies.append(movie)
            content = encoded(picture(poster)) if isinstance(poster, int) else poster
            self._posters[movie.imdb_id] = content

    def initial(self) -> Iterator[Movie]:
        yield from self.queue

    def candidates(self, year: int) -> Iterator[Movie]:
        return (movie for movie in self.movies if movie.year == year)

    def poster(self, movie: Movie) -> bytes:
        self.asked.append(movie.imdb_id)
        content = self._posters[movie.imdb_id]
        if content is None:
            raise PosterRefused("missing", "no such poster")
        return content


def plentiful(per_year: int = 12) -> MemorySource:
    """Every year has so many movies, each third of them with a poster that is refused."""
    source = MemorySource()
    bad = (TOO_SMALL, LANDSCAPE, HTML, None)
    for year in YEARS:
        for number in range(per_year):
            useless = number % 3 == 2
            source.add(year, bad[number // 3 % 4] if useless else year * 100 + number)
    return source


def gatherer_of(source: MemorySource, folder: Path) -> Gatherer:
    """A gatherer that writes each origin's posters where a catalogue in `folder` names them."""
    folders = {origin: folder / "posters" / origin for origin in ORIGINS}
    return Gatherer(source, RULES, folders, range(1888, 2017))


def initial_catalogue(source: MemorySource, folder: Path, picks: int) -> list[Entry]:
    """The first few movies of the last years become the initial catalogue, as `scrape` does it."""
    gatherer = gatherer_of(source, folder)
    found = []
    for year in YEARS[2:]:
        for _ in range(picks):
            entry = first_accepted(gatherer, source.candidates(year), "initial")
            found += [entry] if entry else []
    return found


def topped_up(
    source: MemorySource, folder: Path, t: int, *, reserve: int = 2, picks: int = 0
) -> tuple[list[Entry], Rebalanced, Gatherer]:
    """The initial catalogue, what the top-up came to, and who gathered it."""
    initial = initial_catalogue(source, folder, picks)
    gatherer = gatherer_of(source, folder)
    gatherer.know(initial, folder)
    params = RebalanceParams(t=t, before=BEFORE, reserve=reserve)
    return initial, rebalance(gatherer, [e.year for e in initial], YEARS, params), gatherer


def per_year(entries: list[Entry]) -> Counter[int]:
    return Counter(entry.year for entry in entries)


def test_an_accepted_movie_becomes_a_row_and_its_poster_a_file(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, encoded(picture(1), "JPEG"))
    entry = gatherer_of(source, tmp_path).gather(source.movies[0], "topup")
    assert entry is not None
    content = (tmp_path / entry.file).read_bytes()
    assert content == encoded(picture(1), "JPEG")
    assert entry == Entry(
        imdb_id="tt0000001",
        title="Movie 1",
        year=1990,
        file="posters/topup/tt0000001.jpg",
        source="memory",
        poster_url="memory/1",
        sha256=sha256(content),
        width=80,
        height=120,
        origin="topup",
    )


def test_refusals_are_counted_by_their_reason_and_leave_no_file(tmp_path: Path) -> None:
    source = MemorySource()
    flat = encoded(Image.new("RGB", (80, 120), "navy"))
    source.add(1990, None, HTML, b"", TOO_SMALL, LANDSCAPE, flat, None)
    gatherer = gatherer_of(source, tmp_path)
    assert first_accepted(gatherer, source.candidates(1990), "topup") is None
    assert [refusal.reason for refusal in gatherer.refusals] == [
        *("missing", "unreadable", "unreadable", "too small", "not portrait", "flat colour"),
        "missing",
    ]
    assert {(refusal.year, refusal.origin) for refusal in gatherer.refusals} == {(1990, "topup")}
    assert describe_refusals(gatherer.refusals) == (
        "2 missing, 2 unreadable, 1 flat colour, 1 not portrait, 1 too small"
    )
    assert list(tmp_path.rglob("*.*")) == []


def test_no_refusals_are_described_as_none() -> None:
    assert describe_refusals([]) == "none"


@pytest.mark.parametrize("poster", [5, None])
def test_a_movie_is_asked_for_once_whether_accepted_or_refused(
    tmp_path: Path, poster: int | None
) -> None:
    source = MemorySource()
    source.add(1990, poster)
    gatherer = gatherer_of(source, tmp_path)
    gatherer.gather(source.movies[0], "reserve")
    assert gatherer.gather(source.movies[0], "topup") is None
    assert source.asked == ["tt0000001"]
    assert len(gatherer.refusals) == (0 if poster else 1)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(encoded(picture(1)), id="same bytes"),
        pytest.param(encoded(picture(1), "JPEG"), id="recompressed"),
        pytest.param(encoded(picture(1).resize((160, 240)), "JPEG"), id="larger"),
        pytest.param(encoded(picture(1), "WEBP"), id="another format"),
    ],
)
@pytest.mark.parametrize("known_before", [False, True])
def test_no_picture_comes_in_twice(tmp_path: Path, copy: bytes, known_before: bool) -> None:
    source = MemorySource()
    source.add(1990, 1, 2)
    source.add(1995, copy)
    gatherer = gatherer_of(source, tmp_path)
    original = gatherer.gather(source.movies[0], "initial")
    assert original
    if known_before:
        gatherer = gatherer_of(source, tmp_path)
        gatherer.know([original], tmp_path)
    assert gatherer.gather(source.movies[2], "topup") is None
    assert [refusal.reason for refusal in gatherer.refusals] == ["duplicate"]
    assert "tt0000001" in gatherer.refusals[0].detail
    assert gatherer.gather(source.movies[1], "topup"), "another picture still comes in"


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
