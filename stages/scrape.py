"""Gather the initial catalogue: a natural, unbalanced sample of movies and their posters.

dvc repro scrape
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from posters import paths
from posters.catalogue.entries import write_catalogue, write_refusals
from posters.catalogue.gathering import (
    Gatherer,
    describe_counts,
    describe_refusals,
    gather_initial,
)
from posters.errors import DataError
from posters.files import replacing, write_json
from posters.params import load_params
from posters.sources import open_source


def main() -> None:
    """Write `data/initial.csv`, `data/initial_refused.csv`, `data/source.json` and the posters."""
    params = load_params()
    wanted = params.scrape.movies
    with (
        open_source(params) as source,
        replacing(paths.POSTERS / "initial") as folder,
        Gatherer(source, params, {"initial": folder}, wanted, paths.cache()) as gatherer,
    ):
        folder.mkdir()
        entries, more = gather_initial(gatherer, wanted)
        refused = describe_refusals(gatherer.refusals)
        described, notes = source.describe(), gatherer.notes()
        if not entries:
            scrape = params.scrape
            raise DataError(
                f"no movie of {scrape.first_year} to {scrape.last_year} with a usable poster was "
                f"found in source.kind {params.source.kind}; left out of the listings: "
                f"{describe_counts(described['left_out'])}; refused: {refused}. Set the years in "
                "`scrape` or name another `source` in params.yaml"
            )
    write_json(paths.SOURCE, described)
    write_catalogue(paths.INITIAL, entries)
    write_refusals(paths.INITIAL_REFUSED, gatherer.refusals)
    note = ""
    if len(entries) < wanted:
        note = f" ({wanted - len(entries)} short of scrape.movies)"
    elif params.source.kind == "table" and more:
        note = " (as many as scrape.movies asks for; the table holds more)"
    for line in [*notes, f"{len(entries)} movies{note}; refused: {refused}"]:
        print(f"scrape: {line}")


if __name__ == "__main__":
    command.run("scrape", main)
