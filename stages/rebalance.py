"""Set the balanced test aside, then top up every thin year towards t movies.

dvc repro rebalance
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import json
from pathlib import Path
from typing import Any

from posters import paths
from posters.catalogue.caveats import caveats, marked
from posters.catalogue.entries import (
    Origin,
    count_refusals,
    read_catalogue,
    read_entries,
    write_catalogue,
    write_refusals,
)
from posters.catalogue.gathering import Gatherer, describe_refusals
from posters.catalogue.rebalancing import rebalance, summarise
from posters.errors import DataError
from posters.files import replacing, write_json
from posters.params import load_params
from posters.sources import Source, open_source


def main() -> None:
    """Write the catalogue, the posters of the reserve and of the top-up, and the counts."""
    params = load_params()
    initial = read_entries(paths.INITIAL)
    years = params.scrape.years
    with (
        open_source(params) as source,
        replacing(paths.POSTERS / "reserve") as reserve_folder,
        replacing(paths.POSTERS / "topup") as topup_folder,
    ):
        check_same_listing(source)
        reserve_folder.mkdir()
        topup_folder.mkdir()
        folders: dict[Origin, Path] = {"reserve": reserve_folder, "topup": topup_folder}
        with Gatherer(source, params, folders, params.rebalance.wanted(years)) as gatherer:
            gatherer.add_known(initial, paths.DATA)
            result = rebalance(gatherer, [entry.year for entry in initial], years, params.rebalance)
            gatherer.check_failures()
            described, notes = source.describe(), gatherer.notes()
    write_catalogue(paths.CATALOGUE, [*initial, *result.reserve, *result.topup])
    write_refusals(paths.CATALOGUE_REFUSED, gatherer.refusals)

    summary = summarise(initial, result, years, params.rebalance)
    catalogue = read_catalogue(paths.CATALOGUE)
    summary["source"] = {
        "name": source.name,
        "attribution": source.attribution,
        **described,
    }
    summary["caveats"] = caveats(catalogue["source"])
    summary["refused"] = {
        "scrape": count_refusals(paths.INITIAL_REFUSED),
        "rebalance": count_refusals(paths.CATALOGUE_REFUSED),
    }
    write_json(paths.METRICS / "catalogue.json", summary)
    for line in notes:
        print(f"rebalance: {line}")
    print(
        f"rebalance: {len(initial)} movies, {len(result.topup)} added towards t = "
        f"{params.rebalance.t}, {len(result.reserve)} in reserve; {len(result.topup_short)} years "
        f"short by {sum(result.topup_short.values())}; refused: "
        f"{describe_refusals(gatherer.refusals)}{marked(summary['caveats'])}"
    )


def check_same_listing(source: Source) -> None:
    """The candidates have to come from the very data sets that the initial catalogue came from."""

    def digests(described: dict[str, Any]) -> dict[str, str]:
        return {name: each["sha256"] for name, each in described.get("datasets", {}).items()}

    before = json.loads(paths.SOURCE.read_text(encoding="utf-8"))
    if digests(before) != digests(source.describe()):
        raise DataError(
            "the data sets of the initial catalogue are no longer in .cache and others came: run "
            "`dvc repro --force scrape`, then `dvc repro`"
        )


if __name__ == "__main__":
    command.run("rebalance", main)
