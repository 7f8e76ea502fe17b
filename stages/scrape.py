"""Gather the initial catalogue: a natural, unbalanced sample of movies and their posters.

dvc repro scrape
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from tqdm import tqdm

from posters import paths
from posters.catalogue.entries import Entry, write_catalogue, write_refusals
from posters.catalogue.gathering import Gatherer, Queue, describe_refusals, notes, show_failures
from posters.errors import DataError
from posters.files import replacing, write_json
from posters.params import load_params
from posters.sources import open_source

# Posters fetched ahead of the one that is being decided on, at most.
AHEAD = 64


def main() -> None:
    """Write `data/initial.csv`, `data/initial_refused.csv`, `data/source.json` and the posters."""
    params = load_params()
    wanted = params.scrape.movies
    entries: list[Entry] = []
    with (
        open_source(params) as source,
        replacing(paths.POSTERS / "initial") as folder,
        tqdm(total=wanted, desc="scrape", unit="poster", disable=None) as bar,
        Gatherer(
            source,
            params.posters,
            {"initial": folder},
            params.scrape.years,
            params.scrape.max_failed,
            wanted,
        ) as gatherer,
    ):
        folder.mkdir()
        queue = Queue(source.initial(), gatherer)
        while len(entries) < wanted:
            gatherer.expect(queue.upcoming(min(AHEAD, wanted - len(entries))))
            entry = queue.first_accepted("initial")
            show_failures(bar, gatherer)
            if entry is None:
                break
            entries.append(entry)
            bar.update()
        gatherer.finish()
        if not entries:
            raise DataError(
                "no movie with a usable poster was found; refused: "
                f"{describe_refusals(gatherer.refusals)}. Check `source` and `scrape`"
            )
        more = bool(queue.upcoming(1))
        described, said = source.describe(), notes(gatherer)
    write_json(paths.SOURCE, described)
    write_catalogue(paths.INITIAL, entries)
    write_refusals(paths.INITIAL_REFUSED, gatherer.refusals)
    note = ""
    if len(entries) < wanted:
        note = f" ({wanted - len(entries)} short of scrape.movies)"
    elif params.source.kind == "table" and more:
        note = " (as many as scrape.movies asks for; the table holds more)"
    for line in said:
        print(f"scrape: {line}")
    print(f"scrape: {len(entries)} movies{note}; refused: {describe_refusals(gatherer.refusals)}")


if __name__ == "__main__":
    command.run("scrape", main)
