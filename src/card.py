"""Write the model card from the metrics of the last run.

make card
make repro
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import json

import pandas as pd

from posters import paths
from posters.errors import DataError
from posters.evaluation.committed import difference_from_commit
from posters.files import write_text
from posters.reports.model_card import model_card

NEXT_STEPS = """
Next:
  plots/report.html                     how good the model is: open it in a browser
  plots/explore.html                    all posters on a map, each with its nearest ones
  . .venv/bin/activate                  once in each shell, for the commands below
  python src/predict.py POSTER          the year and the nearest posters of a poster of yours
  make app                              the same on a local page
  make ui                               compare runs in MLflow; make compare prints them as a table
  edit rebalance.t in params.yaml, then make repro: only what changed is done again"""


def main() -> None:
    """Write `docs/model_card.md`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--next", action="store_true", help="also print what can be done after `make repro`"
    )
    options = parser.parse_args()
    try:
        card = model_card(
            json.loads((paths.METRICS / "evaluation.json").read_text(encoding="utf-8")),
            pd.read_csv(paths.METRICS / "decades.csv"),
            json.loads((paths.METRICS / "catalogue.json").read_text(encoding="utf-8")),
        )
    except FileNotFoundError as error:
        raise DataError(f"{error.filename} is missing: run `make repro` first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"metrics/ is damaged or from another version ({type(error).__name__}: {error}): run "
            "`dvc repro`"
        ) from error
    write_text(paths.WORKSPACE / "docs" / "model_card.md", card)
    print("card: docs/model_card.md")
    if options.next:
        print(NEXT_STEPS)
        if difference := difference_from_commit(paths.WORKSPACE):
            print(f"\nNote: {difference}.")


if __name__ == "__main__":
    command.run("card", main, kept="the card is as it was")
