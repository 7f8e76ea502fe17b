"""Catalogues hold nothing twice, and come back as they were written."""

from pathlib import Path

import pytest

from posters.catalogue.entries import (
    CATALOGUE_COLUMNS,
    Entry,
    Refusal,
    count_refusals,
    read_catalogue,
    read_entries,
    write_catalogue,
    write_refusals,
)
from posters.errors import DataError


def entry(number: int, title: str = "Metropolis", year: int = 1927) -> Entry:
    return Entry(
        imdb_id=f"tt{number:07d}",
        title=title,
        year=year,
        file=f"posters/initial/tt{number:07d}.jpg",
        source="table",
        poster_url=f"posters/{number}.jpg",
        sha256=f"{number:064x}",
        width=200,
        height=300,
        origin="initial",
    )


def test_a_catalogue_is_written_in_the_order_of_its_ids(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, [entry(30), entry(4), entry(20_000_000)])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(CATALOGUE_COLUMNS)
    assert [line.split(",")[0] for line in lines[1:]] == ["tt0000004", "tt0000030", "tt20000000"]


def test_the_order_of_the_entries_does_not_change_the_bytes(tmp_path: Path) -> None:
    entries = [entry(number) for number in range(20)]
    write_catalogue(tmp_path / "one.csv", entries)
    write_catalogue(tmp_path / "other.csv", reversed(entries))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


@pytest.mark.parametrize("column", ["imdb_id", "sha256"])
def test_a_catalogue_with_something_twice_is_never_written(tmp_path: Path, column: str) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, [entry(1)])
    before = path.read_bytes()
    twice = getattr(entry(3), column)
    with pytest.raises(DataError, match=f"{column} {twice} stands in more than one row"):
        write_catalogue(path, [entry(2), entry(3), entry(4)._replace(**{column: twice})])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    titles = [
        "NA",
        "None",
        "007",
        'Crime, "and"\nPunishment',
        " spaced ",
        "東京物語",
        "",
        "\\",
        "#",
    ]
    entries = [entry(number, title) for number, title in enumerate(titles)]
    write_catalogue(tmp_path / "catalogue.csv", entries)
    assert read_entries(tmp_path / "catalogue.csv") == entries


def test_numbers_of_a_catalogue_are_numbers(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "catalogue.csv", [entry(1, year=1927), entry(2, year=1928)])
    catalogue = read_catalogue(tmp_path / "catalogue.csv")
    assert catalogue["year"].sum() == 1927 + 1928
    assert (catalogue["height"] / catalogue["width"]).tolist() == [1.5, 1.5]


def test_a_catalogue_may_be_empty(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "catalogue.csv", [])
    assert read_entries(tmp_path / "catalogue.csv") == []


def test_a_missing_catalogue_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"catalogue.csv is missing: run `dvc repro`"):
        read_catalogue(tmp_path / "catalogue.csv")


def test_another_table_is_not_taken_for_a_catalogue(tmp_path: Path) -> None:
    other = tmp_path / "movies.csv"
    other.write_text("imdb_id,title,year,file\ntt0000001,M,1931,m.jpg\n")
    with pytest.raises(DataError, match="other columns than expected"):
        read_catalogue(other)


def test_refusals_are_counted_by_reason_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    reasons = ["too small", "missing", "duplicate", "missing", "missing"]
    write_refusals(
        path,
        (Refusal(f"tt{n:07d}", 1927, "topup", why, "a, b") for n, why in enumerate(reasons)),
    )
    assert list(count_refusals(path).items()) == [
        ("duplicate", 1),
        ("missing", 3),
        ("too small", 1),
    ]


def test_no_refusals_count_to_nothing(tmp_path: Path) -> None:
    write_refusals(tmp_path / "refused.csv", [])
    assert count_refusals(tmp_path / "refused.csv") == {}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'"', b"a,b\n1,2\n"])
def test_a_damaged_catalogue_says_what_to_run(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content)
    for read in (read_catalogue, read_entries, count_refusals):
        with pytest.raises(DataError, match="run `dvc repro`"):
            read(path)
    write_catalogue(path, [entry(1)])
    path.write_text(path.read_text().replace("1927", "19x7"))
    with pytest.raises(DataError, match="damaged"):
        read_entries(path)
