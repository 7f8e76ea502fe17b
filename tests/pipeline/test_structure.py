"""The layout of the code: imports run one way, names are unique, stages declare what they use."""

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pipeline_walk import Walk
from processes import ROOT

SRC = ROOT / "src"
LIBRARY = SRC / "posters"
# From the ground up: a package imports only packages of lower rank, and its own modules.
RANKS = {
    "errors files git paths params command processors": 0,
    "images web": 1,
    "catalogue": 2,
    "sources embedding": 3,
    "neighbours years": 4,
    "model_choice evaluation": 5,
    "prediction prediction_table": 6,
    "reports": 7,
    "app explore tracking": 8,
    "pretrained": 9,
}
RANK = {name: rank for names, rank in RANKS.items() for name in names.split()}
# Lying flat in src/posters. No stage's result depends on them, so that a better error message
# embeds nothing anew.
FLAT = {name for name in RANK if (LIBRARY / f"{name}.py").is_file()}
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
# How the web is accessed changes no result.
NOT_DECLARED = re.compile(r"fetch\.(?!hosts)")


def modules() -> list[Path]:
    """All modules of the library."""
    return sorted(LIBRARY.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Dotted names that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def imported_files(file: Path) -> set[Path]:
    """The project's own modules that a file imports."""
    found = set()
    for name in imports(file):
        path = SRC.joinpath(*name.split("."))
        # The last part names a module, or something inside of one.
        places = [path.with_suffix(".py"), path / "__init__.py"]
        places += [path.parent.with_suffix(".py"), path.parent / "__init__.py"]
        found |= {next((place for place in places if place.is_file()), file)} - {file}
    return found


def unit(file: Path) -> str:
    """The package of `posters`, or the flat module, that a file belongs to."""
    return file.relative_to(LIBRARY).parts[0].removesuffix(".py")


def all_imported(file: Path) -> set[Path]:
    """What a file imports, directly or not."""
    waiting, seen = [file], set()
    while waiting:
        new = imported_files(waiting.pop()) - seen
        seen |= new
        waiting.extend(new)
    return seen


def test_every_module_has_a_rank() -> None:
    assert {unit(file) for file in modules()} - {"__init__"} == set(RANK)
    assert len(list(LIBRARY.glob("*.py"))) <= 15


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(LIBRARY)))
def test_imports_run_one_way(file: Path) -> None:
    for other in imported_files(file):
        if not other.is_relative_to(LIBRARY):
            # The drawn posters are known to one source alone.
            assert file.name in ("sample.py", "drawing.py")
        elif unit(other) not in (unit(file), "__init__"):
            lower = RANK[unit(other)] < RANK[unit(file)]
            assert lower or (RANK[unit(file)] == 0 and unit(other) in FLAT), other


def test_no_modules_import_each_other() -> None:
    for file in modules():
        assert file not in all_imported(file), file


def test_names_of_modules_and_classes_are_unique() -> None:
    files = [file for file in SRC.rglob("*.py") if file.name != "__init__.py"]
    names = Counter(file.name for file in files)
    names += Counter(
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_its_script_and_the_packages_it_imports(stage: str) -> None:
    used = {
        f"src/posters/{unit(file)}" if file.is_relative_to(LIBRARY) else "src/sample_posters"
        for file in all_imported(ROOT / "stages" / f"{stage}.py")
        if not (file.is_relative_to(LIBRARY) and unit(file) in FLAT | {"__init__"})
    }
    declared = {dep for dep in STAGES[stage]["deps"] if dep.startswith(("src/", "stages/"))}
    assert declared == used | {f"stages/{stage}.py"}


def test_dvc_yaml_stays_readable() -> None:
    deps = [dep for stage in STAGES.values() for dep in stage["deps"]]
    assert len([dep for dep in deps if dep.startswith(("src/", "stages/"))]) <= 42
    assert len((ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()) < 220
    assert all(stage["desc"] for stage in STAGES.values())


@pytest.mark.parametrize("stage", STAGES)
def test_stage_declares_each_parameter_it_reads(stage: str, walk: Walk, tmp_path: Path) -> None:
    done = walk.project.run(
        "env",
        f"PYTHONPATH=src:{ROOT / 'tests'}",
        f"MLFLOW_TRACKING_URI=sqlite:///{tmp_path}/mlflow.db",
        sys.executable,
        str(ROOT / "tests" / "read_params.py"),
        f"stages/{stage}.py",
    )
    read = set(json.loads(done.stdout.splitlines()[-1]))
    assert read
    declared = STAGES[stage]["params"]
    for name in read:
        assert NOT_DECLARED.match(name) or {name, name.split(".")[0]} & set(declared), name


def test_what_git_keeps_is_not_in_the_cache_of_dvc() -> None:
    for stage in STAGES.values():
        # A fresh clone lacks this output of each stage, and therefore runs it.
        assert stage["outs"]
        pages = ("plots/report.html", "plots/explore.html")
        assert all(out.startswith(("data/", *pages)) for out in stage["outs"])
        for out in stage.get("metrics", []) + stage.get("plots", []):
            (settings,) = out.values()
            assert settings["cache"] is False
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/data/*", "/plots/report.html", "/plots/explore.html"} <= set(ignored)
