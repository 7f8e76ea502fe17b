"""Draws generated posters in processes of their own, one for each core.

Drawing holds Python's global lock most of the time, so threads would share one core.
"""

import json
import os
import queue
import subprocess
import sys
import weakref
from pathlib import Path

import sample_posters
from posters.errors import SourceError
from posters.processors import cores

_JPEG_QUALITY = 88


class Drawing:
    """Draws posters; threads may share it. Processes start when they are first needed.

    A process ends when its standard input does, and so in any case with the process that uses it.
    """

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        for _ in range(cores()):
            self._idle.put(None)
        # Not at exit: threads of the local server may still draw then, and the processes end by
        # themselves.
        weakref.finalize(self, _end, self._processes).atexit = False

    def jpeg(self, title: str, year: int, seed: int) -> bytes:
        """The file of a poster, see `sample_posters.draw_poster`.

        Raises:
            SourceError: the process that draws has ended.
        """
        process = self._idle.get()
        try:
            if process is None:
                process = _start()
                self._processes.append(process)
            request = json.dumps([title, year, seed, _JPEG_QUALITY])
            assert process.stdin and process.stdout
            process.stdin.write(f"{request}\n".encode())
            process.stdin.flush()
            length = int.from_bytes(process.stdout.read(4))
            content = process.stdout.read(length)
            if not content:
                raise BrokenPipeError
        except BrokenPipeError as error:
            raise SourceError(
                "a process that draws generated posters has ended: run `dvc repro` again; what is "
                "drawn is kept"
            ) from error
        finally:
            self._idle.put(process)
        return content


def _start() -> subprocess.Popen[bytes]:
    folder = Path(sample_posters.__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, "-m", "sample_posters"],
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A process group of its own, so that Ctrl-C does not reach it.
        process_group=0,
    )


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
        process.communicate()
