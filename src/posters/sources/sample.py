"""The `sample` source's catalogue: generated movies with generated posters.

Its shape is that of real movies: the natural sample is mostly recent (its median is near 2000) and
thin before 1930, and of the oldest years so few movies exist that a top-up falls short.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import sample_posters
from posters.catalogue.pseudo_random import unit_interval
from posters.files import sha256
from posters.images import fonts
from posters.sources.drawing import Drawing
from posters.sources.imdb_datasets import RatedMovie
from posters.sources.local_imdb import NATURAL_VOTES

_WITHOUT_POSTER = 0.02  # share of the movies

# Movies of a year in the natural sample, relative to each other, at these years (linear between).
_NATURAL_YEARS = (1888, 1910, 1930, 1945, 1970, 1985, 1999, 2004, 2016)
_NATURAL = (0.05, 0.5, 2, 4, 10, 11, 14, 32, 65)
# Number of further movies of a year at these years (linear between).
_POOL_YEARS = (1888, 1905, 1915, 1925, 1931, 2016)
_POOL = (3, 6, 16, 26, 70, 70)

_NOUNS = """
    Harbour Garden Rider Orchard Lantern Witness Empire River Stranger Window Crown Detective
    Carnival Mountain Letter Widow Engine Sailor Mirror Horizon Cathedral Outlaw Waltz
    Lighthouse Thief Summer Winter Machine Wolf Sparrow Planet Dancer Bride Gambler Cavalry
    Island Ghost Castle Station Avenue Tiger Promise Kingdom Shadow Teacher Serpent Valley
    Soldier Circus Storm Melody Pirate Diamond Raven Colony Labyrinth Highway Butcher Comet
    Duchess Monsoon Telegram
""".split()  # noqa: SIM905
_WORDS = {
    "adjective": """
        Silent Broken Crimson Last Hidden Golden Midnight Lonely Burning Savage Velvet Wild
        Forgotten Electric Distant Bitter Scarlet Gentle Restless Hollow Frozen Crooked
        Northern Paper Iron Wicked Emerald Stolen Endless Quiet Dancing Second Perfect
        Invisible Dangerous Tender Secret Reckless Painted Falling Blue Black White Red
        Merry Terrible Impossible Foreign Lucky
    """.split(),  # noqa: SIM905
    "noun": _NOUNS,
    "other": _NOUNS,
    "place": """
        Lisbon Cairo Shanghai Texas Marseille Vienna Havana Bombay Alaska Trieste Casablanca
        Dakota Naples Oslo Kyoto Veracruz Tangier Samarkand Galway Valparaiso Odessa
        Zanzibar Montana
    """.split(),  # noqa: SIM905
    "name": """
        Anna Marlowe Rosalind Jasper Odette Silas Ivy Magnus Clementine Dorian Esther Felix
        Greta Hugo Imogen Leopold Mabel Nadia Oscar Pearl Quentin Ruby Tobias Ursula Vincent
        Wilhelmina
    """.split(),  # noqa: SIM905
}
# Some movies share a title, like remakes.
_PATTERNS = (
    "The {adjective} {noun}",
    "{adjective} {noun}",
    "{adjective} {noun}s",
    "{noun} of {place}",
    "{adjective} in {place}",
    "The {noun} and the {other}",
    "{name}'s {noun}",
    "{name} and the {noun}",
    "A {noun} for {name}",
    "{name} Goes to {place}",
    "Return of the {adjective} {noun}",
    "Beyond the {adjective} {noun}",
    "My {adjective} {noun}",
    "The {noun} from {place}",
    "Who Killed the {adjective} {noun}?",
    "The Secret Life of {name} {other}",
    "{place} {noun}",
)


class SampleCatalogue:
    """Generated movies for the local server; a poster is drawn when it is requested.

    Args:
        movies: the size of the natural sample; some more are generated.
        years: the years of the movies.
        seed: of the catalogue and of every poster.
    """

    def __init__(self, *, movies: int, years: range, seed: int) -> None:
        self._years = years
        self._seed = seed
        self._drawing = Drawing()
        self._drawing_digest = _drawing_digest()
        further = (movie for year in years for movie in self._further(year))
        all_movies = (*self._natural(round(1.1 * movies) + 10), *further)
        self._movies = {movie.imdb_id: movie for movie in all_movies}

    def movies(self) -> Iterable[RatedMovie]:
        """The movies of the natural sample, then the further ones of each year."""
        return self._movies.values()

    def picture_key(self, imdb_id: str) -> str | None:
        """Changes with everything the drawing depends on; None for the few without a poster."""
        if unit_interval(self._seed, "without poster", imdb_id) < _WITHOUT_POSTER:
            return None
        movie = self._movies[imdb_id]
        inputs = f"{self._drawing_digest}:{self._seed}:{imdb_id}:{movie.title}:{movie.year}"
        return sha256(inputs.encode())[:16]

    def picture(self, imdb_id: str) -> bytes:
        """Draw a movie's poster as a JPEG file."""
        movie = self._movies[imdb_id]
        seed = int(unit_interval(self._seed, "poster", imdb_id) * 2**53)
        return self._drawing.jpeg(movie.title, movie.year, seed)

    def _natural(self, number: int) -> Iterator[RatedMovie]:
        """Movies whose years follow the natural distribution."""
        weights = np.interp(self._years, _NATURAL_YEARS, _NATURAL)  # (n_years,)
        cumulative = np.cumsum(weights) / weights.sum()
        for rank in range(number):
            imdb_id = f"tt990{rank:07d}"
            quantile = unit_interval(self._seed, "year", imdb_id)
            index = int(np.searchsorted(cumulative[:-1], quantile, side="right"))
            yield self._movie(imdb_id, self._years[index], NATURAL_VOTES)

    def _further(self, year: int) -> Iterator[RatedMovie]:
        """The further movies of a year, with descending votes."""
        number = round(float(np.interp(year, _POOL_YEARS, _POOL)))
        number += int(unit_interval(self._seed, "pool", year) * 3) - 1
        for rank in range(number):
            yield self._movie(f"tt991{year}{rank:03d}", year, NATURAL_VOTES - 1 - rank)

    def _movie(self, imdb_id: str, year: int, votes: int) -> RatedMovie:
        generator = np.random.default_rng(int(unit_interval(self._seed, "title", imdb_id) * 2**53))
        return RatedMovie(imdb_id, _generate_title(generator), year, votes)


def _generate_title(generator: np.random.Generator) -> str:
    """A title such as "The Crooked Lantern"."""
    pattern = _PATTERNS[generator.integers(len(_PATTERNS))]
    words = {key: choices[generator.integers(len(choices))] for key, choices in _WORDS.items()}
    return pattern.format(**words)


def _drawing_digest() -> str:
    """Digest of the drawing code: posters of an older version are not taken from the archive."""
    folder = Path(sample_posters.__file__).parent
    # `__main__` only answers requests.
    files = [file for file in sorted(folder.glob("*.py")) if file.stem != "__main__"]
    files.append(Path(fonts.__file__))
    return sha256(b"".join(file.read_bytes() for file in files))
