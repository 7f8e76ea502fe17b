"""Ask the web again: for what failed for passing reasons, or for newer listings.

make retry-failed
make refresh
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
from collections import Counter

from posters import paths
from posters.params import load_params
from posters.web.ledger import LEDGER, Ledger


def main() -> None:
    """Mark the ledger, so that the next `dvc repro` asks again; nothing is fetched here."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what",
        choices=["failed", "listings"],
        help="failed: timeouts, broken connections, busy servers; listings: data sets and lists "
        "of movies (pictures stay as they are)",
    )
    what = parser.parse_args().what
    ledger = Ledger(paths.archive(load_params().source.archive) / LEDGER)
    if what == "listings":
        ledger.mark("refresh")
        print("ask again: listings will be fetched anew")
        return
    failed = Counter(row.reason.partition(":")[0] for row in ledger.passing())
    if not failed:
        print("ask again: nothing failed for a reason that may have passed")
        return
    ledger.mark("retry")
    counts = ", ".join(f"{number} {reason}" for reason, number in failed.most_common())
    print(f"ask again: {failed.total()} addresses will be asked for again: {counts}")


if __name__ == "__main__":
    command.run("ask again", main)
