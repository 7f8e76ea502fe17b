"""Movies that are all listed before the first poster is asked for, with their addresses."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from posters.catalogue.movie_table import Movie
from posters.files import unit_interval


class Listing:
    """Movies in the two orders that a source offers them in.

    Args:
        movies: in the order in which those of one year are to be tried.
        years: movies of other years are left aside.
        seed: decides the order of the natural sample.
    """

    def __init__(self, movies: Iterable[Movie], years: range, seed: int) -> None:
        self._by_year: dict[int, list[Movie]] = defaultdict(list)
        for movie in movies:
            if movie.year in years:
                self._by_year[movie.year].append(movie)
        self._seed = seed

    def initial(self) -> Iterator[Movie]:
        """All of them in a seeded random order."""
        movies = [movie for of_year in self._by_year.values() for movie in of_year]
        return iter(sorted(movies, key=lambda movie: unit_interval(self._seed, movie.imdb_id)))

    def candidates(self, year: int) -> Iterator[Movie]:
        """Those of one year in the order they were listed."""
        return iter(self._by_year.get(year, []))
