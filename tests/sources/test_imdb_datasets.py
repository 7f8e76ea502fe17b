"""IMDb's data sets are read line by line: the movies of some years with their votes."""

import gzip
from pathlib import Path

import pytest
from damage import little_memory

from posters.errors import SourceError
from posters.sources import imdb_datasets
from posters.sources.imdb_datasets import RatedMovie, read_datasets

BASICS = (
    "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\t"
    "runtimeMinutes\tgenres"
)
RATINGS = "tconst\taverageRating\tnumVotes"
YEARS = range(1950, 1953)


def line(imdb_id: str, title: str = "M", year: object = 1950, title_type: str = "movie") -> str:
    return f"{imdb_id}\t{title_type}\t{title}\t{title}\t0\t{year}\t\\N\t90\tDrama"


class Files:
    """The two files, as text or bytes."""

    def __init__(self, folder: Path) -> None:
        self.basics, self.ratings = folder / "title.basics.tsv.gz", folder / "title.ratings.tsv.gz"
        self.write([])

    def write(self, basics: list[str | bytes], ratings: list[str] | None = None) -> None:
        """Write lines below the header of each file."""
        for path, lines in (
            (self.basics, [BASICS, *basics]),
            (self.ratings, [RATINGS, *(ratings or [])]),
        ):
            encoded = (line.encode() if isinstance(line, str) else line for line in lines)
            path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in encoded)))

    def read(self) -> tuple[list[RatedMovie], dict[str, int]]:
        movies, left_out = read_datasets(self.basics, self.ratings, YEARS)
        return movies, dict(left_out)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_movies_of_the_requested_years_are_read_with_their_votes(files: Files) -> None:
    types = ("short", "tvEpisode", "\\N", "movies")
    files.write(
        [
            line("tt9900003", '"Few Votes'),
            line("tt9900002", "1950"),
            line("tt9900001", "NA"),
            line("tt9900004", "L'été — 東京"),
            line("tt9900005", "Later", 1952),
            *(line("tt9900006", "The movie", title_type=title_type) for title_type in types),
            line("tt9900007").replace("\t0\t", "\t1\t"),  # adult
            line("tt9900008", year=1949),
            line("tt9900009", year=1953),
        ],
        ["tt9900003\t5.1\t7", "tt9900004\t9.9\t8000", "tt9999999\t1.0\t99999"],
    )
    movies = [
        RatedMovie("tt9900003", '"Few Votes', 1950, 7),
        RatedMovie("tt9900002", "1950", 1950, 0),
        RatedMovie("tt9900001", "NA", 1950, 0),
        RatedMovie("tt9900004", "L'été — 東京", 1950, 8000),
        RatedMovie("tt9900005", "Later", 1952, 0),
    ]
    left_out = {"not a movie": 4, "adult": 1, "outside the years": 2}
    assert files.read() == (
        movies,
        {f"title.basics: {reason}": count for reason, count in left_out.items()},
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("tt9900001\tmovie\tshort line", "malformed"),
        (line("nm9900001"), "malformed"),
        (line("tt" + "1" * 302), "malformed"),
        (line("tt9900001", ""), "malformed"),
        (line("tt9900001", year="-1950"), "malformed"),
        (line("tt9900001").replace("\t0\t", "\t\\N\t"), "malformed"),
        (line("tt9900001").encode().replace(b"\tM\t", b"\t\xff\xfe\t"), "malformed"),
        (line("tt9900001", year="\\N"), "no year"),
        (line("tt9900009"), "repeated"),
    ],
)
def test_unusable_lines_are_counted(files: Files, bad: str | bytes, reason: str) -> None:
    files.write([line("tt9900009"), bad])
    movies, left_out = files.read()
    assert [movie.imdb_id for movie in movies] == ["tt9900009"]
    assert left_out == {f"title.basics: {reason}": 1}


def test_malformed_ratings_are_counted(files: Files) -> None:
    ratings = ["tt9900001\t5.0\tmany", "x\t5.0\t1", "tt9900001\t5.0", "tt9900001\t1\t-5"]
    files.write([line("tt9900001")], ratings)
    assert files.read() == (
        [RatedMovie("tt9900001", "M", 1950, 0)],
        {"title.ratings: malformed": 4},
    )


@pytest.mark.parametrize(("end", "mark", "last"), [("\n", "", "\n"), ("\r\n", "\ufeff", "")])
def test_uncompressed_files_are_read(files: Files, end: str, mark: str, last: str) -> None:
    text = mark + end.join([BASICS, line("tt9900001"), "", line("tt9900002")])
    files.basics.write_bytes((text + last).encode())
    movies, left_out = files.read()
    assert [movie.imdb_id for movie in movies] == ["tt9900001", "tt9900002"]
    assert left_out == {}


def test_wrong_header_is_an_error(files: Files) -> None:
    for path in (files.ratings, files.basics):
        path.write_bytes(b"a\tb\n")
        with pytest.raises(SourceError, match=rf"expected the columns tconst.*{path.name[:8]}"):
            files.read()


def test_missing_or_damaged_file_is_an_error(files: Files) -> None:
    files.write([*(line(f"tt{number:07d}") for number in range(2000))])
    whole = files.basics.read_bytes()
    damaged = [whole[:end] for end in (2, 9, 40, len(whole) // 2, len(whole) - 3)]
    damaged += [whole[:50] + b"\x00" * 60 + whole[110:], whole + b"trailing bytes"]
    for content in damaged:
        files.basics.write_bytes(content)
        with pytest.raises(SourceError, match=r"Download https://.*title\.basics\.tsv\.gz again"):
            files.read()
    files.basics.unlink()
    with pytest.raises(SourceError, match=r"Download https://.*title\.basics"):
        files.read()


def test_too_much_is_an_error_and_takes_little_memory(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write([b"\0" * 60_000_000])
    with little_memory(), pytest.raises(SourceError, match="1,048,576 bytes"):
        files.read()
    monkeypatch.setattr(imdb_datasets, "MAX_BYTES", 2_000_000)
    files.write(["x" * 1000] * 3000)
    with pytest.raises(SourceError, match="2,000,000 bytes in all"):
        files.read()
