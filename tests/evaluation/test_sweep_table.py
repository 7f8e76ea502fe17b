"""The table of a sweep: read as it was written, or refused."""

from pathlib import Path
from typing import Any

import pytest

from posters.errors import DataError
from posters.evaluation.sweep_table import is_of, parse_sweep, read_sweep, tabulate

NUMBERS = (
    *("mae", "mae_low", "mae_high", "mae_natural_prior", "mae_uniform_prior", "coverage"),
    *("best_constant_mae", "ridge_mae", "knn_mae", "svr_mae", "skill"),
)


def evaluation(t: int, mae: float = 10.1234) -> dict[str, Any]:
    """What a model with this t and error would be measured to be."""
    metrics = {"n": 40, **dict.fromkeys(NUMBERS, mae)}
    return {
        "natural": dict(metrics),
        "balanced": dict(metrics),
        "run": {
            "t": t,
            "source": ["sample"],
            "backbone": {"name": "VGG16", "weights_digest": "0" * 64},
            "counts": {"train": 100 + t, "validation": 10},
        },
    }


TABLE = tabulate({t: evaluation(t, 20.1234 - t) for t in (0, 10)})
TEXT = TABLE.to_csv(index=False, lineterminator="\n")
FIRST = TEXT.splitlines()[1]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_text(TEXT, encoding="utf-8")
    read = read_sweep(path)
    assert read is not None
    assert read.to_csv(index=False, lineterminator="\n") == TEXT
    assert list(read["trained_on"]) == [110, 110, 120, 120]


def test_an_empty_file_is_no_sweep_but_a_missing_one_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    with pytest.raises(DataError, match=r"data/inputs/sweep\.csv is missing: run `dvc repro`"):
        read_sweep(path)
    for content in (b"", b"\n"):
        path.write_bytes(content)
        assert read_sweep(path) is None


@pytest.mark.parametrize(
    "damaged",
    [
        "t,test\n0,natural\n",
        TEXT.replace("natural", "unnatural"),
        f"{TEXT}{FIRST}\n",
        TEXT.replace("20.1234", "much"),
        TEXT.replace("t,test", "tea,test"),
        "",
        "\0",
        "<html>",
        "\udcff",
    ],
)
def test_what_is_no_such_table_is_an_error_that_says_what_to_do(damaged: str) -> None:
    with pytest.raises(DataError, match=r"metrics/sweep\.csv is not what .* or delete the file"):
        parse_sweep(damaged.encode("utf-8", "surrogateescape"))


def test_a_sweep_is_of_a_model_that_differs_in_t_alone() -> None:
    assert is_of(TABLE, evaluation(10, 10.1234))
    assert is_of(TABLE, evaluation(30, 7))
    assert not is_of(TABLE, evaluation(10, 10.1235)), "the same t, another error"


def test_a_sweep_is_not_of_a_model_of_other_posters_or_another_network() -> None:
    for change in (
        {"source": ["table"]},
        {"backbone": {"name": "VGG19", "weights_digest": "0" * 64}},
        {"backbone": {"name": "VGG16", "weights_digest": "1" * 64}},
    ):
        other = evaluation(30)
        other["run"] |= change
        assert not is_of(TABLE, other)
    fewer = evaluation(30)
    fewer["balanced"]["n"] = 39
    assert not is_of(TABLE, fewer)
