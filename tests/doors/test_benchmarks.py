"""What is measured is what is said to be measured; how long it takes is no matter here."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT

from benchmarks import measuring, scale, searching
from benchmarks.measuring import BenchmarkError


def test_contestants_take_turns_and_the_first_round_does_not_count() -> None:
    asked: list[str] = []
    times = measuring.seconds(
        {"one": lambda: asked.append("one"), "other": lambda: asked.append("other")}, runs=3
    )
    assert asked == ["one", "other"] * 4
    assert set(times) == {"one", "other"}
    assert min(times.values()) > 0


def test_a_process_is_measured_with_the_memory_it_held() -> None:
    small = measuring.process([sys.executable, "-c", "pass"], runs=1)
    large = measuring.process(
        [sys.executable, "-c", "import time; x = b'x' * 200_000_000; time.sleep(0.1)"], runs=1
    )
    assert large.megabytes > small.megabytes + 150
    assert small.seconds > 0


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(BenchmarkError, match="no such thing"):
        measuring.process([sys.executable, "-c", "raise SystemExit('no such thing')"], runs=1)


def test_rows_go_through_the_stages_and_near_duplicates_are_found() -> None:
    measured = scale.measure(3000, pictures=(1000, 2000))
    # A year that the sample holds more of than t keeps the rest out.
    assert 2500 < measured["rows"] <= 3000
    assert set(measured["seconds"]) == {
        *("read the table", "scrape", "rebalance", "write the catalogue", "read the catalogue"),
        *("groups and split", "all"),
    }
    assert measured["megabytes"] > 50
    # Every hundredth picture is nearly the one before it.
    by_hash, by_look = measured["near-duplicates by hash"], measured["near-same by look"]
    assert {count: result["pairs"] for count, result in by_hash.items()} == {"1000": 10}
    assert {count: result["pairs"] for count, result in by_look.items()} == {"1000": 10, "2000": 20}


def test_search_is_compared_where_all_find_the_same() -> None:
    pytest.importorskip("faiss", reason="only `make bench` needs FAISS")
    pytest.importorskip("usearch", reason="only `make bench` needs USearch")
    rows = searching.measure((500,), runs=1)
    assert [(row["posters"], row["queries"]) for row in rows] == [(500, 1), (500, 100)]
    for row in rows:
        assert set(row["milliseconds"]) == {"ours", "FAISS", "USearch"}


def test_an_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "everything"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr


def test_the_benchmark_that_is_kept_is_of_every_part() -> None:
    path = ROOT / "metrics" / "benchmark.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    assert set(known) == {"predict", "embed", "search", "scale", "rerun"}
    for part in known.values():
        assert part["machine"]["cores"] > 0
        assert part["measured"]
