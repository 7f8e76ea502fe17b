"""The `imdb_pages` source: saved pages of each layout, and one request that knows the firewall."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from damage import FORMATS, altered, cut_short
from sites import POSTER, Sites, listed_alike, opened

from posters.catalogue.movie_table import Movie, Parsed
from posters.errors import SourceError
from posters.sources.imdb_pages import ImdbPagesSource, parse_page, read_folder

SEARCH, OLD, TITLE, FIREWALL = (
    (FORMATS / name).read_text(encoding="utf-8")
    for name in ("imdb_search.html", "imdb_search_old.html", "imdb_title.html", "firewall.html")
)
DATA = re.compile(r'(<script id="__NEXT_DATA__"[^>]*>)(.*?)(</script>)', re.DOTALL)
IMAGES = "https://m.media-amazon.com/images/M"
ITEM: dict[str, Any] = {
    "titleId": "tt9900001",
    "titleText": "The Paper Lighthouse",
    "releaseYear": 1951,
    "titleType": {"id": "movie"},
    "primaryImage": {"url": f"{IMAGES}/X@._V1_.jpg", "width": 1000, "height": 1500},
}


def poster(key: str) -> str:
    return f"{IMAGES}/{key}._V1_QL75_UX300_.jpg"


def with_data(page: str, data: object) -> str:
    return DATA.sub(lambda found: found[1] + json.dumps(data) + found[3], page)


def page_of(data: object, *, html: str = TITLE) -> str:
    return with_data(html, {"props": {"pageProps": data}})


def search(*items: object) -> str:
    return page_of({"searchResults": {"titleResults": {"titleListItems": [*items]}}})


def test_search_page_is_read_from_its_data() -> None:
    parsed = parse_page(SEARCH)
    assert parsed.movies == [
        Movie("tt9900001", "The Paper Lighthouse", 1951, poster("INVENTED1@")),
        Movie("tt9900002", "2091", 2024, poster("INVENTED2@@")),
        Movie("tt9900003", "A Landscape of Salt", 1960, poster("INVENTED3")),
        Movie("tt9900009", "Type Unknown", 1931, poster("INVENTED9")),
    ]
    assert parsed.left_out == {
        **{"no poster": 1, "not a movie": 1, "no year": 1, "repeated": 1},
        **{"placeholder": 1, "malformed": 1, "not in the page's data": 4},
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"titleType": {"id": "tvSeries"}}, "not a movie"),
        ({"releaseYear": "1951"}, "no year"),
        ({"primaryImage": {"url": "images/x.jpg"}}, "no poster"),
        ({"titleId": "nm9900001"}, "malformed"),
        ({"titleId": "tt" + "1" * 11}, "malformed"),
        ({"titleText": "\ud800"}, "malformed"),
    ],
)
def test_unusable_items_are_counted(change: dict[str, object], reason: str) -> None:
    parsed = parse_page(search({**ITEM, **change}, {**ITEM, "titleId": "tt9900002"}))
    assert [movie.imdb_id for movie in parsed.movies] == ["tt9900002"]
    assert parsed.left_out == {reason: 1}


NODE = {
    **ITEM,
    "titleId": None,
    "id": "tt9900001",
    "titleText": {"text": "The Paper Lighthouse"},
    "releaseYear": {"year": 1951, "endYear": None},
}
FOUND_UNTIL_2025 = {
    "id": "tt9900001",
    "titleNameText": "The Paper Lighthouse",
    "titleReleaseText": "1951",
    "titleTypeText": "",
    "titlePosterImageModel": ITEM["primaryImage"],
}
SERIES = {**FOUND_UNTIL_2025, "titleReleaseText": "1951-1953", "titleTypeText": "TV Series"}
MOVIE = Movie("tt9900001", "The Paper Lighthouse", 1951, poster("X@"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"titleResults": {"results": [{"index": "1", "listItem": ITEM}]}}, id="find"),
        pytest.param({"titleResults": {"results": [FOUND_UNTIL_2025]}}, id="find until 2025"),
        pytest.param(
            {"pageData": {"chartTitles": {"edges": [{"currentRank": 1, "node": NODE}]}}}, id="chart"
        ),
        pytest.param(
            {"mainColumnData": {"list": {"titleListItemSearch": {"edges": [{"listItem": NODE}]}}}},
            id="list",
        ),
    ],
)
def test_find_chart_and_list_pages_are_read(data: object) -> None:
    assert parse_page(page_of(data)) == Parsed([MOVIE])


def test_page_without_movies_is_counted() -> None:
    for results, reason in (([], "no titles"), ([SERIES], "not a movie")):
        page = page_of({"titleResults": {"results": results}})
        assert parse_page(page) == Parsed([], Counter({reason: 1}))


def test_old_list_is_read() -> None:
    parsed = parse_page(OLD)
    assert parsed.movies == [
        Movie("tt9900021", "The Tin Orchard", 1994, poster("INVENTED21@")),
        Movie("tt9900022", "Namesake", 2019, poster("INVENTED22@")),
    ]
    assert parsed.left_out == {"not a movie": 4, "no poster": 2, "no year": 2}
    # Browsers make links absolute.
    saved = OLD.replace('href="/title', 'href="https://www.imdb.com/title')
    assert parse_page(saved) == parsed
    long_id = parse_page(OLD.replace("/title/tt9900021/", f"/title/tt{'1' * 11}/"))
    assert long_id.movies == parsed.movies[1:]
    assert long_id.left_out == parsed.left_out | {"malformed": 1}


def test_title_page_is_read() -> None:
    movie = Movie("tt9900041", "The Glass Harvest", 1947, poster("INVENTED41@"))
    assert parse_page(TITLE).movies == [movie]


def test_firewall_page_is_named() -> None:
    with pytest.raises(SourceError, match=r"firewall.*save it again"):
        parse_page(FIREWALL)
    script = '<head><script src="https://invented.awswaf.com/challenge.js"></script>'
    assert parse_page(SEARCH.replace("<head>", script)) == parse_page(SEARCH)


@pytest.mark.parametrize(
    "page",
    [
        *("", "<html></html>", "<![x", "<div>" * 20_000),
        search({"changed": "layout"}, None),
        page_of({"pageData": {"chartTitles": {"edges": [{}]}}}, html=SEARCH),
        with_data(SEARCH, {"props": None}),
        SEARCH.replace('{"props"', '{props"'),
    ],
)
def test_page_of_unknown_layout_is_an_error(page: str) -> None:
    with pytest.raises(SourceError, match="expected"):
        parse_page(page)


def damaged() -> Iterator[str]:
    for page in (SEARCH, OLD, TITLE):
        yield from cut_short(page, 25)
    title = DATA.search(TITLE)
    assert title
    yield from (with_data(TITLE, data) for data in altered(json.loads(title[2])))
    yield from (search(item, {"listItem": item}) for item in altered(ITEM))
    for attribute in ("href", "loadlate", "class", "id"):
        yield re.sub(rf'{attribute}="[^"]*"', f'{attribute}="["', OLD)
        yield OLD.replace(f"{attribute}=", "x=")


def test_damaged_pages_are_read_or_errors() -> None:
    for page in damaged():
        with contextlib.suppress(SourceError):
            assert all(movie.title and movie.poster for movie in parse_page(page).movies)


def test_pages_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "1.html").write_text(TITLE, encoding="utf-8")
    (tmp_path / "2.HTM").write_text(OLD, encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("not a page")
    (tmp_path / "1_files.html").mkdir()
    parsed = read_folder(tmp_path)
    assert [movie.imdb_id for movie in parsed.movies] == ["tt9900041", "tt9900021", "tt9900022"]
    assert parsed.left_out["not a movie"] == 4
    assert parsed.left_out["not an *.html file"] == 1


def test_repeated_id_is_used_once_unless_its_years_disagree(tmp_path: Path) -> None:
    other = {**ITEM, "titleId": "tt9900002"}
    second = search({**ITEM, "titleText": "Other"}, {**other, "releaseYear": 1952})
    (tmp_path / "1.html").write_text(search(ITEM, other))
    (tmp_path / "2.html").write_text(second)
    # A page that gives no movie is named.
    (tmp_path / "series.html").write_text(search({**ITEM, "titleType": {"id": "tvSeries"}}))
    parsed = read_folder(tmp_path)
    assert parsed.movies == [MOVIE]
    left_out = {"repeated": 1, "years disagree": 2, "series.html: not a movie": 1}
    assert parsed.left_out == left_out


def test_folder_without_readable_pages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(SourceError, match="no pages"):
        read_folder(tmp_path)
    (tmp_path / "a.html").write_text(SEARCH, encoding="utf-8")
    (tmp_path / "b.html").write_text(FIREWALL, encoding="utf-8")
    with pytest.raises(SourceError, match=r"b\.html.*firewall"):
        read_folder(tmp_path)


def test_saved_pages_give_movies_and_posters(sites: Sites, tmp_path: Path) -> None:
    changes = {"titleId": "tt0000002"}, {}, {"titleId": "tt0000005", "releaseYear": 1990}
    (tmp_path / "1951.html").write_text(search(*({**ITEM, **change} for change in changes)))
    sites.content[poster("X@")] = POSTER
    with opened(ImdbPagesSource, sites, tmp_path / "web", tmp_path) as source:
        assert sorted(listed_alike(source)) == ["tt0000002", "tt9900001"]
        assert source.describe()["left_out"] == {"outside the years": 1}
        assert source.poster(next(source.initial())).content == POSTER
    assert not any("www.imdb.com" in address for address in sites.counts)


@pytest.mark.parametrize("answer", [202, "<script>window.gokuProps = {}</script>"])
def test_search_page_is_requested_once_and_the_firewall_recognised(
    sites: Sites, tmp_path: Path, answer: Any
) -> None:
    address = (
        "https://www.imdb.com/search/title/?title_type=feature&release_date=1950-01-01,1952-12-31"
        "&sort=num_votes,desc&count=250"
    )
    sites.content[address] = answer
    with opened(ImdbPagesSource, sites, tmp_path) as source:
        for _ in range(3):
            with pytest.raises(SourceError, match=r"firewall.*source\.pages"):
                list(source.initial())
    assert sites.counts == {address: 1}
    sites.content[address] = search(ITEM)
    with opened(ImdbPagesSource, sites, tmp_path) as source:
        assert [movie.imdb_id for movie in source.initial()] == ["tt9900001"]
