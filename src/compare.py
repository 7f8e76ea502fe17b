"""Print a table of all runs in MLflow: t, network, errors and coverage on both tests.

make compare
python src/compare.py --experiment poster-year-sweep
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse

from posters.tracking.comparison import comparison


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--experiment",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only runs of these MLflow experiments (default: all)",
    )
    print(comparison(parser.parse_args().experiment))


if __name__ == "__main__":
    command.run("compare", main)
