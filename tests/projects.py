"""A copy of the project in its own git repository, with tables of drawn posters beside it."""

import contextlib
import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd
import yaml
from processes import ROOT, run, start

PARTS_OF_THE_PROJECT = (
    "stages",
    "src",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
    ".gitignore",
    "dvc.yaml",
)

Row = tuple[str, str, int, str]


def write_table(path: Path, rows: Iterable[Row]) -> Path:
    """Write a table of movies as a user would."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["imdb_id", "title", "year", "file"])
        writer.writerows(rows)
    return path


def _stage(name: str) -> tuple[str, ...]:
    return "env", "PYTHONPATH=src", sys.executable, f"stages/{name}.py"


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

    def stages(self, *names: str) -> str:
        """Run the scripts of stages, and return what they print on stdout."""
        return "".join(self.run(*_stage(name)).stdout for name in names)

    def stage_error(self, name: str) -> str:
        """The only line that a failing stage prints."""
        (line,) = self.error(*_stage(name)).strip().splitlines()
        assert line.startswith(f"{name}: error: ")
        return line

    def start_stage(self, name: str) -> subprocess.Popen[str]:
        """Start the script of a stage, for tests that send it signals."""
        return self.start(*_stage(name))

    def table(self, name: str) -> pd.DataFrame:
        """A table of `data/`."""
        return pd.read_csv(self.folder / "data" / f"{name}.csv")

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

    def outputs(self) -> dict[str, bytes]:
        """The content of each file below `data/`, including hidden and partial ones."""
        files = sorted(file for file in (self.folder / "data").rglob("*") if file.is_file())
        return {str(file.relative_to(self.folder / "data")): file.read_bytes() for file in files}

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
