"""What holds for every command: Ctrl-C, full disks, lost output, missing packages, errors."""

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pipeline_walk import Walk
from processes import ROOT, run, start

SCRIPTS = [*ROOT.glob("src/*.py"), *ROOT.glob("stages/*.py")]


def run_command(
    body: str, redirection: str = "", options: str = "", **streams: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a command whose `main` has this body."""
    lines = ["from posters import command", "def main():", f"    {body}"]
    lines += [f"command.run('test', main, kept='nothing is lost', {options})"]
    shell = ["bash", "-c", f'exec "$0" -c "$1" {redirection}', sys.executable, "\n".join(lines)]
    return subprocess.run(
        shell,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    """A pipe whose reader is gone, as after `| head`."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


FIX = "; nothing is lost. Fix this, then run again"


@pytest.mark.parametrize(
    ("body", "redirection", "code", "error"),
    [
        ("return 3", "", 3, ""),
        ("open('/gone/file')", "", 1, f"No such file or directory: /gone/file{FIX}"),
        ("from posters.errors import DataError; raise DataError('no data')", "", 1, "no data"),
        # Less and more than Python keeps in its buffer until the end.
        ("print('text')", ">/dev/full", 1, f"No space left on device: the disk{FIX}"),
        ("print('text' * 100_000)", ">/dev/full", 1, f"No space left on device: the disk{FIX}"),
        ("1 / 0", ">&-", 1, "its output is closed (>&-): send it to a file or to /dev/null"),
        (
            r"command.print_error('test', 'a\x1b]0;b\x07\x9b2J\u202e\nc\udcff می\u200cخ.jpg')",
            *("", 0, "a\\x1b]0;b\\x07\\x9b2J\\u202e\\nc\\udcff می\u200cخ.jpg"),
        ),
    ],
)
def test_exit_code_and_error_line(body: str, redirection: str, code: int, error: str) -> None:
    done = run_command(body, redirection)
    assert (done.returncode, done.stderr) == (code, f"test: error: {error}\n" if error else "")


@pytest.mark.parametrize("body", ["1 / 0", "raise OSError('of a library')"])
def test_programming_error_has_a_traceback(body: str) -> None:
    done = run_command(body)
    assert (done.returncode, "Traceback" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "body", ["print('text')", "print('text' * 100_000)", "exit(print('help'))"]
)
def test_output_that_nobody_reads_is_an_error(body: str, closed_pipe: int) -> None:
    done = run_command(body, stdout=closed_pipe)
    assert (done.returncode, done.stderr) == (
        1,
        "test: error: nobody reads its output to the end; nothing is lost. Run it again\n",
    )
    done = run_command(body, stdout=closed_pipe, options="may_be_cut_off=True")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ""])
def test_notes_that_nobody_reads_change_nothing(redirection: str, closed_pipe: int) -> None:
    body = "command.print_note('test', 'lost'); print('text')"
    done = run_command(body, redirection, stderr=closed_pipe)
    assert (done.returncode, done.stdout) == (0, "text\n")


def test_titles_are_printed_whatever_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run_command("print('Am\u00e9lie')")
    assert (done.returncode, done.stdout) == (0, "Am\\xe9lie\n")


# install_packages.py needs no packages.
@pytest.mark.parametrize("script", sorted(ROOT.glob("src/[!i]*.py")), ids=lambda file: file.name)
def test_without_packages_it_says_what_to_do(script: Path) -> None:
    # -S: without the packages of the environment, as the Python of the system.
    done = run(sys.executable, "-S", script, "--help")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"{script.stem}: error: \w+ is not installed for {re.escape(sys.executable)}: "
        r"run `make setup`, then use \.venv/bin/python instead\n",
        done.stderr,
    )


def test_older_python_is_refused() -> None:
    script = "import sys; sys.version_info = (3, 9, 18); from posters import command"
    done = run(sys.executable, "-S", "-c", script)
    assert done.returncode == 1
    assert re.fullmatch(
        "this needs Python 3.11 or newer, and .*: run `make setup`.*\n", done.stderr
    )


@pytest.mark.parametrize("script", ["ui", "app"])
@pytest.mark.parametrize("port", ["taken", "70000"])
def test_port_that_can_not_be_used_is_refused(script: str, port: str) -> None:
    place = f"src/{script}.py"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = port.replace("taken", str(other.getsockname()[1]))
        done = run("env", "-u", "MLFLOW_TRACKING_URI", sys.executable, place, "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"{script}: error: the page can't be served at port {port} \(.+\): stop the program that "
        "uses it, or choose another port .+\n",
        done.stderr,
    )


def test_every_script_imports_command_first() -> None:
    for script in SCRIPTS:
        first = next(
            node
            for node in ast.parse(script.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        )
        assert ast.unparse(first) == "from posters import command", script


def test_only_predictions_may_be_cut_off() -> None:
    able = [script.name for script in SCRIPTS if "may_be_cut_off" in script.read_text("utf-8")]
    assert able == ["predict.py"]


def test_failure_leaves_no_second_process() -> None:
    body = (
        "import os, time; from posters.errors import DataError; "
        "from posters.processors import second_process; second = second_process(); "
        "print(second.submit(os.getpid).result()); second.submit(time.sleep, 1); "
        "second.shutdown(wait=False); raise DataError('no data')"
    )
    done = run_command(body, options="end_at_once=True", timeout=60)
    assert done.stderr == "test: error: no data\n"
    assert not psutil.pid_exists(int(done.stdout))


@pytest.mark.parametrize("script", ["src/predict.py", "src/sweep.py", "stages/train.py"])
def test_ctrl_c_during_imports_prints_no_traceback(script: str) -> None:
    command = (sys.executable, "-X", "importtime", script, "--help")
    process = start(*command, folder=ROOT, environment=os.environ | {"PYTHONPATH": "src"})
    assert process.stderr
    while "posters.command" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    # Ended by the signal, as the calling shell expects.
    assert process.returncode == -signal.SIGINT


def running_stages(process: int) -> Iterator[psutil.Process]:
    """The stages among a process's children that have begun their imports."""
    for child in psutil.Process(process).children(recursive=True):
        try:
            is_stage = any(part.startswith("stages/") for part in child.cmdline())
            if is_stage and any("numpy" in file.path for file in child.memory_maps()):
                yield child
        except psutil.Error:
            continue


@pytest.mark.slow
def test_ctrl_c_ends_a_sweep_and_its_processes(walk: Walk) -> None:
    table = walk.project.folder / "metrics" / "sweep.csv"
    table.unlink(missing_ok=True)
    walk.project.commit()
    process = walk.project.start(sys.executable, "src/sweep.py", "--t", "5")
    until = time.monotonic() + 120
    while not (stages := list(running_stages(process.pid))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "sweep: interrupted; each t that finished is kept"
    assert stages
    assert not [child for child in started if child.is_running()]
    assert not table.exists()
    assert not walk.project.run("git", "status", "--porcelain").stdout
