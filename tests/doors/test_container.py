"""The images: built from the locks, of what is there; prediction does with what its image holds.

No container engine runs here. What the image would hold is laid out in a folder as the Dockerfile
says, with an environment of those packages alone, and its entry point is run.
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
import yaml
from conftest import ROOT, Walk
from packaging.requirements import Requirement

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LOCKS = ("requirements.lock", "requirements-predict.lock")


def stages() -> dict[str, list[list[str]]]:
    """The instructions of each build stage, in words, those of its bases not among them."""
    found: dict[str, list[list[str]]] = {}
    instructions: list[list[str]] = []
    for line in re.sub(r"\\\n", " ", DOCKERFILE).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("FROM"):
            instructions = found.setdefault(line.split()[-1], [])
        instructions.append(shlex.split(line))
    return found


def copies(stage: str) -> list[tuple[list[str], str]]:
    """What a stage copies out of the clone, and where to."""
    found = []
    for words in stages()[stage]:
        if words[0] == "COPY" and not words[1].startswith("--from"):
            *sources, target = [word for word in words[1:] if not word.startswith("--")]
            found.append((sources, target))
    return found


def is_sent(file: str) -> bool:
    """Whether a file of the clone gets past .dockerignore: the last line about it decides."""
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


def pins(lock: str) -> set[str]:
    """Names and versions, without the conditions."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.split(";")[0].strip() for line in lines}


def test_the_images_stand_on_a_named_version_of_the_locks_python() -> None:
    bases = [instructions[0][1] for instructions in stages().values()]
    version = re.search(r"--python-version (\S+)", (ROOT / "Makefile").read_text())
    assert version
    assert {base for base in bases if base not in stages()} == {
        f"python:{version[1]}-slim-bookworm"
    }


@pytest.mark.parametrize("stage", ["full", "predict"])
def test_the_images_run_as_nobody_in_particular(stage: str) -> None:
    users = [words[1] for words in stages()[stage] if words[0] == "USER"]
    assert [user for user in users if int(user) > 1000] == users != []


def test_what_is_copied_is_in_git_or_left_by_the_pipeline() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    outs = {
        out
        for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values()
        for out in stage.get("outs", [])
    }
    sources = [source for stage in stages() for paths, _ in copies(stage) for source in paths]
    assert set(LOCKS) < set(sources)
    for source in sources:
        assert (ROOT / source).exists() if not source.startswith("data/") else source in outs
        assert is_sent(source), f"{source} is kept out by .dockerignore"
    if tracked:
        sent = {file for file in tracked if is_sent(file)}
        unused = [file for file in sent if not file.startswith(tuple(sources))]
        assert not unused, "sent to the engine for nothing"


@pytest.mark.parametrize(
    "file",
    [".git/config", ".env", ".dvc/config.local", ".cache/web/live/ledger.sqlite", "mlflow.db"],
)
def test_secrets_and_caches_stay_outside(file: str) -> None:
    assert not is_sent(file)


def test_prediction_is_pinned_to_what_the_pipeline_is_tested_with() -> None:
    few, all_ = (pins(lock) for lock in reversed(LOCKS))
    assert few < all_
    assert not {pin.split("==")[0] for pin in few} & {
        *("tensorflow", "keras", "mlflow", "dvc", "pandas", "scikit-learn", "scipy", "pyarrow")
    }


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A fresh environment that holds the packages of the prediction image, and no others."""
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    for line in (ROOT / LOCKS[1]).read_text(encoding="utf-8").splitlines():
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        installed = distribution(wanted.name)
        assert wanted.specifier.contains(installed.version), f"not as pinned: {installed}"
        tops = {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}
        for top in tops:
            (packages / top).symlink_to(Path(str(installed.locate_file(top))))
    return tmp_path / "venv" / "bin" / "python"


def test_the_prediction_image_holds_all_that_it_takes_to_answer(
    walk: Walk, python: Path, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    image = tmp_path / "image"
    for (source,), target in copies("predict"):
        clone = walk.project.folder
        files = sorted((clone / source).rglob("*")) if (clone / source).is_dir() else []
        for file in files or [clone / source]:
            name = str(file.relative_to(clone))
            if file.is_dir() or not is_sent(name):
                continue
            inside = file.relative_to(clone / source) if files else Path(file.name)
            placed = image / target.removeprefix("/") / inside
            placed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, placed)
    entry = re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert entry
    program, script = json.loads(entry[1])
    assert program == "python"

    def answer(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, image / script.removeprefix("/"), *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    poster = str(draw("A Poster of My Own", 1990))
    done = answer(poster)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    ours = walk.project.run(sys.executable, "src/predict.py", poster)
    assert done.stdout == ours.stdout

    # The posters of the neighbours are not in the image: who wants them drawn mounts them.
    refused = answer("--output", "sheet.png", poster)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "data/posters is missing" in refused.stderr
    (image / "app/data/posters").symlink_to(walk.project.folder / "data" / "posters")
    drawn = answer("--output", "sheet.png", poster)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
