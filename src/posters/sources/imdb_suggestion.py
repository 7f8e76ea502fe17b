"""IMDb's suggestions for an id, in JSON: where the poster of one movie is."""

from posters.catalogue.movie_table import is_address
from posters.errors import PosterRefused, SourceError
from posters.images.imdb_addresses import image_address, is_placeholder
from posters.sources.json_values import at, read_json, text, whole


def poster_address(answer: bytes, imdb_id: str, year: int) -> str:
    """The address of a movie's poster; what merely resembles the movie is never taken.

    Args:
        answer: the JSON as it came.
        imdb_id: the id that was asked for.
        year: of the movie, as the data sets have it.

    Raises:
        PosterRefused: `not listed`: the id is not among the suggestions; `another year`: its year
            differs or is missing; `no poster`: it has no picture; `placeholder`: only IMDb's own.
        SourceError: the answer is not a list of suggestions.
    """
    suggestions = read_json(answer, f"IMDb's suggestion for {imdb_id}")
    items = at(suggestions, "d")
    # Where nothing was found the list is missing, and only the query and the version are there.
    if items is None and isinstance(suggestions, dict) and {"q", "v"} & suggestions.keys():
        items = []
    if not isinstance(items, list):
        raise SourceError(
            f"IMDb's suggestion for {imdb_id} lists nothing: expected an object with a list `d`, "
            f"received {answer[:80]!r}. If this lasts, the site has changed"
        )
    item = next((item for item in items if at(item, "id") == imdb_id), None)
    if item is None:
        raise PosterRefused("not listed", f"IMDb suggests nothing for {imdb_id}")
    if whole(at(item, "y")) != year:
        received = at(item, "y")
        raise PosterRefused("another year", f"{imdb_id} is of {received!r:.40}, expected {year}")
    address = text(at(item, "i", "imageUrl"))
    if address is None or not is_address(address):
        raise PosterRefused("no poster", f"IMDb shows no picture of {imdb_id}")
    if is_placeholder(address):
        raise PosterRefused("placeholder", f"IMDb shows only its own picture for {imdb_id}")
    return image_address(address)
