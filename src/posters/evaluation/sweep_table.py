"""The table of errors by t in `metrics/sweep.csv`."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from posters.errors import DataError
from posters.years.splitting import TESTS

_NUMBERS = (
    *("n", "mae", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior", "coverage"),
    *("best_constant_mae", "ridge_mae", "knn_mae", "svr_mae", "logistic_mae", "skill"),
)
# The same in all rows of a sweep.
_SETUP = ("source", "backbone", "weights_digest")


def tabulate(evaluations: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """One row for each t and test, from the contents of `metrics/evaluation.json` by t."""
    rows = []
    for t, evaluation in evaluations.items():
        trained_on = evaluation["run"]["counts"]["train"]
        for test in TESTS:
            numbers = {column: evaluation[test][column] for column in _NUMBERS}
            rows.append(
                {"t": t, "test": test, "trained_on": trained_on, **numbers, **_setup(evaluation)}
            )
    return pd.DataFrame(rows)


def read_sweep(path: Path) -> pd.DataFrame | None:
    """Read the copy of `metrics/sweep.csv` that the stage `inputs` makes; None if it is empty.

    Raises:
        DataError: it is missing, or is not a table from `tabulate`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"data/inputs/{path.name} is missing: run `dvc repro`") from error
    if not content.strip():
        return None
    columns = ["t", "test", "trained_on", *_NUMBERS, *_SETUP]
    try:
        text_columns = dict.fromkeys(("test", *_SETUP), str)
        table = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype=text_columns)[columns]
        table = table.astype({"t": int, "n": int} | dict.fromkeys(_NUMBERS[1:], float))
        if set(table["test"]) != set(TESTS) or table.duplicated(["t", "test"]).any():
            raise ValueError("expected one row for each t and test")
    except (ValueError, KeyError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"metrics/sweep.csv is not a table of `make sweep` ({reason}): run it again, or "
            "delete the file"
        ) from error
    return table


def sweep_matches(table: pd.DataFrame, evaluation: Mapping[str, Any]) -> bool:
    """Whether the runs of a sweep differ from an evaluated model in t alone.

    They have the same network, the same source and tests of the same size; if the sweep contains
    the model's t, they have the same errors there.
    """
    if any((table[key] != value).any() for key, value in _setup(evaluation).items()):
        return False
    t = evaluation["run"]["t"]
    for test in TESTS:
        rows, metrics = table[table["test"] == test], evaluation[test]
        same_t = rows["t"] == t
        if (rows["n"] != metrics["n"]).any() or (rows["mae"][same_t] != metrics["mae"]).any():
            return False
    return True


def _setup(evaluation: Mapping[str, Any]) -> dict[str, str]:
    run = evaluation["run"]
    backbone = run["backbone"]
    values = (" ".join(run["source"]), backbone["name"], backbone["weights_digest"])
    return dict(zip(_SETUP, values, strict=True))
