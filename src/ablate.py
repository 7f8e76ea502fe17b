"""Measure what each choice is worth: change it alone, and cross-validate on the training rows.

make ablation
python src/ablate.py --repeats 3
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

from posters import paths
from posters.evaluation.ablation import VARIANTS, ablate
from posters.files import write_text
from posters.params import load_params
from posters.reports.comparison_figures import ablation_chart
from posters.years.dataset import read_parts


def main() -> None:
    """Write `metrics/ablation.csv` and `plots/ablation.png`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repeats",
        type=command.positive,
        default=1,
        metavar="N",
        help="how often, each time with other folds (default 1)",
    )
    choices = list(dict.fromkeys(variant.choice for variant in VARIANTS))
    parser.add_argument(
        "--only",
        nargs="+",
        choices=choices,
        default=[],
        metavar="CHOICE",
        help=f"the choices to change: {', '.join(choices)} (default: all)",
    )
    options = parser.parse_args()
    params = load_params()
    table = ablate(params, options.repeats, options.only)
    write_text(paths.METRICS / "ablation.csv", table.to_csv(index=False))
    caveats = read_parts().provenance(params)["caveats"]
    ablation_chart(table, paths.PLOTS / "ablation.png", caveats=caveats)
    for row in table.itertuples():
        print(f"ablate: {row.choice}: {row.name}: {row.natural:.2f} / {row.balanced:.2f} years")


if __name__ == "__main__":
    command.run("ablate", main)
