"""Parameters of the sources in these tests."""

from memory_source import encoded, picture
from sites import settings

from posters.params import Params, load_params

POSTER = encoded(picture(1), "JPEG")


def params_of(**scrape: int) -> Params:
    """The committed parameters with the years 1950 to 1952, no retries and few votes."""
    committed = load_params()
    changed = {"first_year": 1950, "last_year": 1952, "min_votes": 100, "seed": 1, **scrape}
    return committed.model_copy(
        update={"fetch": settings(), "scrape": committed.scrape.model_copy(update=changed)}
    )
