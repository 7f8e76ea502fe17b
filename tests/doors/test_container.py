"""The container images: what goes into them, and that the prediction image can predict.

No container engine runs here. The files of the image are copied to a folder as the Dockerfile says,
and its entry point runs with the packages of the image only.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pipeline_walk import Walk
from processes import ROOT, run
from projects import Project

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SENT = re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-predict.lock")


def instructions(stage: str, kind: str) -> list[list[str]]:
    """The arguments of each instruction of a kind in a build stage, without `--chmod`."""
    (block,) = re.findall(rf"(?ms)^FROM \S+ AS {stage}\n(.+?)(?=^FROM |\Z)", DOCKERFILE)
    lines = re.findall(rf"(?m)^{kind} (.+)$", block)
    return [[word for word in shlex.split(line) if "--chmod" not in word] for line in lines]


def lay_out(stage: str, clone: Path, folder: Path) -> Path:
    """The files of a build stage below a folder, without the packages."""
    for *origin, place, target in instructions(stage, "COPY"):
        if origin and origin != ["--from=network"]:
            continue
        assert origin or place in SENT
        source = folder / f"network{place}" if origin else clone / place
        copy = folder / f"{stage}{target}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(exist_ok=True)  # the target ends with a slash
            shutil.copy(source, copy)
    return folder / stage


def test_only_what_is_named_is_sent_to_the_engine() -> None:
    first, *others = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert first.startswith("#")
    assert others == ["*", *(f"!{name}" for name in SENT), "**/__pycache__"]


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
    assert set(LOCKS) <= set(SENT)


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
    walk: Walk, exported: Project, python: Path, tmp_path: Path, poster: str
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
