"""One small project that DVC ran with t = 3, 4 and 3 again, and its results."""

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from projects import Project


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
        return stages_run(self.output)


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


def stages_run(output: str) -> list[str]:
    """The stages that DVC's output names as run, in order."""
    return re.findall(r"^Running stage '(\w+)'", output, re.MULTILINE)


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


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query to a SQLite database."""
    with sqlite3.connect(database) as connection:
        return connection.execute(sql).fetchall()
