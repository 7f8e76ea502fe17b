"""The stages and the web: nothing is requested twice, and interrupted runs lose nothing."""

import json
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from misbehaving_server import ledger_rows
from projects import Project

from posters.files import sha256_of_file
from posters.web.ledger import LEDGER, Attempt, Ledger

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project with generated posters, fetched over HTTP from the local server."""
    project = Project(tmp_path)
    project.set(scrape__movies=40, scrape__first_year=1990, scrape__last_year=1995)
    project.set(rebalance__t=2, rebalance__before=1994, rebalance__reserve=1)
    return project


def web(project: Project) -> Path:
    """The folder of all web responses."""
    return project.folder / ".cache" / "web" / "replica"


def rows(project: Project) -> list[dict[str, Any]]:
    return ledger_rows(web(project) / LEDGER)


def fetched(project: Project) -> Counter[str]:
    """How often each URL was fetched."""
    return Counter(row["address"] for row in rows(project) if row["outcome"] == "fetched")


def ask_again(project: Project, what: str) -> str:
    return project.run(sys.executable, "src/ask_again.py", what).stdout


def wait_for_responses(project: Project, process: "subprocess.Popen[str]", number: int) -> None:
    """Wait until so many responses were stored; the listings are the first few."""
    while process.poll() is None:
        if len(list(web(project).glob("objects/*/*"))) >= number:
            return
        time.sleep(0.005)
    pytest.fail(f"it ended too soon: {process.communicate()}")


def test_killed_run_continues_and_gives_the_same_files(project: Project, tmp_path: Path) -> None:
    project.set(scrape__movies=150)
    for number in (1, 8, 20):
        process = project.start_stage("scrape")
        wait_for_responses(project, process, number)
        process.kill()
        process.communicate()
        for path in web(project).glob("objects/*/*"):
            assert sha256_of_file(path) == path.name
        assert not (project.folder / "data" / "initial.csv").exists()
    project.stages("scrape")
    # Only responses that were under way when it was killed are fetched twice.
    assert sum(count - 1 for count in fetched(project).values()) <= 3 * 8
    uninterrupted = Project(tmp_path / "uninterrupted")
    uninterrupted.set(scrape__movies=150, scrape__first_year=1990, scrape__last_year=1995)
    uninterrupted.stages("scrape")
    assert project.outputs() == uninterrupted.outputs()


def test_ctrl_c_exits_with_130_and_keeps_what_was_fetched(project: Project) -> None:
    # Too many to finish before the signal arrives.
    project.set(scrape__movies=2000)
    process = project.start_stage("scrape")
    wait_for_responses(project, process, 8)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == (
        "scrape: interrupted; everything fetched and embedded so far is kept"
    )
    assert "Traceback" not in errors
    assert project.outputs() == {}
    assert len(rows(project)) >= 3


def test_full_disk_is_one_error_line_and_the_next_run_continues(project: Project) -> None:
    project.set(scrape__movies=300)
    process = project.start_stage("scrape")
    wait_for_responses(project, process, 8)
    # From now on no file can grow.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in errors
    reason = "(File too large|disk I/O error|No space left on device): "
    assert re.match(f"scrape: error: {reason}", errors.splitlines()[-1])
    assert project.outputs() == {}
    assert not list((project.folder / ".cache").rglob("*.partial"))
    before = fetched(project)
    project.stages("scrape")
    assert before
    assert all(fetched(project)[url] == 1 for url in before)


def test_larger_t_fetches_only_the_difference_and_smaller_t_nothing(project: Project) -> None:
    project.stages("inputs", "scrape", "rebalance")
    low, first = project.outputs(), len(rows(project))
    project.set(rebalance__t=12)
    project.stages("rebalance")
    high, second = project.outputs(), rows(project)
    assert max(Counter(row["address"] for row in second).values()) == 1
    added = high["catalogue.csv"].count(b",topup\n") - low["catalogue.csv"].count(b",topup\n")
    posters = [row for row in second[first:] if row["what"] == "poster"]
    assert len(posters) == added > 0
    project.set(rebalance__t=2)
    project.stages("rebalance")
    assert project.outputs() == low
    assert len(rows(project)) == len(second)


def test_failed_request_is_repeated_only_on_demand(project: Project) -> None:
    project.stages("inputs", "scrape")
    before = project.outputs()
    poster = next(row for row in rows(project) if row["what"] == "poster")
    busy = ("passing", poster["imdb_id"], "HTTP 503: it was busy")
    Ledger(web(project) / LEDGER).append(Attempt("poster", poster["address"], *busy))
    assert "make retry-failed" in project.stages("scrape")
    refused = project.outputs()["initial_refused.csv"].decode()
    assert f"{poster['imdb_id']},199" in refused
    assert "HTTP 503,it was busy" in refused

    assert ask_again(project, "failed") == (
        "ask again: the next `dvc repro` requests 1 URLs again: 1 HTTP 503\n"
    )
    project.stages("inputs", "scrape")
    after = project.outputs()
    assert json.loads(before.pop("inputs/web.json")) == {"refresh": 0, "retry": 0}
    assert json.loads(after.pop("inputs/web.json")) == {"refresh": 0, "retry": 1}
    assert after == before
    assert ask_again(project, "failed") == "ask again: no request failed for a temporary reason\n"


def test_listings_are_fetched_again_on_demand(project: Project) -> None:
    project.stages("inputs", "scrape")
    ask_again(project, "listings")
    project.stages("inputs", "scrape")
    listings = {row["address"] for row in rows(project) if row["what"] == "listing"}
    counts = fetched(project)
    assert {counts[address] for address in listings} == {2}
    assert {count for address, count in counts.items() if address not in listings} == {1}


def test_live_source_needs_a_contact(project: Project) -> None:
    project.set(source__kind="imdb")
    assert "fetch.contact is empty" in project.stage_error("scrape")


def test_missing_network_is_one_error_line(project: Project) -> None:
    project.set(source__kind="imdb", fetch__contact="test@example.org", fetch__retries=0)
    assert "datasets.imdbws.com" in project.stage_error("scrape")
    assert project.outputs() == {}
