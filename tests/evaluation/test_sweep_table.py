"""The table of a sweep is read as written, or rejected."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from posters.errors import DataError
from posters.evaluation.sweep_table import read_sweep, sweep_matches, tabulate

NUMBERS = (
    *("mae", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior", "coverage"),
    *("best_constant_mae", "ridge_mae", "knn_mae", "svr_mae", "logistic_mae", "skill"),
)


def evaluation(t: int, mae: float = 10.1234) -> dict[str, Any]:
    """The evaluation of a model with this t and error."""
    metrics = {"n": 40, **dict.fromkeys(NUMBERS, mae)}
    return {
        "natural": dict(metrics),
        "balanced": dict(metrics),
        "run": {
            "t": t,
            "source": ["sample"],
            "backbone": {"name": "VGG16", "weights_digest": "0" * 64},
            "counts": {"train": 110 + t},
        },
    }


TABLE = tabulate({t: evaluation(t, 20.1234 - t) for t in (0, 10)})
TEXT = TABLE.to_csv(index=False, lineterminator="\n")
FIRST = TEXT.splitlines()[1]


def test_table_is_read_as_written_and_an_empty_file_is_no_sweep(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    with pytest.raises(DataError, match=r"data/inputs/sweep\.csv is missing: run `dvc repro`"):
        read_sweep(path)
    path.write_bytes(b"\n")
    assert read_sweep(path) is None
    path.write_text(TEXT, encoding="utf-8")
    pd.testing.assert_frame_equal(read_sweep(path), TABLE)
    assert list(TABLE["trained_on"]) == [110, 110, 120, 120]


@pytest.mark.parametrize(
    "damaged",
    [
        TEXT.replace("natural", "unnatural"),
        f"{TEXT}{FIRST}\n",
        TEXT.replace("20.1234", "much"),
        "\udcff",
    ],
)
def test_invalid_table_is_an_error(damaged: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"metrics/sweep\.csv is not a table .* or delete the file"):
        read_sweep(path)


@pytest.mark.parametrize(
    ("t", "mae", "change", "same"),
    [
        (10, 10.1234, {}, True),
        (30, 7, {}, True),
        (10, 10.1235, {}, False),  # the same t with another error
        (30, 7, {"run": {"source": ["table"]}}, False),
        (30, 7, {"run": {"backbone": {"name": "VGG16", "weights_digest": "1" * 64}}}, False),
        (30, 7, {"balanced": {"n": 39}}, False),
    ],
)
def test_sweep_matches_a_model_that_differs_in_t_alone(
    t: int, mae: float, change: dict[str, Any], same: bool
) -> None:
    other = evaluation(t, mae)
    for section, values in change.items():
        other[section] |= values
    assert sweep_matches(TABLE, other) == same
