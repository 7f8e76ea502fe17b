"""What the README says can be done can be done, and what it says came out is what came out."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.strip()
    for line in README.replace("\\\n", "").splitlines()
    if re.match(r" {4}(\.|make|python|dvc|mlflow|docker|curl|git|export|printf|ray|TMDB)", line)
]


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 30


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`?\bmake ([a-z-]+)", " ".join([*COMMANDS, *re.findall("`[^`]+`", README)]))
    )
    assert {"repro", "ui", "test", "sweep"} <= named
    for target in named:
        assert re.search(rf"(?m)^{target}:", makefile), target


@pytest.mark.parametrize(
    "script", sorted({found for line in COMMANDS for found in re.findall(r"src/(\w+)\.py", line)})
)
def test_every_option_of_a_script_is_one(script: str) -> None:
    done = subprocess.run(
        [sys.executable, f"src/{script}.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in COMMANDS if f"src/{script}.py" in line]
    for option in re.findall(r" (--[a-z-]+)", " ".join(lines)):
        assert option in done.stdout, option


def test_every_parameter_that_is_set_is_one() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    named = re.findall(r"-S ([a-z_]+)\.([a-z_]+)=", README)
    assert len(named) > 10
    for section, name in named:
        assert name in params[section], f"{section}.{name}"


def test_every_link_leads_somewhere() -> None:
    headings = re.findall(r"(?m)^#+ (.+)$", README)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 20
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https://"):
            assert link in tracked, link


@pytest.mark.parametrize(("test", "other"), [("natural", "uniform"), ("balanced", "natural")])
def test_the_results_are_those_of_the_metrics(test: str, other: str) -> None:
    evaluation: dict[str, Any] = json.loads((ROOT / "metrics" / "evaluation.json").read_text())
    told = {name: f"{value:.1f}" for name, value in evaluation[test].items()}
    row = (
        f"| {test} | {evaluation[test]['n']} | **{told['mae']}** ({told['mae_low']}–"
        f"{told['mae_high']}) | {told[f'mae_{other}_prior']} | {told['best_constant_mae']} | "
        f"{told['ridge_mae']} | {told['knn_mae']} | {told['svr_mae']} | {told['colour_mae']} | "
        f"{evaluation[test]['skill']:.2f} | {evaluation[test]['coverage']:.0%} |"
    )
    assert row in README
    assert (
        f"evaluate: {test}: MAE {told['mae']} years ({told['mae_low']}-{told['mae_high']};"
        in README
    )
