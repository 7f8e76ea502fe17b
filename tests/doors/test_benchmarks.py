"""The benchmarks measure what they report; how long anything takes is not tested."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

from benchmarks import measuring, scale, searching
from benchmarks.measuring import BenchmarkError


def test_functions_take_turns() -> None:
    calls: list[str] = []
    times = measuring.seconds(
        {"one": lambda: calls.append("one"), "other": lambda: calls.append("other")}, runs=3
    )
    assert calls == ["one", "other"] * 4
    assert set(times) == {"one", "other"}
    assert min(times.values()) > 0


def test_memory_of_a_process_is_measured() -> None:
    small = measuring.process([sys.executable, "-c", "pass"], runs=1)
    large = measuring.process([sys.executable, "-c", "b'x' * 200_000_000"], runs=1)
    assert large.megabytes > small.megabytes + 150
    assert small.seconds > 0


def test_failed_command_is_reported() -> None:
    with pytest.raises(BenchmarkError, match="no such thing"):
        measuring.process([sys.executable, "-c", "raise SystemExit('no such thing')"], runs=1)


def test_rows_pass_the_stages_and_near_duplicates_are_found() -> None:
    measured = scale.measure(3000, pictures=(1000, 2000))
    # Years of which the initial sample has more than t leave the rest of their movies out.
    assert 2500 < measured["rows"] <= 3000
    assert set(measured["seconds"]) == {
        *("read the table", "scrape", "rebalance", "write the catalogue", "read the catalogue"),
        *("groups and split", "all"),
    }
    assert measured["megabytes"] > 50
    by_hash = measured["near-duplicates by hash"]
    by_features = measured["near-duplicates by features"]
    assert {count: result["pairs"] for count, result in by_hash.items()} == {"1000": 10}
    assert {count: result["pairs"] for count, result in by_features.items()} == {
        "1000": 10,
        "2000": 20,
    }


def test_libraries_find_the_same_neighbours() -> None:
    pytest.importorskip("faiss", reason="only `make bench` needs FAISS")
    pytest.importorskip("usearch", reason="only `make bench` needs USearch")
    rows = searching.measure((500,), runs=1)
    assert [(row["posters"], row["queries"]) for row in rows] == [(500, 1), (500, 100)]
    for row in rows:
        assert set(row["milliseconds"]) == {"ours", "FAISS", "USearch"}


def test_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "everything"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr


def test_committed_benchmark_has_every_part() -> None:
    path = ROOT / "metrics" / "benchmark.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    assert set(results) == {"predict", "embed", "search", "scale", "rerun"}
    for part in results.values():
        assert part["machine"]["cores"] > 0
        assert part["measured"]
