"""predict.py in a shell: a folder in one stream, pipes, a terminal, Ctrl-C, the sheet it draws."""

import ast
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, Walk
from PIL import Image

PREDICT = (sys.executable, "src/predict.py")
SCRIPTS = sorted(
    str(file.relative_to(ROOT)) for file in (*ROOT.glob("src/*.py"), *ROOT.glob("stages/*.py"))
)


@pytest.fixture(scope="module")
def folder(
    walk: Walk, tmp_path_factory: pytest.TempPathFactory, draw: Callable[[str, int], Path]
) -> Path:
    """Seven posters, and three that are none among them."""
    made = tmp_path_factory.mktemp("asked")
    for number in range(7):
        shutil.copy(draw(f"Asked {number}", 1980 + 4 * number), made / f"{number}.jpg")
    (made / "0-cut.jpg").write_bytes((made / "0.jpg").read_bytes()[:900])
    (made / "3-page.png").write_text("<html>not found</html>")
    (made / "9-empty.webp").touch()
    return made


def test_a_folder_is_answered_in_order_as_each_poster_is_alone(walk: Walk, folder: Path) -> None:
    done = walk.project.run(*PREDICT, "--json", str(folder), check=False)
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert [Path(json.loads(line)["file"]).name for line in lines] == [
        f"{number}.jpg" for number in range(7)
    ]
    problems = re.findall(r"^predict: error: .*/([\w.-]+): unreadable: .*", done.stderr, re.M)
    assert problems == ["0-cut.jpg", "3-page.png", "9-empty.webp"]
    for number in (0, 4):
        alone = walk.project.run(*PREDICT, "--json", str(folder / f"{number}.jpg"))
        assert alone.stdout.splitlines() == [lines[number]]


def test_the_sheet_shows_each_answer_beside_its_neighbours(
    walk: Walk, folder: Path, tmp_path: Path
) -> None:
    posters = [str(folder / f"{number}.jpg") for number in range(3)]
    plain = walk.project.run(*PREDICT, *posters)
    sizes = []
    for k, count in ((3, 3), (5, 2)):
        sheet = tmp_path / f"{k} {count}.png"
        arguments = ["--output", str(sheet), "--k", str(k), *posters[:count]]
        done = walk.project.run(*PREDICT, *arguments)
        if k == 3:
            assert (done.stdout, done.stderr) == (plain.stdout, plain.stderr)
        with Image.open(sheet) as image:
            image.load()
            assert (image.format, image.mode) == ("PNG", "RGB")
            sizes.append(image.size)
            # Posters, and not paper alone.
            assert len(image.resize((60, 60)).getcolors(3600) or []) > 500
    (width, height), (wider, less_high) = sizes
    assert wider - width == pytest.approx(2 * 210, abs=30)
    assert height - less_high == pytest.approx(350, abs=60)
    assert not list(tmp_path.glob(".*"))


def test_a_sheet_in_the_folder_that_is_asked_about_is_no_poster(walk: Walk, folder: Path) -> None:
    sheet = folder / "sheet.PNG"
    shutil.copy(folder / "0.jpg", sheet)
    try:
        done = walk.project.run(*PREDICT, "--output", str(sheet), str(folder), check=False)
        with Image.open(sheet) as image:
            assert image.format == "PNG"
    finally:
        sheet.unlink()
    assert len(re.findall(r"^/.*: \d{4} ", done.stdout, re.M)) == 7
    assert "sheet" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("sheet.jpg", "expected a name that ends in .png, received 'sheet.jpg'"),
        ("gone/sheet.png", "nothing can be written into the folder of 'gone/sheet.png' (No such"),
        ("/proc/sheet.png", "nothing can be written into the folder of '/proc/sheet.png'"),
        ("folder.png", "'folder.png' is a folder; name a file in it"),
        ("own.png", "own.png: the sheet would overwrite this poster; name another --output"),
    ],
)
def test_a_sheet_that_can_not_be_written_is_refused_before_the_work(
    walk: Walk, draw: Callable[[str, int], Path], output: str, said: str
) -> None:
    (walk.project.folder / "folder.png").mkdir(exist_ok=True)
    own = walk.project.folder / "own.png"
    Image.open(draw("Asked 0", 1980)).save(own)
    content = own.read_bytes()
    try:
        done = walk.project.run(*PREDICT, "--output", output, "own.png", check=False)
        assert own.read_bytes() == content
    finally:
        (walk.project.folder / "folder.png").rmdir()
        own.unlink()
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "trained on" not in done.stderr, "nothing was loaded"


def on_a_terminal(walk: Walk, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and all that appears when it runs on a terminal of its own."""
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
    # Linux says so when the other end was closed.
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass
    os.close(ours)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_colours_and_bars_are_for_terminals(walk: Walk, folder: Path, tmp_path: Path) -> None:
    posters = [str(folder / name) for name in ("1.jpg", "3-page.png", "2.jpg")]
    piped = walk.project.run(*PREDICT, *posters, check=False)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "\r" not in piped.stdout + piped.stderr

    code, shown = on_a_terminal(walk, *posters)
    assert code == piped.returncode == 2
    assert re.search(r"1\.jpg: \x1b\[1m\d{4}\x1b\[0m \(80%", shown)
    assert "\x1b[1;31merror:\x1b[0m" in shown
    assert re.search(r"predict: +\d+%\|", shown)

    code, shown = on_a_terminal(walk, *posters, NO_COLOR="1")
    assert "\x1b[1" not in shown
    assert "predict:   0%" in shown
    bare = re.sub(r"\x1b\[A|\r[^\n]*\r", "", shown)
    assert all(line in bare for line in piped.stdout.splitlines())

    code, shown = on_a_terminal(walk, *posters, TERM="dumb")
    assert sorted(shown.splitlines()) == sorted((piped.stderr + piped.stdout).splitlines())
    # One poster is no folder to wait for.
    code, shown = on_a_terminal(walk, posters[0])
    assert "%|" not in shown


@pytest.fixture
def many(folder: Path, tmp_path: Path) -> Path:
    """More posters than are answered in a moment."""
    made = tmp_path / "many"
    made.mkdir()
    for number in range(3000):
        (made / f"{number:04}.jpg").symlink_to(folder / "0.jpg")
    return made


def wait_for_ends(process: "subprocess.Popen[str]") -> tuple[str, str]:
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors, errors
    assert "Exception ignored" not in errors, errors
    return output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_a_folder_ends_it_cleanly(
    walk: Walk, many: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*PREDICT, "--json", "--output", str(tmp_path / "sheet.png"), str(many)],
        cwd=walk.project.folder,
        env=walk.project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout
    first = json.loads(process.stdout.readline())
    assert first["file"].endswith("0000.jpg")
    process.send_signal(number)
    output, errors = wait_for_ends(process)
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1] == "predict: interrupted; what was printed stands"
    answers = output.splitlines()
    assert len(answers) < 2999
    assert all(json.loads(line) for line in answers), "no half line"
    assert [file.name for file in tmp_path.iterdir()] == ["many"], "neither a sheet nor half of one"


@pytest.mark.parametrize("arguments", ["--json {many}", "--help"])
def test_whoever_has_read_enough_ends_it_quietly(walk: Walk, many: Path, arguments: str) -> None:
    command = f"{sys.executable} src/predict.py {arguments.format(many=many)} | head -n 1"
    done = walk.project.run("bash", "-o", "pipefail", "-c", command)
    assert len(done.stdout.splitlines()) == 1
    assert set(done.stderr.splitlines()) <= {"predict: note: trained on random MobileNetV2 weights"}


def test_help_fits_a_terminal_and_says_what_the_exit_codes_mean(walk: Walk) -> None:
    shown = walk.project.run("env", "COLUMNS=80", *PREDICT, "--help").stdout
    assert max(map(len, shown.splitlines())) <= 80
    for said in ("examples:", "--output SHEET.png", "Exit code: 0", "NO_COLOR", "130 after Ctrl-C"):
        assert said in shown


# All commands.


@pytest.mark.parametrize("script", SCRIPTS)
def test_ctrl_c_is_heard_from_the_first_import_on(script: str) -> None:
    first = next(
        node
        for node in ast.parse((ROOT / script).read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
    assert ast.unparse(first) == "from posters import command"


@pytest.mark.parametrize("script", ["src/predict.py", "src/sweep.py", "stages/train.py"])
def test_ctrl_c_during_the_imports_is_no_traceback(script: str) -> None:
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
    wait_for_ends(process)
    # Ended by the signal, as whoever waits for it expects.
    assert process.returncode == -signal.SIGINT


def running_stages(process: int) -> Iterator[psutil.Process]:
    """The stages that a process started, once they have begun to import what is large."""
    for child in psutil.Process(process).children(recursive=True):
        try:
            is_stage = any(part.startswith("stages/") for part in child.cmdline())
            if is_stage and any("numpy" in file.path for file in child.memory_maps()):
                yield child
        except psutil.Error:
            continue


def test_ctrl_c_ends_a_sweep_and_what_it_started(walk: Walk) -> None:
    table = walk.project.folder / "metrics" / "sweep.csv"
    table.unlink(missing_ok=True)
    walk.project.commit()
    process = subprocess.Popen(
        [sys.executable, "src/sweep.py", "--t", "5"],
        cwd=walk.project.folder,
        env=walk.project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 120
    while not (stages := list(running_stages(process.pid))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, errors = wait_for_ends(process)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "sweep: interrupted; each t that was finished is kept"
    assert stages
    assert not [child for child in started if child.is_running()]
    assert not table.exists()
    assert not walk.project.run("git", "status", "--porcelain").stdout
