"""A time limit on a whole exchange, whatever a server does with its bytes."""

import contextlib
import socket
import threading
from typing import Any, Self


class Deadline:
    """Ends an exchange wherever it hangs, by closing its connection from another thread.

    A socket's timeout starts anew with every byte: a server that sends one now and then, in a
    header, a chunk's extension or a compressed nothing, would keep a thread for ever.

    Args:
        seconds: from the beginning of the `with` block.

    Attributes:
        passed: whether it was ended.
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
        """End the exchange now."""
        self.passed = True
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                # Of the plain socket: what encrypts it is in the other thread's hands.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    @classmethod
    def watch(cls, connected: socket.socket | None) -> None:
        """The thread's exchange goes over this socket.

        Kept here, as a connection lets go of its socket once an answer is announced as its last.

        Raises:
            TimeoutError: it is too late for that.
        """
        current: Deadline | None = getattr(cls._of_thread, "current", None)
        if current and connected is not None:
            current._sockets.append(connected)
            if current.passed:
                current.end()
                raise TimeoutError("too late to connect")


class Watched:
    """A connection that the deadline of its exchange can close."""

    sock: socket.socket | None

    def connect(self) -> None:
        """As urllib3 does, watched from here on."""
        super().connect()  # type: ignore[misc]
        Deadline.watch(self.sock)

    def request(self, *args: Any, **keywords: Any) -> None:
        """As urllib3 does, watched from here on: the connection may be an older one."""
        Deadline.watch(self.sock)
        super().request(*args, **keywords)  # type: ignore[misc]
