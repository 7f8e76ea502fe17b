"""Fit the year head on the vectors of the training rows, its intervals on the validation rows.

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
    training, validation = parts["train"], parts["validation"]
    years = np.array(params.scrape.years, dtype=np.int64)
    trained = train(training, validation, years, params.train)
    about = parts.provenance(params)
    trained.save(paths.MODEL, about)
    print(
        f"train: {len(training.years)} posters, {params.train.members} heads; validation error "
        f"{trained.history['val_mae'][-1]:.1f} years on {len(validation.years)} posters, then "
        f"trained on both{marked(about['caveats'])}"
    )


if __name__ == "__main__":
    command.run("train", main)
