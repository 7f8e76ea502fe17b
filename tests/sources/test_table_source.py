"""The `table` source with posters on the web."""

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
            ("tt0000002", "Address", 1950, f"{OLD_HOST}/KEY@._V1_UX182_.jpg"),
            ("tt0000003", "Another Host", 1950, "http://old.example/3.jpg"),
            ("tt0000004", "Blocked", 1950, "https://blocked.example/4.jpg"),
            ("tt0000005", "Nothing There", 1950, f"{OLD_HOST}/nopicture._V1_.png"),
        ],
    )
    tables = Tables(table, table, seed=1)
    sites.content |= {
        "https://m.media-amazon.com/images/M/KEY@._V1_QL75_UX300_.jpg": POSTER,
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
    assert sites.counts["https://blocked.example/4.jpg"] == 1
