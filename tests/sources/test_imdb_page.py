"""IMDb's pages are read in every layout they have had, and the firewall's page is named."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from damage import FORMATS, altered, cut_short

from posters.catalogue.movie_table import Movie
from posters.errors import SourceError
from posters.sources.imdb_page import parse_page, read_pages

SEARCH, OLD, TITLE, FIREWALL = (
    (FORMATS / name).read_text(encoding="utf-8")
    for name in ("imdb_search.html", "imdb_search_old.html", "imdb_title.html", "firewall.html")
)
DATA = re.compile(r'(<script id="__NEXT_DATA__"[^>]*>)(.*?)(</script>)', re.DOTALL)
LIST = DATA.sub("", SEARCH)
HEAD = DATA.sub("", TITLE)
LIGHTHOUSE = ("tt9900001", "The Paper Lighthouse", 1951)
HARVEST = ("tt9900041", "The Glass Harvest", 1947)


def poster(key: str) -> str:
    return f"https://m.media-amazon.com/images/M/{key}._V1_QL75_UX300_.jpg"


def brief(movies: list[Movie]) -> list[tuple[str, str, int]]:
    return [(movie.imdb_id, movie.title, movie.year) for movie in movies]


def with_data(page: str, data: object) -> str:
    return DATA.sub(lambda found: found[1] + json.dumps(data) + found[3], page)


def search(*items: object) -> str:
    data = {"searchResults": {"titleResults": {"titleListItems": [*items]}}}
    return with_data(SEARCH, {"props": {"pageProps": data}})


def title_data() -> Any:
    return json.loads(DATA.search(TITLE)[2])


ITEM = {
    **{"titleId": "tt9900001", "titleText": "The Paper Lighthouse", "releaseYear": 1951},
    **{"primaryImage": {"url": poster("X")}, "titleType": {"id": "movie"}},
}


def test_a_search_page_s_data_are_read_in_order_and_not_its_shorter_list() -> None:
    parsed = parse_page(SEARCH)
    assert parsed.movies == [
        Movie(*LIGHTHOUSE, poster("INVENTED1@")),
        Movie("tt9900002", "2091", 2024, poster("INVENTED2@@")),
        Movie("tt9900003", "A Landscape of Salt", 1960, poster("INVENTED3")),
        Movie("tt9900009", "Type Unknown", 1931, poster("INVENTED9")),
    ]
    assert parsed.left_out == {
        **{"no poster": 1, "not a movie": 1, "no year": 1, "repeated": 1},
        **{"placeholder": 1, "malformed": 1},
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"titleType": {"id": "tvSeries"}}, "not a movie"),
        ({"titleType": {"id": "tvMovie"}}, "not a movie"),
        ({"releaseYear": None}, "no year"),
        ({"releaseYear": "1951"}, "no year"),
        ({"releaseYear": True}, "no year"),
        ({"releaseYear": 1500}, "no year"),
        ({"primaryImage": {}}, "no poster"),
        ({"primaryImage": {"url": "images/x.jpg"}}, "no poster"),
        ({"titleId": "nm9900001"}, "malformed"),
        ({"titleText": " "}, "malformed"),
        ({"titleText": "\ud800"}, "malformed"),
    ],
)
def test_an_item_that_can_t_be_used_is_counted(change: dict[str, object], reason: str) -> None:
    nothing = DATA.search(search())
    assert nothing
    assert parse_page(nothing[0]).movies == []  # a search may find nothing
    parsed = parse_page(search({**ITEM, **change}, {**ITEM, "titleId": "tt9900002"}))
    assert [movie.imdb_id for movie in parsed.movies] == ["tt9900002"]
    assert parsed.left_out == {reason: 1}


def test_the_old_list_is_read() -> None:
    parsed = parse_page(OLD)
    assert parsed.movies == [
        Movie("tt9900021", "The Tin Orchard", 1994, poster("INVENTED21@")),
        Movie("tt9900022", "Namesake", 2019, poster("INVENTED22@")),
    ]
    assert parsed.left_out == {"not a movie": 4, "no poster": 2, "no year": 2}


@pytest.mark.parametrize(
    "page",
    [
        LIST,
        with_data(SEARCH, {"props": {"pageProps": {}}}),
        with_data(SEARCH, None),
        search({"changed": "layout"}, None),
        SEARCH.replace('{"props"', '{props"'),
        LIST.replace('href="/title', 'href="https://www.imdb.com/title'),  # as browsers save it
    ],
)
def test_the_list_is_read_where_there_are_no_data(page: str) -> None:
    parsed = parse_page(page)
    assert parsed.movies == [
        Movie(*LIGHTHOUSE, poster("INVENTED1@")),
        Movie("tt9900002", "2091", 2024, poster("INVENTED2@@")),
        Movie("tt9900011", "12. Something", 1966, poster("INVENTED11")),
    ]
    assert parsed.left_out == {"not a movie": 2, "no year": 1}


@pytest.mark.parametrize(
    ("spelt", "title"),
    [("1. Holm", "Holm"), ("1,204. 9. Nine", "9. Nine"), ("2091", "2091"), ("7.5 Men", "7.5 Men")],
)
def test_only_the_number_in_the_list_is_cut_from_a_title(spelt: str, title: str) -> None:
    assert parse_page(LIST.replace("1. The Paper Lighthouse", spelt)).movies[0].title == title


def test_items_of_the_list_that_say_another_type_are_no_movies() -> None:
    year = '<span class="dli-title-metadata-item">1951</span>'
    page = LIST.replace(year, f'{year}<span class="dli-title-type-data">TV Movie</span>')
    assert LIGHTHOUSE not in brief(parse_page(page).movies)


def test_a_title_page_is_read_from_its_data() -> None:
    assert parse_page(TITLE).movies == [Movie(*HARVEST, poster("INVENTED41@"))]


def test_a_title_page_without_an_image_falls_back_on_what_it_is_shared_with() -> None:
    data = title_data()
    data["props"]["pageProps"]["aboveTheFoldData"]["primaryImage"] = None
    assert parse_page(with_data(TITLE, data)).movies == [Movie(*HARVEST, poster("INVENTED42@"))]


@pytest.mark.parametrize("page", [HEAD, with_data(TITLE, {"props": None})])
def test_a_title_page_without_data_is_read_from_its_head(page: str) -> None:
    assert parse_page(page).movies == [Movie(*HARVEST, poster("INVENTED41@"))]
    without_image = re.sub(r'"image": "[^"]*", ', "", page)
    assert parse_page(without_image).movies == [Movie(*HARVEST, poster("INVENTED42@"))]


@pytest.mark.parametrize(
    ("named", "year"),
    [
        ("The Glass Harvest (1947) - IMDb", 1947),
        ("The Glass (1999) Harvest (1947) ⭐ 7.3 | Drama", 1947),
        *((f"The Glass Harvest ({x}) ⭐ 7.3", None) for x in ("TV Series 2008–2013", "Video 1947")),
        *((f"The Glass Harvest ({x}) ⭐ 7.3", None) for x in ("TV Movie 1947", "1947– ")),
        ("The Glass Harvest ⭐ 7.3", None),
    ],
)
def test_the_year_in_the_head_says_whether_it_is_a_movie(named: str, year: int | None) -> None:
    parsed = parse_page(HEAD.replace("The Glass Harvest (1947) ⭐ 7.3 | Drama", named))
    assert [movie.year for movie in parsed.movies] == ([year] if year else [])
    assert parsed.left_out.total() == (0 if year else 1)


def test_the_title_in_the_head_is_free_of_entities() -> None:
    page = HEAD.replace('"name": "The Glass Harvest"', '"name": "Tom &amp; Ann&apos;s"')
    assert parse_page(page).movies[0].title == "Tom & Ann's"


def test_the_firewall_s_page_is_named_and_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"firewall.*save it again"):
        parse_page(FIREWALL)


def test_a_page_that_loads_the_firewall_s_script_beside_its_list_is_read() -> None:
    script = '<head><script src="https://invented.awswaf.com/challenge.js"></script>'
    assert parse_page(SEARCH.replace("<head>", script)) == parse_page(SEARCH)


@pytest.mark.parametrize("page", ["", "text", "<html></html>", "<![x", "<div>" * 20_000])
def test_a_page_of_no_known_layout_is_an_error(page: str) -> None:
    with pytest.raises(SourceError, match="expected"):
        parse_page(page)


def damaged() -> Iterator[str]:
    for page in (SEARCH, OLD, LIST, TITLE, HEAD):
        yield from cut_short(page, 25)
    for data in altered(title_data()):
        yield with_data(TITLE, data)
    for item in altered(ITEM):
        yield search(item, {"listItem": item})
    for data in altered({"props": {"pageProps": {"searchResults": {"titleResults": 1}}}}):
        yield with_data(OLD + TITLE, data)
    for description in altered({"url": "https://www.imdb.com/title/tt9900041/", "name": "N"}):
        yield re.sub(r"(ld\+json\">).*?</script>", rf"\1{json.dumps(description)}</script>", HEAD)
    for attribute in ("href", "src", "srcset", "loadlate", "content", "class", "id"):
        for page in (OLD, LIST, TITLE, HEAD):
            yield re.sub(rf'{attribute}="[^"]*"', f'{attribute}="["', page)
            yield page.replace(f"{attribute}=", "x=")


def test_damaged_pages_are_read_or_errors() -> None:
    for page in damaged():
        with contextlib.suppress(SourceError):
            assert all(movie.title and movie.poster for movie in parse_page(page).movies)


def test_all_pages_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "2.HTM").write_text(OLD, encoding="utf-8-sig")
    (tmp_path / "1.html").write_text(TITLE, encoding="utf-16")
    (tmp_path / "3.html").write_bytes(SEARCH.encode().replace(b"Salt", b"S\xff"))
    (tmp_path / "notes.txt").write_text("not a page")
    (tmp_path / "1_files.html").mkdir()
    parsed = read_pages(tmp_path)
    assert [movie.imdb_id for movie in parsed.movies] == [
        *("tt9900041", "tt9900021", "tt9900022"),
        *("tt9900001", "tt9900002", "tt9900003", "tt9900009"),
    ]
    assert parsed.movies[5].title == "A Landscape of S\ufffd"
    assert parsed.left_out["not a movie"] == 5


def test_of_an_id_on_two_pages_the_first_counts_unless_their_years_disagree(tmp_path: Path) -> None:
    other = {**ITEM, "titleId": "tt9900002"}
    for number, page in enumerate(
        (
            search(ITEM, other),
            search({**ITEM, "titleText": "Other"}, {**other, "releaseYear": 9}),
            search({**other, "releaseYear": 1952}),
        )
    ):
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    parsed = read_pages(tmp_path)
    assert brief(parsed.movies) == [LIGHTHOUSE]
    assert parsed.left_out == {"repeated": 1, "no year": 1, "years disagree": 2}


def test_a_folder_without_pages_or_with_one_that_can_t_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no folder"):
        read_pages(tmp_path / "missing")
    with pytest.raises(SourceError, match="holds no page"):
        read_pages(tmp_path)
    (tmp_path / "a.html").write_text(SEARCH, encoding="utf-8")
    (tmp_path / "b.html").write_text(FIREWALL, encoding="utf-8")
    with pytest.raises(SourceError, match=r"b\.html.*firewall"):
        read_pages(tmp_path)


def test_data_without_years_or_pictures_gives_way_to_the_list_beside_it() -> None:
    lacking = search({**ITEM, "releaseYear": None}, {**ITEM, "primaryImage": None})
    listed = parse_page(LIST).movies
    assert listed
    assert parse_page(lacking.replace("</body>", "") + LIST).movies == listed


def test_what_the_data_calls_no_movie_is_not_taken_from_the_list_beside_it() -> None:
    episodes = search({**ITEM, "titleType": {"id": "tvEpisode"}})
    assert parse_page(episodes + LIST).movies == []
