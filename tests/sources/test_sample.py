"""The `sample` source: a generated catalogue in the shape of a real one, the same each time."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from posters.images.poster_checks import check_poster
from posters.params import load_params
from posters.sources.local_imdb import NATURAL_VOTES
from posters.sources.sample import SampleCatalogue
from sample_posters import POSTER_SIZE, draw_poster


def test_natural_sample_is_mostly_recent_and_oldest_years_have_few_candidates() -> None:
    sample = SampleCatalogue(movies=1254, years=range(1888, 2017), seed=20)
    natural = [movie for movie in sample.movies() if movie.votes >= NATURAL_VOTES]
    years = np.array([movie.year for movie in natural])
    assert len({movie.imdb_id for movie in natural}) == len(natural) >= 1254
    assert 1995 <= np.median(years) <= 2005
    assert 0 < (years < 1930).sum() < 50
    assert (years.min() >= 1888, years.max()) == (True, 2016)
    assert len({movie.title for movie in natural[:1254]}) > 1150
    assert 0 < sum(sample.picture_key(movie.imdb_id) is None for movie in natural) < 60
    counts = Counter(movie.year for movie in sample.movies() if movie.votes < NATURAL_VOTES)
    assert all(counts[year] < 10 for year in range(1888, 1906))
    assert all(counts[year] >= 60 for year in range(1931, 2017))
    for movie in natural[:20]:
        image = check_poster(sample.picture(movie.imdb_id), load_params().posters)
        assert (image.size, image.format) == (POSTER_SIZE, "JPEG")


def test_movies_and_posters_depend_on_the_seed_alone() -> None:
    program = (
        "from posters.files import sha256\n"
        "from posters.sources.sample import SampleCatalogue\n"
        "for seed in (20, 1):\n"
        "    sample = SampleCatalogue(movies=9, years=range(1888, 2017), seed=seed)\n"
        "    movies = [*sample.movies()]\n"
        "    for movie in [*movies[:9], *movies[-9:]]:\n"
        "        digest = sha256(sample.picture(movie.imdb_id))\n"
        "        print(movie, sample.picture_key(movie.imdb_id), digest)"
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
    lines = outputs[0].splitlines()
    assert len(lines) == 36
    assert set(lines[:18]).isdisjoint(lines[18:])


@pytest.mark.parametrize("year", [1800, 1888, 1925, 1955, 1985, 2016, 2300])
def test_any_title_and_year_can_be_drawn(year: int) -> None:
    for title in ("X", "Ünïcödé – 東京物語", "W" * 60, "A" + " b" * 29, "$100 {} %s\n", "   "):
        image = draw_poster(title, year, seed=year)
        assert (image.size, image.mode) == (POSTER_SIZE, "RGB")
