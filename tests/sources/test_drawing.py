"""Generated posters are drawn in processes of their own, which end with the one that uses them."""

import gc
import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from posters.errors import SourceError
from posters.sources.drawing import Drawing
from sample_posters import draw_poster


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_threads_get_the_posters_that_they_request() -> None:
    drawing = Drawing()
    requests = [("The Tall Kite", 1925, 1), ("Étoile", 1960, 2), ("A Row", 2010, 3)] * 3
    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(lambda request: drawing.jpeg(*request), requests))
    for request, file in zip(requests, files, strict=True):
        content = io.BytesIO()
        draw_poster(*request).save(content, "JPEG", quality=88)
        expected = Image.open(content)
        np.testing.assert_array_equal(Image.open(io.BytesIO(file)), expected)


def test_processes_end_with_the_drawing() -> None:
    drawing = Drawing()
    drawing.jpeg("The Tall Kite", 1925, 1)
    (process,) = drawing._processes
    assert process.poll() is None
    del drawing
    gc.collect()
    assert process.poll() is not None


def test_process_that_has_ended_is_an_error() -> None:
    drawing = Drawing()
    drawing.jpeg("The Tall Kite", 1925, 1)
    for process in drawing._processes:
        process.kill()
        process.wait()
    with pytest.raises(SourceError, match="has ended: run `dvc repro` again"):
        for _ in range(len(os.sched_getaffinity(0)) + 1):
            drawing.jpeg("The Tall Kite", 1925, 1)


@pytest.mark.slow
def test_killed_run_leaves_no_process_behind() -> None:
    script = (
        "import time\n"
        "from posters.sources.drawing import Drawing\n"
        "drawing = Drawing()\n"
        "drawing.jpeg('The Tall Kite', 1925, 1)\n"
        "print(drawing._processes[0].pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        pid = int(run.stdout.readline())
        assert is_running(pid)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(pid)
