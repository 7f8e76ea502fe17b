"""What holds for every command: Ctrl-C, full disks, errors of the program."""

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from conftest import ROOT, Walk

SCRIPTS = [*ROOT.glob("src/*.py"), *ROOT.glob("stages/*.py")]


def run_command(body: str, **options: object) -> "subprocess.CompletedProcess[str]":
    """Run a command whose `main` has this body."""
    lines = ["from posters import command", "def main():", f"    {body}"]
    lines += ["command.run('test', main, kept='nothing is lost')"]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=options.get("stdout", subprocess.PIPE),  # type: ignore[arg-type]
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("body", "code", "errors"),
    [
        ("return 3", 3, ""),
        ("pass", 0, ""),
        (
            "open('/nowhere/file')",
            1,
            "test: error: No such file or directory: /nowhere/file; nothing is lost. Fix this, "
            "then run again\n",
        ),
        (
            "from posters.errors import DataError; raise DataError('data/ is empty')",
            1,
            "test: error: data/ is empty\n",
        ),
        (
            r"command.print_error('test', 'a\x1b]0;b\x07\x9b2J\u202e\nc\udcff می\u200cخ.jpg')",
            0,
            "test: error: a\\x1b]0;b\\x07\\x9b2J\\u202e\\nc\\udcff می\u200cخ.jpg\n",
        ),
    ],
)
def test_exit_code_and_error_line(body: str, code: int, errors: str) -> None:
    done = run_command(body)
    assert (done.returncode, done.stderr) == (code, errors)


def test_programming_error_has_a_traceback() -> None:
    for body in ("1 / 0", "raise OSError('of a library')"):
        done = run_command(body)
        assert (done.returncode, "Traceback" in done.stderr) == (1, True)


def test_full_disk_is_one_error_line() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = run_command("print('text')", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("test: error: No space left on device: the disk; nothing is lost")
    assert done.stderr.count("\n") == 1


def test_every_script_imports_command_first() -> None:
    for script in SCRIPTS:
        first = next(
            node
            for node in ast.parse(script.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        )
        assert ast.unparse(first) == "from posters import command", script


@pytest.mark.parametrize("script", ["src/predict.py", "src/sweep.py", "stages/train.py"])
def test_ctrl_c_during_imports_prints_no_traceback(script: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", script, "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
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
