"""How the training went."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.ticker import MaxNLocator

from posters.reports.figure_style import BLUE, ORANGE, new_figure, save


def loss_curve(history: pd.DataFrame, path: Path, *, caveats: Sequence[str] = ()) -> None:
    """Mean absolute error by epoch on training and validation rows.

    Args:
        history: columns `epoch`, `mae`, `val_mae` (years).
        path: of the PNG.
        caveats: what must be said of the numbers.
    """
    figure, axes = new_figure(7.2, 4.2, "Training of the year head", caveats)
    label = "training (with dropout)"
    axes.plot(history["epoch"], history["mae"], color=BLUE, label=label)
    axes.plot(history["epoch"], history["val_mae"], color=ORANGE, label="validation")
    axes.set(xlabel="epoch", ylabel="mean absolute error (years)", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    save(figure, path)
