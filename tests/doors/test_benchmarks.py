"""The benchmarks measure what they report; how long anything takes is not tested."""

import json
import sys

import pytest
from conftest import ROOT

from benchmarks import decoding, measuring, scale, searching
from benchmarks.__main__ import PARTS
from benchmarks.measuring import BenchmarkError


def test_memory_of_a_process_is_measured() -> None:
    _, small = measuring.process([sys.executable, "-c", "pass"])
    _, large = measuring.process([sys.executable, "-c", "b'x' * 200_000_000"])
    assert large > small + 150


def test_failed_command_is_reported() -> None:
    with pytest.raises(BenchmarkError, match="no such thing"):
        measuring.process([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_rows_pass_the_stages_and_near_duplicates_are_found() -> None:
    measured = scale.measure(3000, hashes=1000, vectors=2000)
    # Years of which the initial sample has more than t leave the rest of their movies out.
    assert 2500 < measured["rows"] <= 3000
    assert measured["near-duplicate pairs"] == {"hashes": 10, "vectors": 20}


def test_eight_pictures_are_accepted_and_measured() -> None:
    measured = decoding.measure((300, 400), (600, 800))
    assert len(measured["seconds alone"]) == 8
    assert measured["all at once"]["megabytes"] > 0


def test_libraries_find_the_same_neighbours() -> None:
    pytest.importorskip("faiss", reason="only `make bench` needs FAISS")
    pytest.importorskip("usearch", reason="only `make bench` needs USearch")
    rows = searching.measure((500,), runs=1)
    assert [(row["posters"], row["queries"]) for row in rows] == [(500, 1), (500, 100)]
    assert all(set(row["milliseconds"]) == {"ours", "FAISS", "USearch"} for row in rows)


def test_committed_benchmark_has_every_part() -> None:
    path = ROOT / "metrics" / "benchmark.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    assert set(results) == set(PARTS)
    assert all(part["machine"] and part["measured"] for part in results.values())
