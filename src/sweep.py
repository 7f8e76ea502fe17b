"""Does topping up help? Run the pipeline for several t, and draw both errors against it.

make sweep
python src/sweep.py --t 0 30 60 -S source.kind=table -S source.table=...
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import json
import os
import signal
import subprocess
import sys
from typing import Any

from posters import paths
from posters.errors import DataError
from posters.evaluation.sweep_table import tabulate
from posters.files import write_text
from posters.reports.comparison_figures import error_against_threshold
from posters.years.splitting import TESTS

METRICS = "metrics/evaluation.json"
THRESHOLDS = (0, 10, 20, 30, 40, 60)


def main() -> None:
    """Write `metrics/sweep.csv` and `plots/sweep.png`; each t is a DVC experiment, `sweep-tN`."""
    options = parse_arguments()
    thresholds = sorted(dict.fromkeys(options.t))
    for number, t in enumerate(thresholds, start=1):
        print(f"sweep: t = {t} ({number} of {len(thresholds)})", flush=True)
        # In a throw-away copy: params.yaml and data/ stay as they are.
        run_dvc(
            *("exp", "run", "--temp", "--force", "--name", name_of(t)),
            *("-S", f"rebalance.t={t}", "-S", f"evaluate.experiment={options.experiment}"),
            *(part for change in options.set_param for part in ("-S", change)),
        )
    evaluations = {t: evaluation_of(name_of(t)) for t in thresholds}
    table = tabulate(evaluations)
    write_text(paths.METRICS / "sweep.csv", table.to_csv(index=False, lineterminator="\n"))
    caveats = list(dict.fromkeys(c for e in evaluations.values() for c in e["run"]["caveats"]))
    error_against_threshold(table, paths.PLOTS / "sweep.png", caveats=caveats)
    for row in table.itertuples():
        print(
            f"sweep: t = {row.t}: {row.test}: MAE {row.mae:.1f} years "
            f"({row.mae_low:.1f}-{row.mae_high:.1f})"
        )
    print("sweep: `dvc repro` shows it in plots/report.html, if that is of the same posters")


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--t",
        nargs="+",
        type=whole,
        default=THRESHOLDS,
        metavar="N",
        help=f"thresholds (default {' '.join(map(str, THRESHOLDS))})",
    )
    parser.add_argument(
        "--experiment",
        default="poster-year-sweep",
        metavar="NAME",
        help="of MLflow, into which all runs go (default %(default)s)",
    )
    parser.add_argument(
        "-S",
        "--set-param",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="further parameters, as `dvc exp run` takes them",
    )
    return parser.parse_args()


def whole(text: str) -> int:
    """A whole number of at least 0, from the command line."""
    return 0 if text == "0" else command.positive(text)


def name_of(t: int) -> str:
    """The name of the DVC experiment of a threshold."""
    return f"sweep-t{t}"


def run_dvc(*arguments: str) -> None:
    """Run DVC at the root of the repository; what it prints on stderr is passed on.

    Raises:
        DataError: it failed.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=paths.root(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        # A group of its own: Ctrl-C comes to it from here alone, once, wherever it was pressed.
        process_group=0,
    ) as dvc:
        try:
            output, _ = dvc.communicate()
        except KeyboardInterrupt:
            # DVC itself does not listen while a stage runs: the stage must hear it too.
            os.killpg(dvc.pid, signal.SIGINT)
            try:
                dvc.communicate()
            except KeyboardInterrupt:
                os.killpg(dvc.pid, signal.SIGKILL)
            raise
    if dvc.returncode:
        print(output, file=sys.stderr)
        raise DataError(
            f"`dvc {' '.join(arguments)}` failed with exit code {dvc.returncode}: its own message "
            "stands above; mend that and run again, what was done is kept"
        )


def evaluation_of(name: str) -> dict[str, Any]:
    """The metrics of one DVC experiment.

    Raises:
        DataError: they are not there.
    """
    from dvc import api
    from dvc.exceptions import DvcException

    try:
        # Not `api.metrics_show`, which leaves out what is no number.
        evaluation: dict[str, Any] = json.loads(
            api.read(METRICS, repo=str(paths.root()), rev=name, encoding="utf-8")
        )
        evaluation = {key: evaluation[key] for key in (*TESTS, "run")}
    except (DvcException, OSError, ValueError, KeyError) as error:
        raise DataError(f"the experiment {name} has no {METRICS}: run the sweep again") from error
    return evaluation


if __name__ == "__main__":
    command.run("sweep", main, kept="each t that was finished is kept")
