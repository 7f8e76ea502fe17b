"""Shared fixtures: drawn posters, small projects, the walk through the pipeline, no network."""

import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import browser  # noqa: F401  (a fixture)
from misbehaving_server import web  # noqa: F401  (a fixture)
from pipeline_walk import Walk, repro
from processes import ROOT
from projects import Project, small_project
from sites import Sites

from sample_posters import draw_poster

SHARED = ROOT.parent / "shared"
# Files that take about a minute or more, besides those that use `walk`.
_LONG = {"test_ray_engine.py", "test_resuming.py", "test_exported.py", "test_stages.py"}


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
def poster(draw: Callable[[str, int], Path]) -> str:
    """The path of a poster that no catalogue has."""
    return str(draw("A Poster of My Own", 1990))


@pytest.fixture
def sites() -> Iterator[Sites]:
    """A local server that answers for any host."""
    with Sites() as served:
        yield served


@pytest.fixture(scope="session")
def make_small_project(draw: Callable[[str, int], Path]) -> Callable[[Path], Project]:
    """`small_project` with the posters that this session drew."""
    return lambda folder: small_project(folder, draw)


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
