"""Posters are accepted or refused; no id and no picture is accepted twice."""

import contextlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from memory_source import HTML, LANDSCAPE, TOO_SMALL, MemorySource, make_gatherer
from PIL import Image
from small_pictures import encoded, picture

from posters.catalogue import checked_posters
from posters.catalogue.entries import Entry
from posters.catalogue.failure_limit import MAX_CONSECUTIVE_FAILURES
from posters.catalogue.gathering import Queue, describe_refusals, gather_initial
from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Picture
from posters.errors import SourceError
from posters.files import sha256
from posters.images.poster_checks import check_poster
from posters.params import PosterParams


def test_accepted_movie_becomes_a_row_and_a_file(tmp_path: Path) -> None:
    content = encoded(picture(1), "JPEG", comment=b"kept byte for byte")
    source = MemorySource()
    source.add(1990, content)
    entry = make_gatherer(source, tmp_path).gather(source.movies[0], "topup")
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
    assert (tmp_path / entry.file).read_bytes() == content


def test_refusals_are_recorded_with_their_reason(tmp_path: Path) -> None:
    source = MemorySource()
    flat = encoded(Image.new("RGB", (80, 120), "navy"))
    source.add(1990, None, HTML, b"", TOO_SMALL, LANDSCAPE, flat, 7)
    gatherer = make_gatherer(source, tmp_path, placeholders=(sha256(encoded(picture(7))),))
    assert describe_refusals(gatherer.refusals) == "none"
    assert Queue(iter(source.movies), gatherer).next_accepted("topup") is None
    assert [refusal.reason for refusal in gatherer.refusals] == [
        *("missing", "unreadable", "unreadable", "too small", "not portrait", "flat colour"),
        "placeholder",
    ]
    assert gatherer.refusals[-1][:3] == ("tt0000007", 1990, "topup")
    assert describe_refusals(gatherer.refusals).startswith("2 unreadable, 1 flat colour, 1 missing")
    assert list(tmp_path.rglob("*.*")) == []


def test_movie_without_title_or_with_a_very_long_one_is_refused(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1, 2, 3)
    titles = "x" * 1000, "x" * 1001, "\x1b\n"
    movies = [replace(m, title=title) for m, title in zip(source.movies, titles, strict=True)]
    gatherer = make_gatherer(source, tmp_path)
    assert [bool(gatherer.gather(movie, "topup")) for movie in movies] == [True, False, False]
    assert {(refusal.reason, refusal.detail) for refusal in gatherer.refusals} == {
        ("unusable title", "1001 characters, expected 1 to 1000"),
        ("unusable title", "0 characters, expected 1 to 1000"),
    }
    assert source.fetched == ["tt0000001"]


@pytest.mark.parametrize("poster", [5, None])
def test_poster_is_fetched_once_whether_accepted_or_refused(
    tmp_path: Path, poster: int | None
) -> None:
    source = MemorySource()
    source.add(1990, poster)
    gatherer = make_gatherer(source, tmp_path)
    gatherer.gather(source.movies[0], "reserve")
    assert gatherer.gather(source.movies[0], "topup") is None
    assert source.fetched == ["tt0000001"]
    assert len(gatherer.refusals) == (0 if poster else 1)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(encoded(picture(1)), id="same bytes"),
        pytest.param(encoded(picture(1).resize((160, 240)), "JPEG"), id="larger, JPEG"),
    ],
)
@pytest.mark.parametrize("in_another_run", [False, True])
def test_copies_of_a_picture_are_refused(tmp_path: Path, copy: bytes, in_another_run: bool) -> None:
    source = MemorySource()
    source.add(1990, 1, 2)
    source.add(1995, copy)
    gatherer = make_gatherer(source, tmp_path)
    original = gatherer.gather(source.movies[0], "initial")
    assert original
    if in_another_run:
        gatherer = make_gatherer(source, tmp_path)
        gatherer.add_known([original], tmp_path)
    assert gatherer.gather(source.movies[2], "topup") is None
    assert [refusal.reason for refusal in gatherer.refusals] == ["duplicate"]
    assert "tt0000001" in gatherer.refusals[0].detail
    assert gatherer.gather(source.movies[1], "topup"), "a different picture is accepted"


def test_repeated_picture_is_reported_as_possible_placeholder(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1, 1, 2, 1, 2, 1)
    gatherer = make_gatherer(source, tmp_path)
    for movie in source.movies:
        gatherer.gather(movie, "topup")
    (line,) = gatherer.notes()
    assert "the same poster as tt0000001:" in line
    assert "posters.placeholders" in line


@pytest.mark.parametrize(("wanted", "expected"), [(2, [1, 3]), (3, [1, 3, 4]), (9, [1, 3, 4])])
def test_initial_catalogue_is_the_first_accepted(
    tmp_path: Path, wanted: int, expected: list[int]
) -> None:
    source = MemorySource(connections=2)
    source.add(1990, 1, None, 2, 3)
    with make_gatherer(source, tmp_path) as gatherer:
        entries, more = gather_initial(gatherer, wanted)
    assert [entry.imdb_id for entry in entries] == [f"tt{number:07d}" for number in expected]
    assert more == (wanted == 2)


@pytest.mark.parametrize(("bad", "stops"), [(10, False), (11, True)])
def test_run_fails_if_too_many_posters_failed(tmp_path: Path, bad: int, stops: bool) -> None:
    source = MemorySource()
    source.add(1990, *[HTML] * (bad - 3), *[LANDSCAPE] * 3, *range(1, 21 - bad))
    # Duplicates are not failures.
    source.add(1990, *[1] * 30)
    gatherer = make_gatherer(source, tmp_path, max_failed=0.5)
    for movie in source.movies:
        gatherer.gather(movie, "topup")
    with pytest.raises(SourceError) if stops else contextlib.nullcontext() as raised:
        gatherer.failures.check()
    if raised:
        assert "11 of 20 posters can't be used" in str(raised.value)
        assert "most often (8 times): unreadable, the last: " in str(raised.value)


def test_run_stops_once_the_limit_must_be_exceeded(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[HTML] * 100)
    gatherer = make_gatherer(source, tmp_path, max_failed=0.5, wanted=30)
    with pytest.raises(SourceError, match="31 of 31 posters can't be used"):
        Queue(iter(source.movies), gatherer).next_accepted("topup")


def test_run_stops_after_too_many_failures_in_a_row(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[None] * 5, 1, *[None] * (MAX_CONSECUTIVE_FAILURES + 5))
    gatherer = make_gatherer(source, tmp_path, max_failed=1)
    queue = Queue(iter(source.movies), gatherer)
    assert queue.next_accepted("topup")
    with pytest.raises(SourceError, match=f"the last {MAX_CONSECUTIVE_FAILURES} in a row"):
        queue.next_accepted("topup")
    assert len(gatherer.refusals) == 5 + MAX_CONSECUTIVE_FAILURES


class UnorderedSource(MemorySource):
    """Four threads fetch at a time, and their posters arrive in the reverse order."""

    def __init__(self) -> None:
        super().__init__(connections=4)
        self._barrier = threading.Barrier(4, timeout=30)
        self._turns = [threading.Event() for _ in range(4)]

    def poster(self, movie: Movie) -> Picture:
        with contextlib.suppress(threading.BrokenBarrierError):
            position = self._barrier.wait()
            if position < 3:
                self._turns[position + 1].wait(30)
            self._turns[position].set()
        return super().poster(movie)


def test_result_does_not_depend_on_order_of_arrival(tmp_path: Path) -> None:
    posters = (1, 2, 1, 3, encoded(picture(2), "JPEG"), None, 4, 3)
    ordered, unordered = MemorySource(), UnorderedSource()
    results = []
    for name, source in (("ordered", ordered), ("unordered", unordered)):
        source.add(1990, *posters)
        with make_gatherer(source, tmp_path / name) as gatherer:
            gatherer.prefetch(source.movies)
            entries = [gatherer.gather(movie, "topup") for movie in source.movies]
            results.append((entries, gatherer.refusals))
    assert results[0] == results[1]
    assert ordered.fetched == sorted(unordered.fetched)


def test_prefetched_posters_are_fetched_once(tmp_path: Path) -> None:
    source = MemorySource(connections=2)
    source.add(1990, *range(6))
    with make_gatherer(source, tmp_path) as gatherer:
        queue = Queue(iter(source.movies), gatherer)
        for number in (1, 3, 9, 6, 6, 6):
            queue.prefetch(number)
            assert queue.next_accepted("topup")
        assert queue.is_empty()
    assert sorted(source.fetched) == [movie.imdb_id for movie in source.movies]


def test_poster_is_not_decoded_again_while_rules_and_code_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MemorySource()
    source.add(1990, 1, 2)
    decoded: list[bytes] = []

    def check(content: bytes, rules: PosterParams) -> Image.Image:
        decoded.append(content)
        return check_poster(content, rules)

    monkeypatch.setattr(checked_posters, "check_poster", check)

    def decoded_of(**settings: tuple[str, ...]) -> int:
        decoded.clear()
        with make_gatherer(source, tmp_path, **settings) as gatherer:  # type: ignore[arg-type]
            accepted = [gatherer.gather(movie, "initial") for movie in source.movies]
            results.append(accepted)
        with make_gatherer(source, tmp_path, **settings) as gatherer:  # type: ignore[arg-type]
            gatherer.add_known(filter(None, accepted), tmp_path)
        return len(decoded)

    results: list[list[Entry | None]] = []
    assert [decoded_of() for _ in range(2)] == [2, 0]
    assert decoded_of(placeholders=("0" * 64,)) == 2
    (tmp_path / "checked_posters.json").write_text("[")
    assert decoded_of() == 2
    assert results == [results[0]] * 4
