"""Catalogues are sorted, have no duplicates, and are read as they were written."""

import csv
from pathlib import Path

import pytest

from posters.catalogue.entries import (
    Entry,
    Refusal,
    count_refusals,
    read_catalogue,
    read_entries,
    write_catalogue,
    write_refusals,
)
from posters.errors import DataError


def entry(number: int, title: str = "Metropolis") -> Entry:
    return Entry(
        imdb_id=f"tt{number:07d}",
        title=title,
        year=1927,
        file=f"posters/initial/tt{number:07d}.jpg",
        source="table",
        poster_url=f"posters/{number}.jpg",
        sha256=f"{number:064x}",
        width=200,
        height=300,
        origin="initial",
    )


def test_catalogue_is_sorted_by_id(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, [entry(30), entry(4), entry(20_000_000)])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "imdb_id,title,year,file,source,poster_url,sha256,width,height,origin"
    assert [line.split(",")[0] for line in lines[1:]] == ["tt0000004", "tt0000030", "tt20000000"]


@pytest.mark.parametrize("column", ["imdb_id", "sha256"])
def test_catalogue_with_duplicates_is_not_written(tmp_path: Path, column: str) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, [entry(1)])
    before = path.read_bytes()
    repeated = getattr(entry(3), column)
    with pytest.raises(DataError, match=f"{column} {repeated} is in more than one row"):
        write_catalogue(path, [entry(2), entry(3), entry(4)._replace(**{column: repeated})])
    assert path.read_bytes() == before


def test_entries_are_read_as_they_were_written(tmp_path: Path) -> None:
    titles = ["NA", "None", "007", 'Crime, "and"\nPunishment', " spaced ", "東京物語", "", "\\"]
    titles += ["#", "two\r\nlines", "carriage\rreturn"]
    path = tmp_path / "catalogue.csv"
    for entries in ([], [entry(number, title) for number, title in enumerate(titles)]):
        write_catalogue(path, entries)
        assert read_entries(path) == entries
        assert read_catalogue(path)["year"].dtype == "int64"
    assert read_catalogue(path)["title"].tolist() == titles


def test_formulas_are_text_for_a_spreadsheet_and_read_as_they_were(tmp_path: Path) -> None:
    titles = ["=1+1", "-30-", "+1", "@", "\uff1d1", "'=1", "''-1"]
    plain = ["'Til We Meet", "1+1=2", "'"]
    entries = [entry(number, title) for number, title in enumerate([*titles, *plain])]
    entries[0] = entries[0]._replace(poster_url="=1.jpg")
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, entries)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == [*(f"'{title}" for title in titles), *plain]
    assert rows[0]["poster_url"] == "'=1.jpg"
    assert read_entries(path) == entries


def test_refusals_are_counted_by_reason(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    reasons = ["too small", "missing", "duplicate", "missing", "missing"]
    write_refusals(path, (Refusal("tt0000001", 1927, "topup", why, "a, b") for why in reasons))
    counts = [("duplicate", 1), ("missing", 3), ("too small", 1)]
    assert list(count_refusals(path).items()) == counts
    write_refusals(path, [])
    assert count_refusals(path) == {}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'"', b"a,b\n1,2\n"])
def test_missing_and_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.csv"
    with pytest.raises(DataError, match=r"catalogue.csv is missing: run `dvc repro`"):
        read_catalogue(path)
    path.write_bytes(content)
    for read in (read_entries, count_refusals):
        with pytest.raises(DataError, match=r"(?i)run `dvc repro`"):
            read(path)


@pytest.mark.parametrize(
    ("old", "new"), [("1927", "19x7"), ("1927", ""), ("1927,", ""), (",initial", "")]
)
def test_damaged_rows_are_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, [entry(1), entry(2)])
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match="damaged"):
        read_entries(path)
