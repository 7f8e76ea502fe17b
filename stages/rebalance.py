"""Set the balanced test aside, then top up every thin year towards t movies.

dvc repro rebalance
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import json
from typing import Any

from posters import paths
from posters.catalogue.caveats import caveats, marked
from posters.catalogue.entries import (
    count_refusals,
    read_entries,
    write_catalogue,
    write_refusals,
)
from posters.catalogue.gathering import Gatherer, describe_refusals
from posters.catalogue.rebalancing import rebalance, summarise
from posters.errors import DataError
from posters.files import replacing, write_json
from posters.params import load_params
from posters.sources import open_source


def main() -> None:
    """Write the catalogue, the posters of the reserve and of the top-up, and the counts."""
    params = load_params()
    initial = read_entries(paths.INITIAL)
    years, targets = params.scrape.years, params.rebalance
    with (
        open_source(params) as source,
        replacing(paths.POSTERS / "reserve") as reserve_folder,
        replacing(paths.POSTERS / "topup") as topup_folder,
        Gatherer(
            source,
            params,
            {"reserve": reserve_folder, "topup": topup_folder},
            targets.wanted(years),
            paths.cache(),
        ) as gatherer,
    ):
        scraped = json.loads(paths.SOURCE.read_text(encoding="utf-8"))
        if dataset_digests(scraped) != dataset_digests(source.describe()):
            raise DataError(
                "the data sets of the initial catalogue are no longer in .cache and others came: "
                "run `dvc repro --force scrape`, then `dvc repro`"
            )
        reserve_folder.mkdir()
        topup_folder.mkdir()
        gatherer.add_known(initial, paths.DATA)
        result = rebalance(gatherer, [entry.year for entry in initial], years, targets)
        described, notes = source.describe(), gatherer.notes()
    entries = [*initial, *result.reserve, *result.topup]
    write_catalogue(paths.CATALOGUE, entries)
    write_refusals(paths.CATALOGUE_REFUSED, gatherer.refusals)
    summary = summarise(initial, result, years, targets)
    summary["source"] = {"name": source.name, "attribution": source.attribution, **described}
    summary["caveats"] = caveats(entry.source for entry in entries)
    summary["refused"] = {
        "scrape": count_refusals(paths.INITIAL_REFUSED),
        "rebalance": count_refusals(paths.CATALOGUE_REFUSED),
    }
    write_json(paths.METRICS / "catalogue.json", summary)
    short = summary["short"]
    for line in notes:
        print(f"rebalance: {line}")
    print(
        f"rebalance: {len(initial)} movies, {len(result.topup)} added towards t = {targets.t}, "
        f"{len(result.reserve)} in reserve; {short['years']} years short by {short['movies']}; "
        f"refused: {describe_refusals(gatherer.refusals)}{marked(summary['caveats'])}"
    )


def dataset_digests(described: dict[str, Any]) -> dict[str, str]:
    """The digests of the data sets in what a source describes."""
    return {name: data["sha256"] for name, data in described.get("datasets", {}).items()}


if __name__ == "__main__":
    command.run("rebalance", main)
