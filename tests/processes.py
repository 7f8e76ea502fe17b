"""Commands as processes of their own, as a user runs them."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(
    *command: str | Path,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    check: bool = False,
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder; with `check`, a failure fails the test and shows the output.

    By default it runs at the root of the repository, and Python finds the project's modules.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment or os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        words = " ".join(map(str, command))
        pytest.fail(f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def start(*command: str, folder: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a command in a folder, for tests that send it signals."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Processes that a shell starts in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
