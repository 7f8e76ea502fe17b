"""Train on more and more of the training posters, and draw the errors on both tests.

make learning-curve
python src/learning_curve.py --sizes 3000 6000 12000 24000
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

from posters import paths
from posters.evaluation.training_sizes import DOUBLING, learning_curve
from posters.files import write_text
from posters.params import load_params
from posters.reports.comparison_figures import error_against_training_size
from posters.years.dataset import read_parts


def main() -> None:
    """Write `metrics/learning_curve.csv` and `plots/learning_curve.png`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=command.positive,
        default=DOUBLING,
        metavar="N",
        help="numbers of training posters (default 750, 1500, 3000, ...); all come last",
    )
    options = parser.parse_args()
    params, parts = load_params(), read_parts()
    table = learning_curve(parts, params, options.sizes)
    write_text(paths.METRICS / "learning_curve.csv", table.to_csv(index=False))
    caveats = parts.provenance(params)["caveats"]
    error_against_training_size(table, paths.PLOTS / "learning_curve.png", caveats=caveats)
    for row in table.itertuples():
        print(
            f"learning_curve: {row.trained_on} training posters: {row.test}: MAE {row.mae:.1f} "
            f"years ({row.mae_low:.1f}-{row.mae_high:.1f})"
        )


if __name__ == "__main__":
    command.run("learning_curve", main, kept="each size that finished is kept")
