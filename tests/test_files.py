"""Files and folders are replaced whole or not at all; hashes are the same everywhere."""

import hashlib
import json
from pathlib import Path

import pytest

from posters.files import (
    replacing,
    sha256,
    sha256_of_file,
    unit_interval,
    write_bytes,
    write_json,
    write_text,
)


class Interrupted(Exception):
    """What a crash in the middle of writing looks like."""


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def folder_with(path: Path, **files: str) -> Path:
    path.mkdir(parents=True)
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def test_a_file_stands_under_its_name_only_when_writing_ended(tmp_path: Path) -> None:
    with replacing(tmp_path / "table.csv") as beside:
        beside.write_text("half")
        assert not (tmp_path / "table.csv").exists()
    assert contents(tmp_path) == {"table.csv": "half"}


def test_an_error_while_writing_a_new_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Interrupted), replacing(tmp_path / "table.csv") as beside:
        beside.write_text("half")
        raise Interrupted
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_replacing_a_file_keeps_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("old")
    with pytest.raises(Interrupted), replacing(tmp_path / "table.csv") as beside:
        beside.write_text("half")
        raise Interrupted
    assert contents(tmp_path) == {"table.csv": "old"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_keeps_the_old_file_too(tmp_path: Path, interruption: type[BaseException]) -> None:
    (tmp_path / "table.csv").write_text("old")
    with pytest.raises(interruption), replacing(tmp_path / "table.csv") as beside:
        beside.write_text("half")
        raise interruption
    assert contents(tmp_path) == {"table.csv": "old"}


def test_an_error_before_anything_is_written_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(Interrupted), replacing(tmp_path / "table.csv"):
        raise Interrupted
    assert list(tmp_path.iterdir()) == []


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    with replacing(tmp_path / "posters") as beside:
        folder_with(beside, first="1", second="2")
        assert not (tmp_path / "posters").exists()
    assert contents(tmp_path) == {"posters/first": "1", "posters/second": "2"}


def test_a_folder_that_stood_there_is_replaced_with_all_it_held(tmp_path: Path) -> None:
    folder_with(tmp_path / "posters", stale="old", both="old")
    with replacing(tmp_path / "posters") as beside:
        folder_with(beside, both="new")
    assert contents(tmp_path) == {"posters/both": "new"}


def test_an_error_while_replacing_a_folder_keeps_the_old_one(tmp_path: Path) -> None:
    folder_with(tmp_path / "posters", first="old")
    with pytest.raises(Interrupted), replacing(tmp_path / "posters") as beside:
        folder_with(beside, first="new", second="new")
        raise Interrupted
    assert contents(tmp_path) == {"posters/first": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["posters"]


def test_a_second_folder_is_not_put_in_place_when_the_first_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(Interrupted),
        replacing(tmp_path / "reserve") as reserve,
        replacing(tmp_path / "topup") as topup,
    ):
        folder_with(reserve, poster="1")
        folder_with(topup, poster="2")
        raise Interrupted
    assert list(tmp_path.iterdir()) == []


def test_missing_parents_are_made(tmp_path: Path) -> None:
    write_bytes(tmp_path / "data" / "posters" / "one.jpg", b"\xff\xd8")
    assert (tmp_path / "data" / "posters" / "one.jpg").read_bytes() == b"\xff\xd8"


def test_text_is_utf8_with_line_feeds(tmp_path: Path) -> None:
    write_text(tmp_path / "titles.txt", "Amélie\n東京物語\n")
    assert (tmp_path / "titles.txt").read_bytes() == "Amélie\n東京物語\n".encode()


def test_json_keeps_the_order_of_its_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "metrics.json", {"n": 3, "mae": 1.5, "bias": -0.25})
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert list(json.loads(text).items()) == [("n", 3), ("mae", 1.5), ("bias", -0.25)]
    assert text.endswith("}\n")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_json_refuses_what_is_not_a_number_and_keeps_the_old_file(
    tmp_path: Path, number: float
) -> None:
    write_json(tmp_path / "metrics.json", {"mae": 12.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"mae": {"natural": [number]}})
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"mae": 12.5}
    assert len(list(tmp_path.iterdir())) == 1


def test_digests_are_sha256_of_the_content(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "poster.jpg").write_bytes(content)
    assert sha256(content) == hashlib.sha256(content).hexdigest()
    assert sha256_of_file(tmp_path / "poster.jpg") == sha256(content)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((1,), 0.4200240643687784),
        (("a", "b"), 0.4043523740656047),
        ((7, "natural", "metropolis"), 0.6807207001767673),
    ],
)
def test_unit_interval_gives_the_same_number_forever(
    parts: tuple[object, ...], expected: float
) -> None:
    assert unit_interval(*parts) == expected


def test_unit_interval_stays_below_one_and_is_even() -> None:
    numbers = [unit_interval("movie", number) for number in range(5000)]
    assert all(0 <= number < 1 for number in numbers)
    tenths = [sum(int(number * 10) == tenth for number in numbers) for tenth in range(10)]
    assert min(tenths) > 420
    assert max(tenths) < 580


def test_unit_interval_tells_the_order_of_its_parts() -> None:
    assert unit_interval("a", "b") != unit_interval("b", "a")
