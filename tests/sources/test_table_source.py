"""The `table` source with posters on the web: a user's own table, and Kaggle's MovieGenre.csv."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import write_table
from sites import Sites, settings
from source_params import POSTER

from posters.errors import FetchFailed, PosterRefused
from posters.params import load_params
from posters.sources.table import Tables, TableSource

RULES = load_params().posters
OLD_HOST = "https://images-na.ssl-images-amazon.com/images/M"


def test_posters_come_from_files_and_addresses_of_one_table(
    sites: Sites, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    file = draw("A Film", 1950)
    table = write_table(
        tmp_path / "movies.csv",
        [
            ("tt0000001", "File", 1950, str(file)),
            ("tt0000002", "Address", 1950, "https://posters.example/2.jpg"),
            ("tt0000003", "Another Host", 1950, "http://old.example/3.jpg"),
            ("tt0000004", "Blocked", 1950, "https://blocked.example/4.jpg"),
            ("tt0000005", "Nothing There", 1950, f"{OLD_HOST}/nopicture._V1_.png"),
        ],
    )
    tables = Tables(table, table, seed=1)
    sites.content |= {
        "https://posters.example/2.jpg": POSTER,
        "https://old.example/3.jpg": POSTER,
        "https://blocked.example/4.jpg": 202,
    }
    allowed = TableSource.sites(tables, settings(hosts=("CDN.example",)))
    assert "cdn.example" in {site.host for site in allowed}
    with sites.archive(tmp_path / "web", allowed) as archive:
        source = TableSource(tables, archive, settings(), RULES)
        movies = {movie.imdb_id: movie for movie in source.candidates(1950)}
        assert source.poster(movies["tt0000001"]).content == file.read_bytes()
        assert source.poster(movies["tt0000002"]).content == POSTER
        assert source.poster(movies["tt0000003"]).url == "https://old.example/3.jpg"
        for _ in range(2):  # a blocked host does not stop the others
            with pytest.raises(FetchFailed, match="firewall"):
                source.poster(movies["tt0000004"])
        with pytest.raises(PosterRefused, match="placeholder"):
            source.poster(movies["tt0000005"])
    assert sites.asked["https://blocked.example/4.jpg"] == 1


def test_movie_genre_is_read_unchanged(sites: Sites, tmp_path: Path) -> None:
    table = tmp_path / "MovieGenre.csv"
    table.write_bytes(
        "imdbId,Imdb Link,Title,IMDB Score,Genre,Poster\n"
        f"417,http://x/tt417,Les Misérables (1935),8,Drama,{OLD_HOST}/KEY@._V1_UX182_.jpg\n"
        f"9,http://x/tt9,No Year,8,Drama,{OLD_HOST}/KEY2@._V1_UX182_.jpg\n"
        "10,http://x/tt10,No Poster (1940),8,Drama,\n".encode("latin-1")
    )
    tables = Tables(table, table, seed=1)
    address = "https://m.media-amazon.com/images/M/KEY@._V1_QL75_UX300_.jpg"
    sites.content[address] = POSTER
    with sites.archive(tmp_path / "web", TableSource.sites(tables, settings())) as archive:
        source = TableSource(tables, archive, settings(), RULES)
        (movie,) = source.initial()
        assert (movie.imdb_id, movie.title, movie.year) == ("tt0000417", "Les Misérables", 1935)
        assert source.poster(movie).url == address
        assert source.describe() == {"left_out": {"no poster": 1, "no year": 1}}
