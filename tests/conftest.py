"""Shared fixtures: drawn posters, tables of posters, and a temporary copy of the project."""

import contextlib
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
from misbehaving_server import web  # noqa: F401  (a fixture)
from processes import ROOT, run, start
from sites import Sites

from sample_posters import draw_poster

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

# Files that take about a minute or more, besides those that use `walk`.
_LONG = {"test_ray_engine.py", "test_resuming.py", "test_exported.py", "test_stages.py"}

Row = tuple[str, str, int, str]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real posters and weights beside the project; without them the test is skipped."""
    if not (SHARED / "posters").is_dir():
        pytest.skip("../shared/posters is absent: no real posters")
    return SHARED


@pytest.fixture(scope="session")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """A function that draws a poster file, once for each title and year."""
    folder = tmp_path_factory.mktemp("drawn")

    def draw_file(title: str, year: int) -> Path:
        path = folder / f"{title}-{year}.jpg"
        if not path.exists():
            draw_poster(title, year, seed=zlib.crc32(f"{title} {year}".encode())).save(path)
        return path

    return draw_file


@pytest.fixture
def sites() -> Iterator[Sites]:
    """A local server that answers for any host."""
    with Sites() as served:
        yield served


def write_table(path: Path, rows: Iterable[Row]) -> Path:
    """Write a table of movies as a user would."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["imdb_id", "title", "year", "file"])
        writer.writerows(rows)
    return path


class Project:
    """A copy of the project in its own git repository, with tables of drawn posters beside it.

    `dvc` and the scripts run as processes, as for a user.
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
        """Run a command in the project's folder: see `processes.run`."""
        return run(*command, folder=self.folder, environment=self.environment, check=check)

    def error(self, *command: str, code: int = 1) -> str:
        """What a command prints on stderr that must fail with this code, and print nothing else."""
        done = self.run(*command, check=False)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in the project's folder, for tests that send it signals."""
        return start(*command, folder=self.folder, environment=self.environment)

    def stage(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run the script of one stage; it may fail."""
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
        """Commit everything that git does not ignore; the commit may be empty."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", "current state")

    @contextlib.contextmanager
    def changed(self, file: str, content: str | bytes | None) -> Iterator[None]:
        """Give a file another content, or None to remove it, until the block ends."""
        path = self.folder / file
        before = path.read_bytes()
        path.unlink()  # it may be a link to DVC's own copy
        try:
            if content is not None:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            yield
        finally:
            path.unlink(missing_ok=True)
            path.write_bytes(before)

    def read(self, file: str) -> str:
        """The text of a file of the project."""
        return (self.folder / file).read_text(encoding="utf-8")


def small_project(folder: Path, draw: Callable[[str, int], Path]) -> Project:
    """A project with 80 movies and a pool of 6 a year, 1980-2009, and a small network."""
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
        # With random weights, vectors of drawn posters have similarities up to 0.95.
        split__near_duplicate=0.97,
        train__hidden=[16],
        train__batch_size=32,
        train__epochs=6,
        evaluate__queries=2,
    )
    project.commit()
    return project


@pytest.fixture(scope="session")
def make_small_project(draw: Callable[[str, int], Path]) -> Callable[[Path], Project]:
    """`small_project` with the posters that this session drew."""
    return lambda folder: small_project(folder, draw)


@dataclass
class Step:
    """The output and the results of one `dvc repro`."""

    output: str
    lock: str
    catalogue: pd.DataFrame
    split: pd.DataFrame
    metrics: dict[str, dict[str, Any]]

    @property
    def ran(self) -> list[str]:
        """The stages that ran, in order."""
        return re.findall(r"^Running stage '(\w+)'", self.output, re.MULTILINE)


@dataclass
class Walk:
    """One project after t = 3, 4 and 3 again: the results of each step, MLflow's database."""

    project: Project
    commit: str
    database: Path
    first: Step
    nothing_to_do: Step
    raised: Step
    lowered: Step


def repro(project: Project) -> Step:
    """Run `dvc repro` and read its results."""
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
    """Mark the tests of the walk as slow, and distribute the tests over two processes.

    All tests of a file run in one process, and all tests of the walk do.
    """
    files = {item.path for item in items if "walk" in getattr(item, "fixturenames", ())}
    for item in items:
        group = "walk" if item.path in files else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
        if "walk" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    # The longest files run first, so that both processes end at about the same time.
    items.sort(key=lambda item: (item.path not in files, item.path.name not in _LONG))


@pytest.fixture(scope="session")
def walk(
    tmp_path_factory: pytest.TempPathFactory, make_small_project: Callable[[Path], Project]
) -> Walk:
    """One project after t = 3, 4 and 3 again. A test that changes it must undo the change."""
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


@pytest.fixture(scope="session")
def exported(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone without any results, with the pretrained model that the walk's project exports."""
    walk.project.run(sys.executable, "src/export.py", "--about", "Drawn posters.")
    clone = Project(tmp_path_factory.mktemp("exported"))
    shutil.move(walk.project.folder / "pretrained", clone.folder)
    return clone


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query to a SQLite database."""
    with sqlite3.connect(database) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a machine without a network and without a package index."""
    # Nothing listens on port 9 here, so every download fails at once.
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture
def unreachable(no_network: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Simulate a machine without a network and without downloaded weights.

    Returns:
        The folder that Keras keeps downloaded weights in; it does not exist.
    """
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr("keras.config.keras_home", lambda: str(tmp_path), raising=False)
    return tmp_path / "models"
