"""Fit the year head on the vectors of the training rows.

dvc repro train
"""

import pandas as pd

from posters import command, paths, provenance
from posters.caveats import marked
from posters.dataset import read_parts
from posters.params import load_params
from posters.plots.training import loss_curve
from posters.year_head import fit_head, save_head


def main() -> None:
    """Write `data/model/` and `plots/loss_curve.png`."""
    params = load_params()
    parts = read_parts()
    train, validation = parts["train"], parts["validation"]
    fitted = fit_head(
        train.vectors, train.years, validation.vectors, validation.years, params.train
    )
    about = provenance.describe(params, parts)
    save_head(paths.MODEL, fitted, about)
    history = pd.read_csv(paths.MODEL / "history.csv")
    loss_curve(history, fitted.best_epoch, paths.PLOTS / "loss_curve.png", caveats=about["caveats"])
    print(
        f"train: {len(train.years)} posters, {len(history)} epochs, no. {fitted.best_epoch} kept; "
        f"validation MAE {fitted.history['val_mae'][fitted.best_epoch - 1]:.1f} years"
        f"{marked(about['caveats'])}"
    )


if __name__ == "__main__":
    command.run("train", main)
