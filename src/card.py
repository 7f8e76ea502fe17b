"""Write the model card from the metrics of the last run.

make card
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import json

import pandas as pd

from posters import paths
from posters.errors import DataError
from posters.files import write_text
from posters.reports.model_card import model_card


def main() -> None:
    """Write `docs/model_card.md`."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
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


if __name__ == "__main__":
    command.run("card", main, kept="the card is as it was")
