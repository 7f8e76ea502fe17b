"""Gather the initial catalogue: a natural, unbalanced sample of movies and their posters.

dvc repro scrape
"""

from tqdm import tqdm

from posters import command, paths
from posters.catalogue import Entry, write_catalogue, write_refusals
from posters.errors import DataError
from posters.files import replacing
from posters.gathering import Gatherer, describe_refusals
from posters.params import load_params
from posters.sources import open_source


def main() -> None:
    """Write `data/initial.csv`, `data/initial_refused.csv` and `data/posters/initial/`."""
    params = load_params()
    wanted = params.scrape.movies
    entries: list[Entry] = []
    with (
        replacing(paths.POSTERS / "initial") as folder,
        tqdm(total=wanted, desc="scrape", unit="poster", disable=None) as bar,
    ):
        folder.mkdir()
        gatherer = Gatherer(
            open_source(params), params.posters, {"initial": folder}, params.scrape.years
        )
        queue = gatherer.source.initial()
        while len(entries) < wanted and (movie := next(queue, None)):
            entry = gatherer.gather(movie, "initial")
            if entry:
                entries.append(entry)
                bar.update()
        if not entries:
            raise DataError(
                "no movie with a usable poster was found; refused: "
                f"{describe_refusals(gatherer.refusals)}. Check `source` and `scrape`"
            )
    write_catalogue(paths.INITIAL, entries)
    write_refusals(paths.INITIAL_REFUSED, gatherer.refusals)
    note = ""
    if len(entries) < wanted:
        note = f" ({wanted - len(entries)} short of scrape.movies)"
    elif params.source.kind == "table" and next(queue, None):
        note = " (as many as scrape.movies asks for; the table holds more)"
    print(f"scrape: {len(entries)} movies{note}; refused: {describe_refusals(gatherer.refusals)}")


if __name__ == "__main__":
    command.run("scrape", main)
