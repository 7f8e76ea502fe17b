"""Run the pipeline for several t, and draw the errors on both tests against t.

make sweep
python src/sweep.py --t 0 30 60 -S source.kind=table -S source.table=...
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

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

METRICS = "metrics/evaluation.json"
EXPERIMENT = "poster-year-sweep"
THRESHOLDS = (0, 10, 20, 30, 40, 60)


def main() -> None:
    """Write `metrics/sweep.csv` and `plots/sweep.png`; each t is a DVC experiment, `sweep-tN`."""
    options = parse_arguments()
    thresholds = sorted(set(options.t))
    for number, t in enumerate(thresholds, start=1):
        print(f"sweep: t = {t} ({number} of {len(thresholds)})", flush=True)
        # The last one holds. A sweep registers no model: the best t on the tests would become the
        # champion, and each t takes 190 MB.
        changes = [f"evaluate.experiment={EXPERIMENT}", *options.set_param]
        changes += [f"rebalance.t={t}", "evaluate.log_model=false"]
        settings = [f"--set-param={change}" for change in changes]
        # In a temporary copy: params.yaml and data/ are not changed.
        run_dvc("exp", "run", "--temp", "--force", "--name", f"sweep-t{t}", *settings)
    evaluations = {t: read_evaluation(f"sweep-t{t}") for t in thresholds}
    table = tabulate(evaluations)
    write_text(paths.METRICS / "sweep.csv", table.to_csv(index=False))
    caveats = list(dict.fromkeys(c for e in evaluations.values() for c in e["run"]["caveats"]))
    error_against_threshold(table, paths.PLOTS / "sweep.png", caveats=caveats)
    for row in table.itertuples():
        print(
            f"sweep: t = {row.t}: {row.test}: MAE {row.mae:.1f} years "
            f"({row.mae_low:.1f}-{row.mae_high:.1f})"
        )
    print("sweep: `dvc repro` adds it to plots/report.html if both are of the same posters")


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--t",
        nargs="+",
        type=int,
        default=THRESHOLDS,
        metavar="N",
        help=f"the values of rebalance.t (default {' '.join(map(str, THRESHOLDS))})",
    )
    parser.add_argument(
        "-S",
        "--set-param",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="another parameter to change, as in `dvc exp run`; not t, and never log_model",
    )
    return parser.parse_args()


def run_dvc(*arguments: str) -> None:
    """Run DVC at the root of the repository; its stderr is shown.

    Raises:
        DataError: it failed.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=paths.root(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        # A process group of its own, so that Ctrl-C reaches it once, from here.
        process_group=0,
    ) as dvc:
        try:
            output, _ = dvc.communicate()
        except KeyboardInterrupt:
            # To the whole group: DVC ignores the signal while a stage runs.
            os.killpg(dvc.pid, signal.SIGINT)
            try:
                dvc.communicate()
            except KeyboardInterrupt:
                os.killpg(dvc.pid, signal.SIGKILL)
            raise
    if dvc.returncode:
        print(output, file=sys.stderr)
        raise DataError(
            f"`dvc {' '.join(arguments)}` failed with exit code {dvc.returncode}: fix the error "
            "printed above, then run this again; finished work is kept"
        )


def read_evaluation(name: str) -> dict[str, Any]:
    """The metrics of a DVC experiment.

    Raises:
        DataError: the experiment has none.
    """
    from dvc import api
    from dvc.exceptions import DvcException

    try:
        # `api.metrics_show` leaves out everything that is not a number.
        content = api.read(METRICS, repo=str(paths.root()), rev=name, encoding="utf-8")
        evaluation: dict[str, Any] = json.loads(content)
        return evaluation
    except (DvcException, OSError, ValueError) as error:
        raise DataError(f"the experiment {name} has no {METRICS}: run the sweep again") from error


if __name__ == "__main__":
    command.run("sweep", main, kept="each t that finished is kept")
