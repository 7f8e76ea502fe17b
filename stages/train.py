"""Fit the year heads, calibrate them and their intervals, all by cross-validation.

dvc repro train
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import numpy as np

from posters import paths
from posters.catalogue.caveats import marked
from posters.params import load_params
from posters.years.dataset import read_parts
from posters.years.training import train


def main() -> None:
    """Write `data/model/`."""
    params, parts = load_params(), read_parts()
    training = parts["train"]
    years = np.array(params.scrape.years, dtype=np.int64)
    trained = train(training, years, params.train)
    about = parts.provenance(params)
    trained.save(paths.MODEL, about)
    errors = ", ".join(f"{mae:.1f} ({prior} prior)" for prior, mae in trained.validation.items())
    print(
        f"train: {len(training.years)} posters in {len(np.unique(training.folds))} folds; "
        f"cross-validated error: {errors} years{marked(about['caveats'])}"
    )


if __name__ == "__main__":
    command.run("train", main, end_at_once=True)
