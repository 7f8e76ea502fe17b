"""A measured table is kept until something that it depends on changes."""

from pathlib import Path

import pandas as pd
import pytest

from posters import paths
from posters.evaluation.cached_tables import cached_tables
from posters.params import Params, load_params


def test_table_is_measured_again_only_if_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(paths, "EMBEDDINGS", tmp_path)
    for name, file in (("CATALOGUE", "catalogue.csv"), ("SPLIT", "split.csv")):
        monkeypatch.setattr(paths, name, tmp_path / file)
    for file in ("catalogue.csv", "split.csv", "backbone.json", "embeddings.npy"):
        (tmp_path / file).write_text("as it was")
    measured: list[int] = []

    def measure(number: int) -> pd.DataFrame:
        measured.append(number)
        # The group is a title that looks like a number.
        return pd.DataFrame({"imdb_id": ["tt01"], "group": ["007"], "error": [number / 3]})

    def is_kept(number: int, params: Params, *others: object) -> bool:
        before = len(measured)
        table = cached_tables("errors", measure, [number], params, *others)
        assert table.to_dict("list") == {
            "imdb_id": ["tt01"],
            "group": ["007"],
            "error": [pytest.approx(number / 3)],
        }
        return len(measured) == before

    params = load_params()
    other = params.model_copy(update={"train": params.train.model_copy(update={"epochs": 7})})
    runs = [(0, params), (1, params), (0, other), (0, params, "others")]
    assert [is_kept(*run) for run in runs] == [False] * 4
    assert [is_kept(*run) for run in runs] == [True] * 4
    for file in ("catalogue.csv", "split.csv", "backbone.json", "embeddings.npy"):
        (tmp_path / file).write_text("changed")
        assert [is_kept(*run) for run in runs[:2]] == [False] * 2
