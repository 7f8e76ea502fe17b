"""Servers that run as processes of their own, on this machine, as long as a test needs them."""

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

_PATIENCE = 300.0  # seconds; a busy machine takes a minute to import MLflow twice


@contextlib.contextmanager
def answering(
    *command: str, health: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Run a server whose last argument is the port, wait until it answers, and end it.

    Args:
        command: without the port, which is added.
        health: the path that answers 200 once it is ready.
        folder: in which it runs; its log, `server-PORT.log`, lies beside it.
        environment: of the process.

    Returns:
        Its address.
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
