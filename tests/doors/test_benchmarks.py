"""The benchmarks measure what they report; how long anything takes is not tested."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest
from processes import ROOT

from benchmarks import decoding, measuring, scale, searching
from benchmarks.__main__ import PARTS, main
from benchmarks.measuring import BenchmarkError
from posters import paths

# A pipeline of two stages; the second one starts a process that needs memory.
PIPELINE = """
import subprocess, sys, time
print("Running stage 'one':", flush=True)
time.sleep(1)
print("Stage 'two' is cached - skipping run", flush=True)
subprocess.run([sys.executable, "-c", "b = b'x' * 200_000_000; import time; time.sleep(1)"])
"""


def test_memory_of_a_process_is_measured() -> None:
    _, small = measuring.process([sys.executable, "-c", "pass"])
    _, large = measuring.process([sys.executable, "-c", "b'x' * 200_000_000"])
    assert large > small + 150


def test_failed_command_is_reported() -> None:
    with pytest.raises(BenchmarkError, match="no such thing"):
        measuring.process([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_stages_are_timed_and_the_memory_of_their_processes_is_measured(tmp_path: Path) -> None:
    measured = measuring.stages([sys.executable, "-c", PIPELINE], tmp_path, memory=True)
    seconds, megabytes = measured["seconds"], measured["megabytes"]
    assert list(seconds) == list(megabytes) == ["before", "one", "two", "all"]
    assert min(seconds["one"], seconds["two"]) >= 1
    assert megabytes["all"] == megabytes["two"] > megabytes["one"] + 150


def test_part_that_can_not_be_measured_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(paths, "METRICS", tmp_path)
    monkeypatch.setitem(PARTS, "ray", partial(measuring.process, ["false"]))
    monkeypatch.setitem(PARTS, "scale", dict)
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "ray", "scale"])
    assert main() == 1
    assert "bench: error: ray is not measured: false failed" in capsys.readouterr().err
    assert set(json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))) == {"scale"}


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
