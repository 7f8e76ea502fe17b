"""Errors at several t: the table that `src/sweep.py` writes, and which model it is of."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from posters.errors import DataError
from posters.years.splitting import TESTS

_NUMBERS = (
    *("n", "mae", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior", "coverage"),
    *("best_constant_mae", "ridge_mae", "knn_mae", "svr_mae", "skill"),
)
# What stays the same whatever t is, if only t was changed.
_RAN_ON = ("source", "backbone", "weights_digest")


def tabulate(evaluations: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """A row for each t and test.

    Args:
        evaluations: contents of `metrics/evaluation.json`, by t.
    """
    return pd.DataFrame(
        [
            {"t": t, "test": test, "trained_on": _trained_on(evaluation)}
            | {column: evaluation[test][column] for column in _NUMBERS}
            | _ran_on(evaluation)
            for t, evaluation in evaluations.items()
            for test in TESTS
        ]
    )


def read_sweep(path: Path) -> pd.DataFrame | None:
    """Read the copy of `metrics/sweep.csv` that the stage `inputs` makes; None where it is empty.

    Raises:
        DataError: it is missing, or is not what `tabulate` gave.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"data/inputs/{path.name} is missing: run `dvc repro`") from error
    return parse_sweep(content) if content.strip() else None


def parse_sweep(content: bytes) -> pd.DataFrame:
    """The table out of the CSV that it was written as.

    Raises:
        DataError: it is no such table.
    """
    needed = ["t", "test", "trained_on", *_NUMBERS, *_RAN_ON]
    try:
        text_columns = dict.fromkeys(("test", *_RAN_ON), str)
        table = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype=text_columns)[needed]
        table = table.astype({"t": int, "n": int} | dict.fromkeys(_NUMBERS[1:], float))
        if set(table["test"]) != set(TESTS) or table.duplicated(["t", "test"]).any():
            raise ValueError("not one row for each t and test")
    except (ValueError, KeyError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"metrics/sweep.csv is not what `make sweep` writes ({reason}): run it again, or "
            "delete the file"
        ) from error
    return table


def is_of(table: pd.DataFrame, evaluation: Mapping[str, Any]) -> bool:
    """Whether a sweep and an evaluated model differ in t alone.

    They asked the same network about as many posters of the same source; and where the sweep has
    the model's t, it found the very same errors.
    """
    if any((table[key] != value).any() for key, value in _ran_on(evaluation).items()):
        return False
    t = evaluation["run"]["t"]
    for test in TESTS:
        rows, found = table[table["test"] == test], evaluation[test]
        if (rows["n"] != found["n"]).any() or (rows["mae"][rows["t"] == t] != found["mae"]).any():
            return False
    return True


def _ran_on(evaluation: Mapping[str, Any]) -> dict[str, str]:
    run = evaluation["run"]
    backbone = run["backbone"]
    said = (" ".join(run["source"]), backbone["name"], backbone["weights_digest"])
    return dict(zip(_RAN_ON, said, strict=True))


def _trained_on(evaluation: Mapping[str, Any]) -> int:
    """How many posters the head was trained on."""
    counts = evaluation["run"]["counts"]
    return int(counts["train"]) + int(counts["validation"])
