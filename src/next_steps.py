"""Print what can be done after `dvc repro`, and how its figures differ from the committed ones.

make repro
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
import argparse

from posters import paths
from posters.evaluation.committed import difference_from_commit

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
    """Print the next steps."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(NEXT_STEPS)
    difference = difference_from_commit(paths.WORKSPACE)
    if difference:
        print(f"\nNote: {difference}.")


if __name__ == "__main__":
    command.run("next_steps", main)
