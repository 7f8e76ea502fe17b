"""The `imdb_pages` source: saved pages, and one live look that knows the firewall."""

import json
from pathlib import Path
from typing import Any

import pytest
from memory_source import encoded, picture
from sites import Sites, settings

from posters.errors import SourceError
from posters.params import load_params
from posters.sources.imdb_pages import ImdbPagesSource, pages_sites

RULES = load_params().posters
YEARS = range(1950, 1953)
POSTER = encoded(picture(1), "JPEG")
IMAGES = "https://m.media-amazon.com/images/M"


def pages(archive: Any, folder: Path | None) -> ImdbPagesSource:
    return ImdbPagesSource(archive, settings(), RULES, pages=folder, years=YEARS, seed=1)


def search_page(*items: dict[str, Any]) -> str:
    results = {"searchResults": {"titleResults": {"titleListItems": items}}}
    data = {"props": {"pageProps": results}}
    return f'<html><script id="__NEXT_DATA__">{json.dumps(data)}</script></html>'


def listed(imdb_id: str, year: int, kind: str = "movie") -> dict[str, Any]:
    return {
        "titleId": imdb_id,
        "titleText": "A Film",
        "releaseYear": year,
        "titleType": {"id": kind},
        "primaryImage": {"url": f"{IMAGES}/{imdb_id}@._V1_.jpg", "width": 1000, "height": 1500},
    }


def test_saved_pages_give_movies_and_their_posters(sites: Sites, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "1950.html").write_text(
        search_page(
            listed("tt0000002", 1950),
            listed("tt0000001", 1950),
            listed("tt3", 1950),
            listed("tt0000004", 1950, "tvEpisode"),
            listed("tt0000005", 1990),
        )
    )
    sites.content[f"{IMAGES}/tt0000002@._V1_QL75_UX300_.jpg"] = POSTER
    with sites.archive(tmp_path / "web", pages_sites(settings())) as archive:
        source = pages(archive, folder)
        movies = list(source.candidates(1950))
        assert [movie.imdb_id for movie in movies] == ["tt0000002", "tt0000001"]
        assert {movie.imdb_id for movie in source.initial()} == {"tt0000001", "tt0000002"}
        assert source.poster(movies[0]).content == POSTER
    assert not any("www.imdb.com" in address for address in sites.asked), "no live page is asked"


@pytest.mark.parametrize("answer", [202, 405, "<script>window.gokuProps = {}</script>"])
def test_the_live_look_recognises_the_firewall_and_asks_once(
    sites: Sites, tmp_path: Path, answer: Any
) -> None:
    address = (
        "https://www.imdb.com/search/title/?title_type=feature&release_date=1950-01-01,1952-12-31"
        "&sort=num_votes,desc&count=250"
    )
    sites.content[address] = answer
    with sites.archive(tmp_path, pages_sites(settings())) as archive:
        source = pages(archive, None)
        for _ in range(3):
            with pytest.raises(SourceError, match=r"firewall.*source\.pages"):
                list(source.initial())
    assert sites.asked == {address: 1}
    sites.content[address] = search_page(listed("tt0000001", 1950))
    with sites.archive(tmp_path, pages_sites(settings())) as archive:
        assert [m.imdb_id for m in pages(archive, None).initial()] == ["tt0000001"]
