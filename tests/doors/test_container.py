"""The container images: what goes into them, and that the prediction image can predict.

No container engine runs here. The files of the image are copied to a folder as the Dockerfile says,
and its entry point runs with the packages of the image only.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from conftest import ROOT, Project, Walk
from packaging.requirements import Requirement
from processes import run

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LOCKS = ("requirements.lock", "requirements-predict.lock")


def instructions(stage: str, kind: str) -> list[list[str]]:
    """The arguments of each instruction of a kind in a build stage, without `--chmod`."""
    (block,) = re.findall(rf"(?ms)^FROM \S+ AS {stage}\n(.+?)(?=^FROM |\Z)", DOCKERFILE)
    lines = re.findall(rf"(?m)^{kind} (.+)$", block)
    return [[word for word in shlex.split(line) if "--chmod" not in word] for line in lines]


def lay_out(stage: str, clone: Path, folder: Path) -> Path:
    """The files of a build stage below a folder, without the packages."""
    image = folder / stage
    for *origin, place, target in instructions(stage, "COPY"):
        source = clone / place
        if origin == ["--from=network"]:
            source = folder / "network" / place.removeprefix("/")
        elif origin:
            continue
        files = sorted(source.rglob("*")) if source.is_dir() else []
        for file in files or [source]:
            if file.is_dir() or not (origin or is_sent(str(file.relative_to(clone)))):
                continue
            inside = file.relative_to(source) if files else Path(file.name)
            copy = image / target.removeprefix("/") / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    return image


def is_sent(file: str) -> bool:
    """Whether .dockerignore lets a file of the clone pass: the last matching line decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        parts = Path(file).parts
        above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        names = parts if pattern.startswith("**/") else above
        if any(fnmatch.fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
            sent = line.startswith("!")
    return sent


def test_secrets_and_caches_are_not_sent_to_the_engine() -> None:
    for file in (".git/config", ".env", ".dvc/config.local", ".cache/web/live", "mlflow.db"):
        assert not is_sent(file)


def test_prediction_packages_are_a_subset_without_the_heavy_ones() -> None:
    # Names and versions, without environment markers.
    all_, few = (
        {line.split(";")[0].strip() for line in (ROOT / lock).read_text("utf-8").splitlines()}
        for lock in LOCKS
    )
    assert few < all_
    assert not {pin.split("==")[0] for pin in few} & {
        *("tensorflow", "keras", "mlflow", "dvc", "pandas", "scikit-learn", "scipy", "pyarrow")
    }
    assert all(is_sent(lock) for lock in LOCKS)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an environment with the packages of the prediction image only."""
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    for line in (ROOT / LOCKS[1]).read_text(encoding="utf-8").splitlines():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        installed = distribution(requirement.name)
        assert requirement.specifier.contains(installed.version), f"not as pinned: {installed}"
        tops = {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}
        for top in tops:
            (packages / top).symlink_to(Path(str(installed.locate_file(top))))
    return tmp_path / "venv" / "bin" / "python"


@pytest.mark.slow
def test_prediction_image_predicts(
    walk: Walk,
    exported: Project,
    python: Path,
    tmp_path: Path,
    draw: Callable[[str, int], Path],
) -> None:
    shutil.copy(ROOT / "requirements-weights.lock", exported.folder)
    network = lay_out("network", exported.folder, tmp_path)
    ((program, *arguments),) = instructions("network", "RUN")
    assert program == "python"
    exported.run(sys.executable, *(word.replace("/app/", f"{network}/app/") for word in arguments))
    image = lay_out("predict", exported.folder, tmp_path)
    entry = re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert entry
    program, script = json.loads(entry[1])
    assert program == "python"

    def predict(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        command = (python, image / script.removeprefix("/"), *arguments)
        return run(*command, folder=tmp_path, environment=environment)

    poster = str(draw("A Poster of My Own", 1990))
    done = predict(poster)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert done.stdout == exported.run(sys.executable, "src/predict.py", poster).stdout
    drawn = predict("--output", "sheet.png", poster)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "sheet.png").stat().st_size > 10_000

    # Another model is mounted.
    (image / "app" / "data").symlink_to(walk.project.folder / "data")
    own = predict("--model", "own", poster)
    assert own.returncode == 0, own.stderr
    assert own.stdout == walk.project.run(sys.executable, "src/predict.py", poster).stdout
