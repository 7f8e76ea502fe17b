"""The `wikidata` source against a server that answers as Wikidata and Commons do."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from memory_source import encoded, picture
from sites import Sites, settings

from posters.params import load_params
from posters.sources.wikidata import (
    QUERY_ADDRESS,
    WikidataSource,
    thumbnail_address,
    wikidata_sites,
)

RULES = load_params().posters
YEARS = range(1950, 1953)
POSTER = encoded(picture(1), "JPEG")


def bindings(*rows: tuple[str, str, str, str]) -> str:
    names = ("film", "imdb", "poster", "y")
    found = [{name: {"value": v} for name, v in zip(names, row, strict=True)} for row in rows]
    return json.dumps({"head": {"vars": list(names)}, "results": {"bindings": found}})


@pytest.mark.parametrize("robots", ["", "User-agent: *\nDisallow: /wiki/Special:\n"])
def test_wikidata_gets_a_poster_by_its_name_or_where_its_thumbnail_is(
    sites: Sites, tmp_path: Path, robots: str
) -> None:
    file = "http://commons.wikimedia.org/wiki/Special:FilePath/Le%20Voyage.jpg"
    sites.content[QUERY_ADDRESS] = bindings(
        ("http://www.wikidata.org/entity/Q1", "tt0000001", file, "1950"),
        ("http://www.wikidata.org/entity/Q2", "", file, "1950"),
    )
    sites.content["https://commons.wikimedia.org/robots.txt"] = robots
    asked = file.replace("http:", "https:") + "?width=330"
    thumbnail = thumbnail_address(asked)
    assert thumbnail.endswith("/Le_Voyage.jpg/330px-Le_Voyage.jpg")
    sites.content |= {asked: POSTER, thumbnail: POSTER}
    with sites.archive(tmp_path, wikidata_sites(settings())) as archive:
        source = WikidataSource(archive, settings(), RULES, years=YEARS, seed=1)
        (movie,) = source.candidates(1950)
        assert movie.imdb_id == "tt0000001"
        assert list(source.initial()) == [movie]
        assert source.poster(movie).url == (thumbnail if robots else asked)
        assert sum(source.describe()["left_out"].values()) == 1
    assert sites.asked[asked] == (0 if robots else 1)


def test_the_thumbnail_of_a_file_is_where_commons_keeps_it() -> None:
    address = "https://commons.wikimedia.org/wiki/Special:FilePath/Example.jpg?width=330"
    assert thumbnail_address(address) == (
        "https://upload.wikimedia.org/wikipedia/commons/thumb/a/a9/Example.jpg/330px-Example.jpg"
    )
    named = quote("Amélie (film).jpg")
    assert named in thumbnail_address(
        f"https://commons.wikimedia.org/wiki/Special:FilePath/{named}"
    ).replace("_", "%20")
