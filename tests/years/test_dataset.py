"""A damaged split is an error that says so."""

from pathlib import Path

import pytest

from posters import paths
from posters.errors import DataError
from posters.years.dataset import read_parts

SPLIT = "imdb_id,group,part,fold\ntt01,one,train,0\ntt02,two,natural,1\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        SPLIT[:-14].encode(),
        SPLIT[:-2].encode(),
        SPLIT.replace("part", "other").encode(),
        SPLIT.replace("natural", "natu").encode(),
        SPLIT.replace("tt02", "tt01").encode(),
    ],
    ids=["empty", "binary", "cut", "no_fold", "no_column", "unknown_part", "twice"],
)
def test_damaged_split_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(paths, "SPLIT", tmp_path / "split.csv")
    paths.SPLIT.write_bytes(content)
    with pytest.raises(DataError, match=r"data/split\.csv is damaged"):
        read_parts()
