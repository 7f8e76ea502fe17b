"""Repeat web requests: those that failed for temporary reasons, or the listings of movies.

make retry-failed
make refresh
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
from collections import Counter

from posters import paths
from posters.params import load_params
from posters.web.ledger import LEDGER, Ledger


def main() -> None:
    """Mark the ledger, so that the next `dvc repro` repeats requests; nothing is fetched here."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what",
        choices=["failed", "listings"],
        help="failed: timeouts, broken connections, busy servers; listings: data sets and lists "
        "of movies (posters are not fetched again)",
    )
    what = parser.parse_args().what
    ledger = Ledger(paths.archive(load_params().source.archive) / LEDGER)
    if what == "listings":
        ledger.mark("refresh")
        print("ask again: the next `dvc repro` fetches the listings again")
        return
    failed = Counter(row.reason.partition(":")[0] for row in ledger.passing())
    if not failed:
        print("ask again: no request failed for a temporary reason")
        return
    ledger.mark("retry")
    counts = ", ".join(f"{number} {reason}" for reason, number in failed.most_common())
    print(f"ask again: the next `dvc repro` requests {failed.total()} URLs again: {counts}")


if __name__ == "__main__":
    command.run("ask again", main)
