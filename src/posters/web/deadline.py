"""A time limit for a whole exchange, however slowly the server sends."""

import contextlib
import socket
import threading
from typing import Self


class Deadline:
    """Ends the exchange of the `with` block after some seconds by closing its connection.

    A socket's own timeout starts again with every byte. A server that sends a byte now and then (in
    a header, a chunk extension, an empty compressed block) would hold the thread for ever.

    Attributes:
        passed: whether the exchange was ended.
    """

    _of_thread = threading.local()

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._of_thread.current = self
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._of_thread.current = None

    def end(self) -> None:
        """End the exchange now; may be called from any thread."""
        self.passed = True
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                # Not `connected.shutdown`: an SSL socket's own state belongs to the other thread.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    @classmethod
    def watch(cls, connected: socket.socket | None) -> None:
        """Let the deadline of this thread close a socket; TimeoutError if it has passed."""
        current: Deadline | None = getattr(cls._of_thread, "current", None)
        # TLS to a host within TLS to a proxy is no socket, but has one.
        connected = getattr(connected, "socket", connected)
        if current and connected is not None:
            # Kept here because a connection drops its socket before the last body is read.
            current._sockets.append(connected)
            if current.passed:
                current.end()
                raise TimeoutError("too late to connect")
