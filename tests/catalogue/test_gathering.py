"""Posters are accepted or refused, never an id twice, never a picture twice."""

import contextlib
import io
import threading
from pathlib import Path

import pytest
from memory_source import (
    HTML,
    LANDSCAPE,
    RULES,
    TOO_SMALL,
    YEARS,
    MemorySource,
    encoded,
    gatherer_of,
    picture,
)
from PIL import Image

from posters.catalogue.entries import Entry
from posters.catalogue.gathering import Gatherer, Queue, describe_refusals, notes
from posters.catalogue.movie_table import Movie
from posters.errors import SourceError
from posters.files import sha256
from posters.sources import Picture


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
    assert Queue(source.candidates(1990), gatherer).first_accepted("topup") is None
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


def test_a_known_placeholder_is_refused_by_its_digest(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1)
    rules = RULES.model_copy(update={"placeholders": (sha256(encoded(picture(1))),)})
    gatherer = Gatherer(source, rules, {"topup": tmp_path}, YEARS, 0.99, 1)
    assert gatherer.gather(source.movies[0], "topup") is None
    assert [refusal.reason for refusal in gatherer.refusals] == ["placeholder"]


def test_a_picture_that_many_movies_wear_is_pointed_out(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, 1, 1, 2, 1, 2, 1)
    gatherer = gatherer_of(source, tmp_path)
    for movie in source.movies:
        gatherer.gather(movie, "topup")
    assert gatherer.repeated() == ["tt0000001"]
    (line,) = notes(gatherer)
    assert "tt0000001" in line
    assert "posters.placeholders" in line


def test_poster_files_are_kept_byte_for_byte(tmp_path: Path) -> None:
    file = io.BytesIO()
    picture(1).save(file, "JPEG", comment=b"a comment")
    source = MemorySource()
    source.add(1990, file.getvalue())
    entry = gatherer_of(source, tmp_path).gather(source.movies[0], "topup")
    assert entry
    assert (tmp_path / entry.file).read_bytes() == file.getvalue()
    assert entry.sha256 == sha256(file.getvalue())


@pytest.mark.parametrize(("bad", "stops"), [(9, False), (10, False), (11, True)])
def test_the_run_stops_when_too_large_a_share_fails(tmp_path: Path, bad: int, stops: bool) -> None:
    source = MemorySource()
    source.add(1990, *[HTML] * (bad - 3), *[LANDSCAPE] * 3, *range(1, 21 - bad))
    gatherer = gatherer_of(source, tmp_path, max_failed=0.5)
    for movie in source.movies:
        gatherer.gather(movie, "topup")
    with pytest.raises(SourceError) if stops else contextlib.nullcontext() as raised:
        gatherer.finish()
    if raised:
        assert "11 of 20 posters can't be used" in str(raised.value)
        assert "most often (8 times): unreadable" in str(raised.value)


def test_the_run_stops_at_once_when_the_share_can_only_be_too_large(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[HTML] * 100)
    gatherer = gatherer_of(source, tmp_path, max_failed=0.5, wanted=30)
    with pytest.raises(SourceError, match="31 of 31 posters can't be used"):
        for movie in source.movies:
            gatherer.gather(movie, "topup")


def test_movies_without_a_poster_and_repeated_pictures_are_no_failures(tmp_path: Path) -> None:
    source = MemorySource()
    source.add(1990, *[1] * 30)
    gatherer = gatherer_of(source, tmp_path, max_failed=0.01)
    for movie in source.movies:
        gatherer.gather(movie, "topup")
    assert len(gatherer.refusals) == 29


class UnorderedSource(MemorySource):
    """Several threads ask at a time, and whoever came first is answered last."""

    def __init__(self) -> None:
        super().__init__(connections=4)
        self._gate = threading.Barrier(4, timeout=30)
        self._turns = [threading.Event() for _ in range(4)]

    def poster(self, movie: Movie) -> Picture:
        with contextlib.suppress(threading.BrokenBarrierError):
            place = self._gate.wait()
            if place < 3:
                self._turns[place + 1].wait(30)
            self._turns[place].set()
        return super().poster(movie)


def test_what_comes_out_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    posters = (1, 2, 1, 3, encoded(picture(2), "JPEG"), None, 4, 3)
    one, other = MemorySource(), UnorderedSource()
    results = []
    for name, source in (("one", one), ("other", other)):
        source.add(1990, *posters)
        with gatherer_of(source, tmp_path / name) as gatherer:
            gatherer.expect(source.movies)
            entries = [gatherer.gather(movie, "topup") for movie in source.movies]
            results.append((entries, gatherer.refusals))
    assert results[0] == results[1]
    assert one.asked == sorted(other.asked)


def test_what_is_expected_is_asked_for_once(tmp_path: Path) -> None:
    source = MemorySource(connections=2)
    source.add(1990, *range(6))
    with gatherer_of(source, tmp_path) as gatherer:
        for _ in range(3):
            gatherer.expect(source.movies)
        for movie in source.movies:
            assert gatherer.gather(movie, "topup")
            gatherer.expect(source.movies)
    assert sorted(source.asked) == [movie.imdb_id for movie in source.movies]
