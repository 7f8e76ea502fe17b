"""The stages and the web between them: nothing is asked for twice, nothing is lost."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Project

from posters.web.ledger import LEDGER, Ledger, Row

MakeProject = Callable[[Path], Project]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small embedded default: its replica is asked over HTTP."""
    project = Project(tmp_path)
    project.set(scrape__movies=40, scrape__first_year=1990, scrape__last_year=1995)
    project.set(rebalance__t=2, rebalance__before=1994, rebalance__reserve=1)
    return project


def ledger_path(project: Project) -> Path:
    return project.folder / ".cache" / "web" / "replica" / LEDGER


def rows(project: Project) -> list[dict[str, str]]:
    with ledger_path(project).open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def run(project: Project, *stages: str) -> str:
    said = ""
    for stage in stages:
        done = project.stage(stage)
        assert done.returncode == 0, done.stderr
        said += done.stdout
    return said


def outputs(project: Project) -> dict[str, bytes]:
    data = project.folder / "data"
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file()
    }


def start(project: Project, stage: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, f"stages/{stage}.py"],
        cwd=project.folder,
        env={**project.environment, "PYTHONPATH": "src"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background makes them, and what they start, deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_posters(project: Project, process: "subprocess.Popen[str]", number: int) -> None:
    """Until so many posters were fetched; the process must not end before."""
    while process.poll() is None:
        if ledger_path(project).exists():
            fetched = [row for row in rows(project) if row["what"] == "poster"]
            if len(fetched) >= number:
                return
    pytest.fail(f"it ended too soon: {process.communicate()}")


def test_a_killed_run_goes_on_where_it_was_and_ends_the_same(
    project: Project, tmp_path: Path
) -> None:
    project.set(scrape__movies=150)
    for number in (3, 12):
        process = start(project, "scrape")
        wait_for_posters(project, process, number)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (project.folder / "data" / "initial.csv").exists()
    run(project, "scrape")
    fetched = Counter(row["address"] for row in rows(project) if row["outcome"] == "fetched")
    # At most the answers that were on their way when it was killed come twice.
    assert sum(count - 1 for count in fetched.values()) <= 2 * 8
    unharmed = Project(tmp_path / "unharmed")
    unharmed.set(scrape__movies=150, scrape__first_year=1990, scrape__last_year=1995)
    run(unharmed, "scrape")
    assert outputs(project) == outputs(unharmed)


def test_ctrl_c_ends_cleanly_and_keeps_what_was_fetched(project: Project) -> None:
    # So many that it can't be done before the signal comes, however slow this test is.
    project.set(scrape__movies=2000)
    process = start(project, "scrape")
    wait_for_posters(project, process, 3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == ("scrape: interrupted; what was fetched and embedded is kept")
    assert "Traceback" not in said
    assert outputs(project) == {}
    assert len(rows(project)) >= 3


@pytest.fixture
def tiny_disk(project: Project) -> Iterator[Path]:
    """The project's cache on a file system of its own that is soon full."""
    cache = project.folder / ".cache"
    cache.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(cache)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small file system can't be mounted here: needs root")
    yield cache
    subprocess.run(["umount", str(cache)], check=True)


def test_a_full_disk_is_said_and_nothing_is_lost(project: Project, tiny_disk: Path) -> None:
    done = project.stage("scrape")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "scrape: error: No space left on device" in done.stderr.splitlines()[-1]
    assert outputs(project) == {}
    assert [*tiny_disk.rglob("*.partial")] == []
    first = Counter(row["address"] for row in rows(project) if row["outcome"] == "fetched")
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
    run(project, "scrape")
    second = Counter(row["address"] for row in rows(project) if row["outcome"] == "fetched")
    assert first
    assert all(second[address] == 1 for address in first), "what was held is not asked for again"


def test_raising_t_asks_for_the_difference_and_lowering_it_for_nothing(project: Project) -> None:
    run(project, "inputs", "scrape", "rebalance")
    low, first = outputs(project), len(rows(project))
    project.set(rebalance__t=12)
    run(project, "rebalance")
    high, second = outputs(project), rows(project)
    assert len(second) > first
    assert max(Counter(row["address"] for row in second).values()) == 1
    added = high["catalogue.csv"].count(b",topup\n") - low["catalogue.csv"].count(b",topup\n")
    posters = [row for row in second[first:] if row["what"] == "poster"]
    assert len(posters) == added, "no poster was fetched that was not needed"
    project.set(rebalance__t=2)
    run(project, "rebalance")
    assert outputs(project) == low
    assert len(rows(project)) == len(second)


def test_what_failed_is_left_alone_until_it_is_asked_for_again(project: Project) -> None:
    run(project, "inputs", "scrape")
    before = outputs(project)
    poster = next(row for row in rows(project) if row["what"] == "poster")
    ledger = Ledger(ledger_path(project))
    busy = {"outcome": "passing", "reason": "HTTP 503: it was busy"}
    ledger.append(Row(what="poster", address=poster["address"], imdb_id=poster["imdb_id"], **busy))
    said = run(project, "scrape")
    assert "1 posters failed for reasons that may pass: make retry-failed" in said
    refused = outputs(project)["initial_refused.csv"].decode()
    assert f"{poster['imdb_id']},199" in refused
    assert "HTTP 503,it was busy" in refused

    done = project.run("env", "PYTHONPATH=src", sys.executable, "src/ask_again.py", "failed")
    assert done.stdout == "ask again: 1 addresses will be asked for again: 1 HTTP 503\n"
    run(project, "inputs", "scrape")
    after = outputs(project)
    marks = "inputs/web.json"
    assert json.loads(before.pop(marks)) == {"refresh": 0, "retry": 0}
    assert json.loads(after.pop(marks)) == {"refresh": 0, "retry": 1}
    assert after == before
    again = project.run("env", "PYTHONPATH=src", sys.executable, "src/ask_again.py", "failed")
    assert "nothing failed for a reason that may have passed" in again.stdout


def test_listings_are_fetched_anew_when_asked_for(project: Project) -> None:
    run(project, "inputs", "scrape")
    project.run("env", "PYTHONPATH=src", sys.executable, "src/ask_again.py", "listings")
    run(project, "inputs", "scrape")
    counts = Counter(row["address"] for row in rows(project) if row["what"] != "mark")
    listings = {row["address"] for row in rows(project) if row["what"] == "listing"}
    assert {counts[address] for address in listings} == {2}
    assert {count for address, count in counts.items() if address not in listings} == {1}


def test_a_live_source_wants_to_know_whom_the_sites_can_write_to(project: Project) -> None:
    for kind in ("imdb", "imdb_pages", "wikidata"):
        project.set(source__kind=kind)
        done = project.stage("scrape")
        assert done.returncode == 1
        assert done.stderr.startswith("scrape: error: fetch.contact is empty")
    project.set(source__kind="tmdb")
    assert "accept_tmdb_terms: true" in project.stage("scrape").stderr


def test_without_a_network_the_stage_says_so_and_leaves_nothing(project: Project) -> None:
    project.set(source__kind="imdb", fetch__contact="test@example.org", fetch__retries=0)
    done = project.stage("scrape")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("scrape: error: ")
    assert "datasets.imdbws.com" in line
    assert outputs(project) == {}
