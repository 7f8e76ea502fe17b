"""predict.py in terminals and pipes: colours, the progress bar, Ctrl-C, a reader that stops."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_walk import Walk
from predict_command import MODEL, PREDICT, predict

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, draw: Callable[[str, int], Path]) -> Path:
    """Two posters and a file that can't be read."""
    made = tmp_path / "posters"
    made.mkdir()
    for number in range(2):
        shutil.copy(draw(f"Poster {number}", 1980), made / f"{number}.jpg")
    (made / "page.png").write_text("<html>not found</html>")
    return made


def on_a_terminal(walk: Walk, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code, and everything that the terminal shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 100))
    process = subprocess.Popen(
        [*PREDICT, *arguments],
        cwd=walk.project.folder,
        env=walk.project.environment | {"TERM": "xterm"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        # Linux raises it when the other end is closed.
        pass
    os.close(ours)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_colours_and_progress_bar_appear_on_terminals_only(walk: Walk, folder: Path) -> None:
    posters = [str(folder / name) for name in ("0.jpg", "page.png", "1.jpg")]
    code, output, errors = predict(walk.project, *posters)
    assert not re.search("[\x1b\r]", output + errors)
    shown_code, shown = on_a_terminal(walk, *posters)
    assert shown_code == code == 2
    assert re.search(r"0\.jpg: \x1b\[1m[^\x1b]+\x1b\[0m \(", shown)
    assert "\x1b[1;31merror:\x1b[0m" in shown
    assert re.search(r"predict: +\d+%\|", shown)

    _, shown = on_a_terminal(walk, *posters, NO_COLOR="1")
    assert "\x1b[1" not in shown
    assert "predict:   0%" in shown

    _, shown = on_a_terminal(walk, *posters, TERM="dumb")
    assert sorted(shown.splitlines()) == sorted((errors + output).splitlines())


@pytest.fixture
def many(folder: Path, tmp_path: Path) -> Path:
    """A folder that takes a while."""
    made = tmp_path / "many"
    made.mkdir()
    for number in range(3000):
        (made / f"{number:04}.jpg").symlink_to(folder / "0.jpg")
    return made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_in_the_middle_ends_with_complete_lines_and_no_sheet(
    walk: Walk, many: Path, tmp_path: Path, number: signal.Signals
) -> None:
    sheet = str(tmp_path / "sheet.png")
    process = walk.project.start(*PREDICT, "--json", "--output", sheet, str(many))
    assert process.stdout
    first = json.loads(process.stdout.readline())
    assert first["file"].endswith("0000.jpg")
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert errors.splitlines()[1:] == [
        MODEL,
        "predict: interrupted; the predictions printed so far are complete",
    ]
    assert len(output.splitlines()) < 2999
    assert all(json.loads(line) for line in output.splitlines())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["many", "posters"]


@pytest.mark.parametrize("arguments", ["--json {many}", "--help"])
def test_closed_pipe_ends_without_error(walk: Walk, many: Path, arguments: str) -> None:
    command = f"{sys.executable} src/predict.py {arguments.format(many=many)} | head -n 1"
    done = walk.project.run("bash", "-o", "pipefail", "-c", command)
    assert len(done.stdout.splitlines()) == 1
    assert set(done.stderr.splitlines()) <= {MODEL}
