"""`make setup` installs packages: pip, an environment, and tiny wheels on this machine."""

import os
import pty
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from processes import ROOT, run

pytestmark = pytest.mark.slow
NAMES = [f"tiny_{number}" for number in range(60)]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture
def lock(no_network: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A lock file; the wheels that it names are all that pip finds."""
    for name in NAMES:
        with zipfile.ZipFile(tmp_path / f"{name}-1-py3-none-any.whl", "w") as wheel:
            info = f"{name}-1.dist-info"
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    file = tmp_path / "requirements.lock"
    lines = [f"{name}==1" for name in NAMES] + ["windows-only==1 ; sys_platform == 'win32'"]
    file.write_text("\n".join(lines))
    return file


def install(python: Path, lock: Path, stderr: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, ROOT / "src" / "install_packages.py", lock],
        env=os.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=False,
    )


def test_packages_are_installed_once_with_progress(python: Path, lock: Path) -> None:
    ours, theirs = pty.openpty()
    assert install(python, lock, theirs).returncode == 0
    shown = os.read(ours, 65536).decode()
    # One line, rewritten.
    assert re.match(r"\r\x1b\[Kset-up: 0% of the packages\r\x1b\[Kset-up: ", shown)
    assert re.search(r"\r\x1b\[Kset-up: \d+% of the packages, about \d+ s left\r", shown)
    assert shown.endswith("s\r\n")
    assert shown.count("\n") == 1

    listed = run(python, "-m", "pip", "list", "--format=freeze", check=True)
    assert set(listed.stdout.split()) >= {f"{name}==1" for name in NAMES}
    assert install(python, lock, subprocess.PIPE).returncode == 0


def test_failure_shows_what_pip_printed(python: Path, lock: Path) -> None:
    lock.write_text(lock.read_text() + "\nabsent==2\n")
    done = install(python, lock, subprocess.PIPE)
    assert done.returncode == 1
    assert "\nERROR: No matching distribution found for absent==2\n" in done.stderr
    assert done.stderr.endswith("requirements.lock can't be installed: is there a network?\n")
    assert "Collecting" not in done.stderr
    assert "\r" not in done.stderr
