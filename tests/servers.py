"""Servers in processes of their own."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

_PATIENCE = 300.0  # seconds; a busy machine needs a minute to import MLflow twice


@contextlib.contextmanager
def answering(
    *command: str, health: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Run a server until the block ends, and yield its address once the path `health` answers 200.

    The port is appended to the command; the log, `server-PORT.log`, is beside the working folder.
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
        )
    try:
        until = time.monotonic() + _PATIENCE
        while not _answers(address + health):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"{' '.join(command)} does not answer\n{log.read_text()}")
            time.sleep(0.1)
        yield address
    finally:
        # Its workers are processes of their own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).status_code == 200
    except requests.ConnectionError:
        return False
