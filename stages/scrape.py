"""Gather the initial catalogue: a natural, unbalanced sample of movies and their posters.

dvc repro scrape
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from tqdm import tqdm

from posters import paths
from posters.catalogue.entries import Entry, write_catalogue, write_refusals
from posters.catalogue.gathering import Gatherer, Queue, describe_refusals
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
        Gatherer(source, params, {"initial": folder}, wanted) as gatherer,
    ):
        folder.mkdir()
        queue = Queue(source.initial(), gatherer)
        while len(entries) < wanted:
            queue.prefetch(min(AHEAD, wanted - len(entries)))
            entry = queue.next_accepted("initial")
            bar.set_postfix(refused=len(gatherer.refusals), refresh=False)
            if entry is None:
                break
            entries.append(entry)
            bar.update()
        gatherer.check_failures()
        if not entries:
            raise DataError(
                "no movie with a usable poster was found; refused: "
                f"{describe_refusals(gatherer.refusals)}. Check `source` and `scrape`"
            )
        more = not queue.is_empty()
        described, notes = source.describe(), gatherer.notes()
    write_json(paths.SOURCE, described)
    write_catalogue(paths.INITIAL, entries)
    write_refusals(paths.INITIAL_REFUSED, gatherer.refusals)
    note = ""
    if len(entries) < wanted:
        note = f" ({wanted - len(entries)} short of scrape.movies)"
    elif params.source.kind == "table" and more:
        note = " (as many as scrape.movies asks for; the table holds more)"
    for line in notes:
        print(f"scrape: {line}")
    print(f"scrape: {len(entries)} movies{note}; refused: {describe_refusals(gatherer.refusals)}")


if __name__ == "__main__":
    command.run("scrape", main)
