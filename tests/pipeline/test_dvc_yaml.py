"""dvc.yaml says what each stage reads: every module, every section of the parameters."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from posters.params import Params

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = PIPELINE["stages"]
WHOLE_FOLDERS = (
    *("src/posters/drawing", "src/posters/html_report", "src/posters/sources", "src/posters/web"),
)
# What is made to be kept by DVC, and never by git (see .gitignore).
KEPT_BY_DVC = ("data/", "plots/report.html")


def imported(file: Path) -> set[Path]:
    """The project's own modules that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        for name in names:
            module = ROOT / "src" / name.replace(".", "/")
            found |= {path for path in (module.with_suffix(".py"),) if path.is_file()}
            found |= {path for path in (module / "__init__.py",) if path.is_file()}
    return found


def modules_of(stage: str) -> set[str]:
    """What a stage's script imports, directly or not, as it should stand among its deps."""
    waiting, seen = [ROOT / "stages" / f"{stage}.py"], set()
    while waiting:
        for module in imported(waiting.pop()) - seen:
            seen.add(module)
            waiting.append(module)
    names = set()
    for module in seen:
        name = module.relative_to(ROOT).as_posix()
        folder = next((folder for folder in WHOLE_FOLDERS if name.startswith(folder)), None)
        holds_code = len(ast.parse(module.read_text(encoding="utf-8")).body) > 1
        if folder or holds_code or module.name != "__init__.py":
            names.add(folder or name)
    return names


def test_the_stages_are_those_of_the_design_after_the_look_at_the_inputs() -> None:
    assert list(STAGES) == [
        *("inputs", "scrape", "rebalance", "embed", "split", "train", "evaluate")
    ]
    assert all(stage["desc"] for stage in STAGES.values())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_its_script_and_every_module_it_uses(stage: str) -> None:
    deps = {dep for dep in STAGES[stage]["deps"] if dep.endswith(".py") or "src/" in dep}
    assert deps == modules_of(stage) | {f"stages/{stage}.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_the_sections_that_its_script_reads(stage: str) -> None:
    script = (ROOT / "stages" / f"{stage}.py").read_text(encoding="utf-8")
    declared = {name.split(".")[0] for name in STAGES[stage].get("params", [])}
    read = set(re.findall(r"params(?:\(\))?\.(\w+)", script)) & set(Params.model_fields)
    assert read <= declared


def test_what_is_written_for_git_is_not_in_the_cache_of_dvc() -> None:
    for stage in STAGES.values():
        for out in stage.get("metrics", []) + stage.get("plots", []):
            assert list(out.values()) == [{"cache": False}]
        assert all(out.startswith(KEPT_BY_DVC) for out in stage.get("outs", []))


def test_no_module_of_the_library_imports_a_stage() -> None:
    for file in (ROOT / "src" / "posters").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) stages", file.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("stage", STAGES)
def test_a_fresh_clone_runs_every_stage_as_each_makes_something_git_does_not_hold(
    stage: str,
) -> None:
    outs = [out for out in STAGES[stage].get("outs", []) if isinstance(out, str)]
    assert outs
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/data/*", "/plots/report.html"} <= set(ignored)
    assert all(out.startswith(KEPT_BY_DVC) for out in outs)
