"""Test the year model and the baselines on several splits, and write a table.

make splits
python src/splits.py --splits 5
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

from posters import paths
from posters.evaluation.repeated_splits import predict_splits, tabulate, tabulate_decades
from posters.files import write_text
from posters.params import load_params


def main() -> None:
    """Write `metrics/splits.csv` and `metrics/splits_by_decade.csv`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--splits", type=command.positive, default=5, metavar="N", help="number (default 5)"
    )
    params = load_params()
    posters = predict_splits(params, parser.parse_args().splits)
    table = tabulate(posters, seed=params.split.seed)
    write_text(paths.METRICS / "splits.csv", table.to_csv(index=False))
    decades = tabulate_decades(posters)
    write_text(paths.METRICS / "splits_by_decade.csv", decades.to_csv(index=False))
    for row in table.itertuples():
        print(
            f"splits: {row.test} test: {row.model}: {row.mae:.2f} years "
            f"({row.mae_low:.1f}-{row.mae_high:.1f})"
        )


if __name__ == "__main__":
    command.run("splits", main, kept="each split that finished is kept")
