"""Recorded answers of the real sites are read completely; skipped where they are missing."""

import json
from pathlib import Path

import pytest

from posters.catalogue.movie_table import Movie, Parsed, read_table
from posters.errors import PosterRefused, SourceError
from posters.sources.imdb import suggested_poster
from posters.sources.imdb_datasets import RatedMovie, read_datasets
from posters.sources.imdb_pages import parse_page, read_folder
from posters.sources.tmdb import parse_discover, parse_find
from posters.sources.wikidata import bindings, commons_address
from posters.web.challenge import is_challenge

AMAZON = "https://m.media-amazon.com/images/M/"
FORM = "._V1_QL75_UX300_.jpg"


@pytest.fixture
def formats(shared: Path) -> Path:
    if not (shared / "formats").is_dir():
        pytest.skip("the recorded answers are not here: ../shared/formats is absent")
    return shared / "formats"


def test_pages_have_all_their_movies(formats: Path) -> None:
    def page(name: str) -> Parsed:
        return parse_page((formats / f"imdb_{name}.html").read_text(encoding="utf-8"))

    search = page("search_2025")
    assert (len(search.movies), search.left_out) == (14, {})
    years = {movie.imdb_id: movie.year for movie in search.movies}
    assert (years["tt0085868"], years["tt9691136"], years["tt0082431"]) == (1982, 2020, 1981)
    assert search.movies[4].title == "2073"
    key = "MV5BMTc2MjcwNjI0MF5BMl5BanBnXkFtZTcwMjM4NjM3MQ@@"
    assert search.movies[3] == Movie("tt0949731", "The Happening", 2008, f"{AMAZON}{key}{FORM}")

    episodes = page("search_2025_episodes")
    assert (episodes.movies, episodes.left_out) == ([], {"not a movie": 6})

    old = page("search_legacy_2020")
    (movie,) = old.movies
    assert (movie.imdb_id, movie.title, movie.year) == ("tt0109830", "Forrest Gump", 1994)
    assert movie.poster.endswith(f"QxNzMzNDI@{FORM}")
    assert old.left_out == {"not a movie": 2}

    titles = [*page("title_2025").movies, *page("title_2026").movies]
    assert [(movie.title, movie.year) for movie in titles] == [
        ("The Shawshank Redemption", 1994),
        ("Avengers: Endgame", 2019),
    ]


def test_firewall_page_is_recognised(formats: Path) -> None:
    stub = (formats / "waf_challenge.html").read_bytes()
    assert is_challenge(200, {}, stub)
    with pytest.raises(SourceError, match="firewall"):
        parse_page(stub.decode())
    with pytest.raises(SourceError, match=r"waf_challenge\.html"):
        read_folder(formats)


def test_suggestion_is_used_only_for_its_movie(formats: Path) -> None:
    answer = (formats / "imdb_suggestion_v3_2026.json").read_bytes()
    key = "MV5BNjU0NDFkMTQtZWY5OS00MmZhLTg3Y2QtZmJhMzMzMWYyYjc2XkEyXkFqcGc@"
    assert suggested_poster(answer, "tt0062622", 1968) == f"{AMAZON}{key}{FORM}"
    for imdb_id, year, reason in (
        ("tt0062622", 2001, "another year"),
        ("tt4712918", 2014, "another year"),
        ("tt1424712", 2006, "no poster"),
        ("tt0111161", 1994, "not listed"),
    ):
        with pytest.raises(PosterRefused, match=reason):
            suggested_poster(answer, imdb_id, year)


def test_data_sets_give_the_movies_with_a_year(formats: Path) -> None:
    basics, ratings = (formats / f"title.{name}.excerpt.tsv" for name in ("basics", "ratings"))
    movies, left_out = read_datasets(basics, ratings, range(2011, 2020))
    assert sorted(movies, key=lambda movie: movie.year) == [
        RatedMovie("tt1754912", "Wrath", 2011, 317),
        RatedMovie("tt3002254", "The Wyrmdiaries: Behind the Scenes of Wyrmwood", 2013, 0),
        RatedMovie("tt2535470", "Wyrmwood: Road of the Dead", 2014, 15169),
        RatedMovie("tt4586114", "A Night of Horror: Volume 1", 2015, 394),
        RatedMovie("tt2363483", "Turbines", 2019, 80),
    ]
    assert left_out["title.basics: no year"] == 4


def test_tmdb_answers_are_read(formats: Path) -> None:
    images = json.loads((formats / "tmdb_configuration.json").read_text())["images"]
    assert f"{images['secure_base_url']}w342" == "https://image.tmdb.org/t/p/w342"
    assert "w342" in images["poster_sizes"]
    page = parse_discover((formats / "tmdb_discover.json").read_bytes(), 2023)
    assert [movie.tmdb_id for movie in page.movies][:2] == [640146, 502356]
    assert (len(page.movies), page.left_out) == (4, {"another year": 1})
    assert (page.total_pages, page.total_results) == (38020, 760385)
    (avatar,) = parse_find((formats / "tmdb_find.json").read_bytes())
    assert avatar == (
        *(19995, "Avatar", 2009),
        "https://image.tmdb.org/t/p/w342/kyeqWdyUXW608qlYkRqosgbbJyK.jpg",
    )
    with pytest.raises(SourceError, match="TMDB_API_KEY"):
        parse_discover((formats / "tmdb_bad_key.json").read_bytes(), 2023)


def test_wikidata_rows_are_read(formats: Path) -> None:
    (row,) = bindings((formats / "wdqs_shape.json").read_bytes())
    assert row["item"].endswith("/Q376896")
    assert commons_address(row["image"]) == (
        "https://commons.wikimedia.org/wiki/Special:FilePath/"
        "%C3%89glise%20Saint-Jean-Baptiste%20de%20Grenelle%20%28Paris%29%2019.jpg?width=330"
    )


def test_movie_genre_is_read_unchanged(formats: Path) -> None:
    parsed = read_table(formats / "MovieGenre.excerpt.latin1.csv")
    key = "MV5BMDU2ZWJlMjktMTRhMy00ZTA5LWEzNDgtYmNmZTEwZTViZWJkXkEyXkFqcGdeQXVyNDQ2OTk4MzI@"
    assert parsed.movies[0] == Movie("tt0114709", "Toy Story", 1995, f"{AMAZON}{key}{FORM}")
    assert (len(parsed.movies), parsed.left_out) == (95, {"no year": 1})
    titles = {movie.imdb_id: movie.title for movie in parsed.movies}
    assert titles["tt0113828"].startswith("Les mis\xed")
