"""Where movies and posters come from: one file each, behind one small protocol."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from posters import paths
from posters.catalogue.source_protocol import Picture, Source
from posters.errors import ParamsError
from posters.params import Params
from posters.sources.imdb import LIVE, Edition, ImdbSource, imdb_sites
from posters.sources.imdb_pages import ImdbPagesSource, pages_sites
from posters.sources.replica import HOSTS, NATURAL_VOTES, Replica, Shelf
from posters.sources.sample import SampleShelf
from posters.sources.table import Tables, TableShelf, TableSource, table_sites
from posters.sources.tmdb import TmdbSource, tmdb_sites
from posters.sources.wikidata import WikidataSource, wikidata_sites
from posters.web.archive import Archive
from posters.web.fetcher import Fetcher
from posters.web.request import Site

__all__ = ["Picture", "Source", "open_source"]


@contextlib.contextmanager
def open_source(params: Params) -> Iterator[Source]:
    """The source that the parameters name, ready to be asked while the `with` block runs.

    Raises:
        ParamsError: something the source needs is missing.
        TableError: a table can't be used.
        SourceError: a site does not answer as expected.
    """
    kind = params.source.kind
    with contextlib.ExitStack() as stack:
        if kind == "sample" or params.source.replica:
            yield _replica_source(params, stack)
        elif kind == "table":
            yield _table_source(params, stack)
        elif kind == "imdb":
            archive = _live(params, imdb_sites(params.fetch), stack)
            yield _imdb_source(params, archive, params.scrape.min_votes)
        elif kind == "imdb_pages":
            yield ImdbPagesSource(
                _live(params, pages_sites(params.fetch), stack),
                params.fetch,
                params.posters,
                pages=paths.from_root(params.source.pages) if params.source.pages else None,
                years=params.scrape.years,
                seed=params.scrape.seed,
            )
        elif kind == "tmdb":
            yield TmdbSource(
                _live(params, tmdb_sites(params.fetch), stack),
                params.fetch,
                params.posters,
                years=params.scrape.years,
                min_votes=params.scrape.min_votes,
                seed=params.scrape.seed,
            )
        else:
            yield WikidataSource(
                _live(params, wikidata_sites(params.fetch), stack),
                params.fetch,
                params.posters,
                years=params.scrape.years,
                seed=params.scrape.seed,
            )


def _tables(params: Params) -> Tables:
    assert params.source.table and params.source.pool  # SourceParams refuses anything else
    return Tables(
        paths.from_root(params.source.table),
        paths.from_root(params.source.pool),
        seed=params.scrape.seed,
    )


def _table_source(params: Params, stack: contextlib.ExitStack) -> Source:
    tables = _tables(params)
    sites = table_sites(tables, params.fetch)
    archive = _live(params, sites, stack) if tables.hosts else None
    return TableSource(tables, archive, params.fetch, params.posters)


def _replica_source(params: Params, stack: contextlib.ExitStack) -> Source:
    shelf: Shelf
    if params.source.replica:
        shelf = TableShelf(_tables(params))
    else:
        scrape = params.scrape
        shelf = SampleShelf(movies=scrape.movies, years=scrape.years, seed=scrape.seed)
    name = "replica" if params.source.replica else "sample"
    replica = stack.enter_context(Replica(shelf, name))
    sites = [Site(host, 1, params.fetch.image_connections) for host in HOSTS]
    archive = _archive(params, sites, stack, replica.routes)
    return _imdb_source(params, archive, NATURAL_VOTES, replica.edition)


def _imdb_source(
    params: Params, archive: Archive, min_votes: int, edition: Edition = LIVE
) -> Source:
    return ImdbSource(
        archive,
        params.fetch,
        params.posters,
        years=params.scrape.years,
        min_votes=min_votes,
        seed=params.scrape.seed,
        edition=edition,
    )


def _live(params: Params, sites: Iterable[Site], stack: contextlib.ExitStack) -> Archive:
    """The archive of the real web, which has to know whom it may write to."""
    if not params.fetch.contact:
        raise ParamsError(
            "fetch.contact is empty: the sites are told who asks. Set it to an e-mail address or "
            "a page where their operators can reach you, such as -S fetch.contact=me@example.org"
        )
    return _archive(params, sites, stack, {})


def _archive(
    params: Params,
    sites: Iterable[Site],
    stack: contextlib.ExitStack,
    routes: Mapping[str, str],
) -> Archive:
    folder = paths.archive(params.source.archive)
    fetcher = Fetcher(sites, params.fetch, robots=folder / "robots", routes=routes)
    archive = Archive(folder, fetcher)
    stack.callback(archive.close)
    return archive
