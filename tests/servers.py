"""Servers in processes of their own."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from conftest import Project

needs_gradio = pytest.mark.skipif(
    importlib.util.find_spec("gradio") is None,
    reason="gradio is absent: pip install --no-deps -r requirements-app.lock",
)
_PATIENCE = 300.0  # seconds; a busy machine needs a minute to import MLflow twice


@dataclass(frozen=True)
class Served:
    """A server that answers: its address, its process, and the file with all that it prints."""

    address: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextlib.contextmanager
def answering(
    *command: str, health: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Served]:
    """Run a server until the block ends, and yield it once the path `health` answers 200.

    The port is appended to the command; the log is beside the working folder.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = folder.parent / f"server-{port}.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*command, str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Processes that a shell starts in the background ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    try:
        until = time.monotonic() + _PATIENCE
        while not _answers(address + health):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"{' '.join(command)} does not answer\n{log.read_text()}")
            time.sleep(0.1)
        yield Served(address, server, log)
    finally:
        # Its workers are processes of their own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def serving_app(project: Project, **environment: str) -> contextlib.AbstractContextManager[Served]:
    """The page of `make app` of a project."""
    return answering(
        *(sys.executable, "src/app.py", "--port"),
        health="/",
        folder=project.folder,
        environment={**project.environment, **environment},
    )


def _answers(url: str) -> bool:
    try:
        # Without the proxies of the environment.
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, timeout=10).status_code == 200
    except requests.RequestException:  # not yet, or too busy
        return False
