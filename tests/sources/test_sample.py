"""The embedded default: an invented catalogue in the shape of a real one, the same each time."""

import io
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import Ridge

from posters.images.pictures import check_poster
from posters.params import load_params
from posters.sources.imdb_datasets import Film
from posters.sources.replica import NATURAL_VOTES
from posters.sources.sample import SampleShelf
from sample_posters import POSTER_SIZE, draw_poster

YEARS = range(1888, 2017)


def sample(seed: int = 20, movies: int = 1254) -> SampleShelf:
    return SampleShelf(movies=movies, years=YEARS, seed=seed)


def natural(shelf: SampleShelf) -> list[Film]:
    return [film for film in shelf.films() if film.votes >= NATURAL_VOTES]


def test_the_initial_catalogue_is_unbalanced_as_real_ones_are() -> None:
    films = natural(sample())
    years = np.array([film.year for film in films])
    assert len({film.imdb_id for film in films}) == len(films) >= 1254
    assert 1995 <= np.median(years) <= 2005
    assert 0 < (years < 1930).sum() < 50
    assert years.min() >= 1888
    assert years.max() == 2016


def test_the_oldest_years_have_too_few_candidates_and_later_ones_enough() -> None:
    films = [film for film in sample().films() if film.votes < NATURAL_VOTES]
    counts = Counter(film.year for film in films)
    assert all(counts[year] < 10 for year in range(1888, 1906))
    assert all(counts[year] >= 60 for year in range(1931, 2017))


def test_titles_are_mostly_of_one_movie_as_real_ones_are() -> None:
    titles = [film.title for film in natural(sample())][:1254]
    assert len(set(titles)) > 1150


def test_the_same_seed_gives_the_same_movies_and_posters_in_another_process() -> None:
    program = (
        "from posters.files import sha256\n"
        "from posters.sources.sample import SampleShelf\n"
        "shelf = SampleShelf(movies=9, years=range(1888, 2017), seed=20)\n"
        "films = shelf.films()\n"
        "print([(film, shelf.key(film.imdb_id), sha256(shelf.picture(film.imdb_id)))"
        " for film in [*films[:9], *films[-9:]]])"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(number), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in (1, 2)
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0].count("tt990") == 9


def test_another_seed_gives_other_movies() -> None:
    first, second = ([film[1:3] for film in sample(seed).films()[:20]] for seed in (1, 2))
    assert first != second


def test_a_few_films_have_no_poster_as_on_the_real_site() -> None:
    shelf = sample()
    without = [film for film in natural(shelf) if shelf.key(film.imdb_id) is None]
    assert 0 < len(without) < 60


def test_every_poster_is_accepted_as_one() -> None:
    shelf, rules = sample(), load_params().posters
    for film in natural(shelf)[:40]:
        image = check_poster(shelf.picture(film.imdb_id), rules)
        assert image.size == POSTER_SIZE
        assert image.format == "JPEG"


@pytest.mark.parametrize(
    "title", ["X", "Ünïcödé – 東京物語", "W" * 60, "A" + " b" * 29, "$100 {} %s\n", "   "]
)
@pytest.mark.parametrize("year", [1800, 1888, 1925, 1955, 1985, 2016, 2300])
def test_any_title_and_year_can_be_drawn(title: str, year: int) -> None:
    image = draw_poster(title, year, seed=year)
    assert image.size == POSTER_SIZE
    assert image.mode == "RGB"


def test_the_year_can_be_guessed_from_a_poster_but_is_not_given_away() -> None:
    """Colours and coarse layout alone date a poster better than guessing, and far from exactly."""
    generator = np.random.default_rng(0)
    years = generator.integers(1888, 2017, 500)
    features = []
    for number, year in enumerate(years):
        image = draw_poster(f"Movie {number}", int(year), seed=number)
        small = np.asarray(image.resize((8, 8), Image.Resampling.BOX), np.float64) / 255
        features.append(np.concatenate([small.ravel(), small.std(axis=(0, 1))]))
    matrix = np.array(features)
    model = Ridge(alpha=10).fit(matrix[:350], years[:350])
    error = np.abs(model.predict(matrix[350:]) - years[350:]).mean()
    guess = np.abs(np.median(years[:350]) - years[350:]).mean()
    assert 0.1 < 1 - error / guess < 0.7


def test_grey_posters_are_of_every_era() -> None:
    def share_of_grey(years: range) -> float:
        grey = 0
        for number, year in enumerate(years):
            image = draw_poster("The Grey Wolf", year, seed=number)
            content = io.BytesIO()
            image.save(content, "JPEG", quality=90)
            pixels = np.asarray(Image.open(content), np.int16)
            grey += float((pixels.max(axis=2) - pixels.min(axis=2)).mean()) < 12
        return grey / len(years)

    assert 0 < share_of_grey(range(1888, 1920)) < 1
    assert 0 < share_of_grey(range(1920, 2017)) < 0.5
