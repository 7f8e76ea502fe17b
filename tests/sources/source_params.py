"""Parameters of the sources in these tests."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from memory_source import encoded, picture
from sites import Sites, settings

from posters.params import Params, load_params
from posters.sources.web_source import WebSource

AnySource = TypeVar("AnySource", bound=WebSource)
POSTER = encoded(picture(1), "JPEG")


def params_of(**scrape: int) -> Params:
    """The committed parameters with the years 1950 to 1952, no retries and few votes."""
    committed = load_params()
    changed = {"first_year": 1950, "last_year": 1952, "min_votes": 100, "seed": 1, **scrape}
    return committed.model_copy(
        update={"fetch": settings(), "scrape": committed.scrape.model_copy(update=changed)}
    )


@contextlib.contextmanager
def opened(
    source: type[AnySource], sites: Sites, folder: Path, *arguments: object, **scrape: int
) -> Iterator[AnySource]:
    """A source whose hosts are all served by `sites`."""
    with sites.archive(folder, source.sites(settings())) as archive:
        yield source(archive, params_of(**scrape), *arguments)
