"""The `table` source with posters in files and on the web."""

from collections.abc import Callable
from pathlib import Path

import pytest
from projects import write_table
from sites import POSTER, Sites, params_with, settings

from posters.errors import FetchFailed, PosterRefused
from posters.sources.table import Tables, TableSource

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
    source_params = {"table": str(table), "pool": str(table), "allow_outside": True}
    params = params_with(source=source_params)
    tables = Tables(params)
    sites.content |= {
        "https://m.media-amazon.com/images/M/KEY@._V1_QL75_UX300_.jpg": POSTER,
        "https://old.example/3.jpg": POSTER,
        "https://blocked.example/4.jpg": 202,
    }
    allowed = TableSource.sites(tables, settings(hosts=("CDN.example",)))
    assert "cdn.example" in {site.host for site in allowed}
    with sites.archive(tmp_path / "web", allowed) as archive:
        source = TableSource(tables, archive, params)
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


@pytest.mark.parametrize("allow_outside", [False, True])
def test_files_outside_the_folder_are_read_only_if_allowed(
    tmp_path: Path, allow_outside: bool
) -> None:
    folder, outside = tmp_path / "table", tmp_path / "outside.jpg"
    (folder / "inner").mkdir(parents=True)
    for file in (folder / "inner" / "1.jpg", outside):
        file.write_bytes(POSTER)
    (folder / "link.jpg").symlink_to("inner/1.jpg")
    (folder / "leads out.jpg").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    inside = ["inner/1.jpg", "inner/../link.jpg"]
    names = [*inside, str(outside), "../outside.jpg", "leads out.jpg", "up/outside.jpg"]
    rows = [(f"tt{n:07d}", "A Film", 1950, name) for n, name in enumerate(names)]
    table = write_table(folder / "movies.csv", rows)
    source_params = {"table": str(table), "pool": str(table), "allow_outside": allow_outside}
    params = params_with(source=source_params, posters={"max_bytes": len(POSTER)})
    source = TableSource(Tables(params), None, params)
    refused = []
    for movie in source.initial():
        try:
            assert source.poster(movie).content == POSTER
        except PosterRefused as error:
            assert error.reason == "outside the folder"
            assert "is not in the folder of movies.csv" in error.detail
            assert "set source.allow_outside to true" in error.detail
            refused.append(movie.poster)
    assert sorted(refused) == ([] if allow_outside else sorted(set(names) - set(inside)))
