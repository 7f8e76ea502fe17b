"""What the tests share: posters, tables of them, and a throw-away copy of the project."""

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from browser import browser  # noqa: F401  (a fixture)
from sites import Sites

from sample_posters import draw_poster

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
PARTS_OF_THE_PROJECT = (
    "stages",
    "src",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
    ".gitignore",
    "dvc.yaml",
)

# Files that take most of a minute and more, beside those that share the walk.
_LONG = {"test_ray_engine.py", "test_resuming.py", "test_exported.py", "test_stages.py"}

Row = tuple[str, str, int, str]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real posters and weights beside the project; tests that need them skip without."""
    if not (SHARED / "posters").is_dir():
        pytest.skip("the real posters are not here: ../shared/posters is absent")
    return SHARED


@pytest.fixture(scope="session")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """Draw a poster file, once for each title and year."""
    folder = tmp_path_factory.mktemp("drawn")

    def draw_file(title: str, year: int) -> Path:
        path = folder / f"{title}-{year}.jpg"
        if not path.exists():
            draw_poster(title, year, seed=zlib.crc32(f"{title} {year}".encode())).save(path)
        return path

    return draw_file


@pytest.fixture
def sites() -> Iterator[Sites]:
    """A local server that stands in for any hosts."""
    served = Sites({})
    yield served
    served.close()


def write_table(path: Path, rows: Iterable[Row]) -> Path:
    """A table as a person writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["imdb_id", "title", "year", "file"])
        writer.writerows(rows)
    return path


class Project:
    """A copy of the project in a git repository of its own, with tables of drawn posters beside it.

    Everything runs as a person runs it: `dvc` and the scripts as processes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.tables = folder / "tables"
        self.tables.mkdir(parents=True)
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder / "site"),
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        for variable in ("DVC_ROOT", "DVC_EXP_NAME", "PYTHONPATH"):
            self.environment.pop(variable, None)
        for part in PARTS_OF_THE_PROJECT:
            source, target = ROOT / part, self.folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        shutil.copy(ROOT / "params.yaml", self.folder)
        self.run("git", "init", "--quiet", "--initial-branch=main")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder; a failure shows what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def stage(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run one stage's script, which may fail."""
        return self.run("env", "PYTHONPATH=src", sys.executable, f"stages/{name}.py", check=False)

    def set(self, **values: object) -> None:
        """Change parameters: `set(rebalance__t=40)`."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, value in values.items():
            section, key = name.split("__")
            params[section][key] = value
        path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")

    def commit(self) -> None:
        """Commit all that git does not ignore, and be it nothing."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", "as it is")

    def read(self, file: str) -> str:
        """A file of the project."""
        return (self.folder / file).read_text(encoding="utf-8")


def small_project(folder: Path, draw: Callable[[str, int], Path]) -> Project:
    """A project on a small table: 80 movies and a pool of 6 a year, 1980-2009, a small network."""
    project = Project(folder)
    years = range(1980, 2010)

    def rows(prefix: str, movies: Iterable[tuple[int, int]]) -> list[Row]:
        made = []
        for number, year in movies:
            imdb_id = f"tt{prefix}{year}{number:03d}"
            title = f"Movie {imdb_id[2:]}"
            shutil.copy(draw(title, year), project.tables / f"{imdb_id}.jpg")
            made.append((imdb_id, title, year, f"{imdb_id}.jpg"))
        return made

    natural = [(number, year) for year in years for number in range(1 if year < 2000 else 6)]
    pool = [(number, year) for year in years for number in range(6)]
    write_table(project.tables / "initial.csv", rows("1", natural))
    write_table(project.tables / "pool.csv", rows("2", pool))
    project.set(
        source__kind="table",
        source__table="../tables/initial.csv",
        source__pool="../tables/pool.csv",
        scrape__first_year=1980,
        scrape__last_year=2009,
        rebalance__t=3,
        rebalance__reserve=1,
        embed__backbone="MobileNetV2",
        embed__weights="random",
        embed__input_size=96,
        # To random weights drawn posters look more alike, up to 0.95; none is taken for another.
        split__near_duplicate=0.97,
        train__hidden=[16],
        train__batch_size=32,
        train__epochs=6,
        train__members=2,
        evaluate__queries=2,
    )
    project.commit()
    return project


@pytest.fixture(scope="session")
def make_small_project(draw: Callable[[str, int], Path]) -> Callable[[Path], Project]:
    """`small_project` with the session's posters."""
    return lambda folder: small_project(folder, draw)


@dataclass
class Step:
    """What one `dvc repro` printed and left."""

    output: str
    lock: str
    catalogue: pd.DataFrame
    split: pd.DataFrame
    metrics: dict[str, dict[str, Any]]

    @property
    def ran(self) -> list[str]:
        """The stages that were run, in order."""
        return re.findall(r"^Running stage '(\w+)'", self.output, re.MULTILINE)


@dataclass
class Walk:
    """One project, the steps it went through, and what MLflow knew at the end of them."""

    project: Project
    commit: str
    database: Path
    first: Step
    nothing_to_do: Step
    raised: Step
    lowered: Step


def repro(project: Project) -> Step:
    """Run `dvc repro`, and look at what it left."""
    done = project.run("dvc", "repro")
    data = project.folder / "data"
    return Step(
        done.stdout + done.stderr,
        project.read("dvc.lock"),
        pd.read_csv(data / "catalogue.csv", keep_default_na=False),
        pd.read_csv(data / "split.csv", keep_default_na=False),
        json.loads(project.read("metrics/evaluation.json")),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the tests: a file stays together, and so do all that share the walk."""
    files = {item.path for item in items if "walk" in getattr(item, "fixturenames", ())}
    for item in items:
        group = "walk" if item.path in files else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
    # What takes longest begins first, so that neither process waits for the other in the end.
    items.sort(key=lambda item: (item.path not in files, item.path.name not in _LONG))


@pytest.fixture(scope="session")
def walk(
    tmp_path_factory: pytest.TempPathFactory, make_small_project: Callable[[Path], Project]
) -> Walk:
    """One project that went through t = 3, 4 and 3 again; whoever changes it changes it back."""
    project = make_small_project(tmp_path_factory.mktemp("walk"))
    commit = project.run("git", "rev-parse", "HEAD").stdout.strip()
    first = repro(project)
    nothing_to_do = repro(project)
    project.set(rebalance__t=4)
    raised = repro(project)
    project.set(rebalance__t=3)
    lowered = repro(project)
    database = Path(shutil.copy(project.folder / "mlflow.db", project.tables))
    return Walk(project, commit, database, first, nothing_to_do, raised, lowered)


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a SQLite database answers."""
    with sqlite3.connect(database) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a network and without weights downloaded earlier.

    Returns:
        The folder that Keras keeps downloaded weights in; it does not exist.
    """
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    # Nothing listens on port 9 of this machine: every download is refused at once.
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("keras.config.keras_home", lambda: str(tmp_path), raising=False)
    return tmp_path / "models"
