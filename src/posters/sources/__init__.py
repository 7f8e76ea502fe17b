"""Where movies and posters come from: one module for each source, all with one protocol."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from posters import paths
from posters.catalogue.source_protocol import Source
from posters.errors import ParamsError
from posters.params import Params
from posters.sources.imdb import ImdbSource
from posters.sources.imdb_pages import ImdbPagesSource
from posters.sources.local_imdb import HOSTS, LocalImdb, LocalImdbSource, serve
from posters.sources.sample import SampleCatalogue
from posters.sources.table import TableCatalogue, Tables, TableSource
from posters.sources.tmdb import TmdbSource
from posters.sources.wikidata import WikidataSource
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

_LIVE_SOURCES: Mapping[str, type[ImdbSource | ImdbPagesSource | TmdbSource | WikidataSource]] = {
    "imdb": ImdbSource,
    "imdb_pages": ImdbPagesSource,
    "tmdb": TmdbSource,
    "wikidata": WikidataSource,
}


@contextlib.contextmanager
def open_source(params: Params) -> Iterator[Source]:
    """The source that the parameters name, open while the `with` block runs.

    Raises:
        ParamsError: something the source needs is missing.
        TableError: a table can't be used.
        SourceError: a site does not answer as expected.
    """
    kind, fetch = params.source.kind, params.fetch
    with contextlib.ExitStack() as stack:
        if kind == "sample" or params.source.replica:
            yield _local_imdb(params, stack)
        elif kind == "table":
            tables = Tables(params, params.scrape.years)
            sites = TableSource.sites(tables, fetch)
            archive = _open_archive(params, sites, stack) if tables.hosts else None
            yield TableSource(tables, archive, params)
        else:
            source = _LIVE_SOURCES[kind]
            yield source(_open_archive(params, source.sites(fetch), stack), params)


def _local_imdb(params: Params, stack: contextlib.ExitStack) -> Source:
    """The `imdb` source with the local server that stands in for IMDb."""
    scrape = params.scrape
    if params.source.replica:
        local_imdb = LocalImdb(TableCatalogue(Tables(params)), "replica")
    else:
        catalogue = SampleCatalogue(movies=scrape.movies, years=scrape.years, seed=scrape.seed)
        local_imdb = LocalImdb(catalogue, "sample")
    routes = stack.enter_context(serve(local_imdb))
    sites = [Site(host, 1, params.fetch.image_connections) for host in HOSTS]
    archive = _open_archive(params, sites, stack, routes)
    return LocalImdbSource(archive, params, local_imdb.endpoints)


def _open_archive(
    params: Params,
    sites: Iterable[Site],
    stack: contextlib.ExitStack,
    routes: Mapping[str, str] | None = None,
) -> Archive:
    """The archive, connected to the real web or, with routes, to the local server."""
    if routes is None and not params.fetch.contact:
        raise ParamsError(
            "fetch.contact is empty: every request names a contact. Set it to an e-mail address or "
            "a page where the sites' operators can reach you, such as "
            "-S fetch.contact=me@example.org"
        )
    folder = paths.archive(params.source.archive)
    fetcher = Fetcher(sites, params.fetch, robots=folder / "robots", routes=routes or {})
    return stack.enter_context(contextlib.closing(Archive(folder, fetcher)))
