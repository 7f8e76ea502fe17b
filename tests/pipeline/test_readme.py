"""README and docs: what they name exists, and the results they show are those of the metrics."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from processes import ROOT, run

README = ROOT / "README.md"
PAGES = [
    README,
    *(ROOT / "docs").glob("*.md"),
    ROOT / "docs" / "tour.ipynb",
    ROOT / "data" / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
]
# The changelog also names what was removed.
CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]


def text_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def code_in(page: Path) -> list[str]:
    """Code spans, and the lines of code blocks with continued lines joined."""
    text = text_of(page).replace("\\\n", " ")
    return [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"(?m)^ {4,}(\S.*)$", text)]


CODE = [code for page in CURRENT for code in code_in(page)]
PROGRAMS = [f"src/{file.name}" for file in sorted(ROOT.glob("src/*.py"))] + ["-m benchmarks"]


def anchors_of(page: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", text_of(page))
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def tracked_files() -> set[str]:
    return set(run("git", "ls-files", check=True).stdout.splitlines())


def test_readme_is_one_page() -> None:
    lines = text_of(README).splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 135] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", text_of(ROOT / "Makefile")))
    named = {found for code in CODE for found in re.findall(r"\bmake ([a-z-]+)", code)}
    assert {"repro", "compare", "test-fast"} <= named
    assert named - targets == set()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_explains_itself_and_its_options_exist(program: str) -> None:
    shown = run(sys.executable, *program.split(), "--help", check=True).stdout
    assert shown.startswith("usage: ")
    named = {
        option
        for code in CODE
        if program in code
        for option in re.findall(r" (--[a-z-]+)", code.partition(program)[2])
    }
    assert named - set(re.findall(r"--[a-z-]+", shown)) == set()


def test_parameters_exist() -> None:
    params = yaml.safe_load(text_of(ROOT / "params.yaml"))
    dotted = re.compile(rf"\b({'|'.join(params)})\.([a-z_]+)(?![\w.])")
    named = {
        found
        for code in CODE
        if not code.startswith("from ")  # an import
        for found in dotted.findall(code)
        if found[1] not in ("csv", "json", "py", "yaml")
    }
    assert len(named) > 20
    assert {(section, name) for section, name in named if name not in params[section]} == set()


def test_files_exist() -> None:
    tracked = tracked_files()
    folders = {parent.as_posix() for file in tracked for parent in Path(file).parents}
    path = re.compile(r"\b(?:src|stages|tests|docs|benchmarks)/[\w./]+|\brequirements[\w-]*\.lock")
    named = {found.rstrip("/.") for code in CODE for found in path.findall(code)}
    assert {name for name in named if "NAME" not in name} - tracked - folders == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    tracked = tracked_files()
    for link in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.relative_to(ROOT).as_posix() in tracked, link
        assert not anchor or anchor in anchors_of(target), link


def test_example_poster_is_not_trained_on() -> None:
    catalogue = ROOT / "data" / "catalogue.csv"
    if not catalogue.is_file():
        pytest.skip("data/ is empty: run `make repro`")
    with catalogue.open(encoding="utf-8", newline="") as file:
        reserve = {row["file"] for row in csv.DictReader(file) if row["origin"] == "reserve"}
    named = set(re.findall(r"data/(posters/\w+/\w+\.jpg)", text_of(README)))
    assert named
    assert named <= reserve


@pytest.mark.parametrize("test", ["natural", "balanced"])
@pytest.mark.parametrize(
    ("file", "baselines"),
    [
        ("metrics/evaluation.json", "best_constant logistic svr ridge knn colour"),
        ("pretrained/evaluation.json", "logistic svr ridge knn best_constant"),
    ],
)
def test_results_match_the_metrics(test: str, file: str, baselines: str) -> None:
    figures = json.loads(text_of(ROOT / file))[test]
    years = {name: f"{value:.1f}" for name, value in figures.items()}
    errors = " | ".join(years[f"{name}_mae"] for name in baselines.split())
    limits = f"{years['mae_low']}–{years['mae_high']}"
    row = f"| {test} | {figures['n']:,} | **{years['mae']}** ({limits}) | {errors} |"
    assert f"{row} {figures['coverage']:.0%} |\n" in text_of(README)


@pytest.mark.parametrize("model", ["year model", "logistic", "svr", "ridge", "knn"])
def test_results_of_several_splits_match_their_table(model: str) -> None:
    with (ROOT / "docs" / "splits_real_posters.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["test"]: row for row in csv.DictReader(file) if row["model"] == model}
    cells = []
    for test in ("natural", "balanced"):
        figures = {name: float(rows[test][name]) for name in ("mae", "mae_low", "mae_high")}
        mae, low, high = (f"{value:.1f}" for value in figures.values())
        bold = "**" if model == "year model" else ""
        cells += [f"{bold}{mae}{bold} ({low}–{high})", f"{float(rows[test]['skill']):.2f}"]
    assert f" | {' | '.join(cells)} |\n" in text_of(ROOT / "docs" / "results.md")


@pytest.mark.parametrize("test", ["natural", "balanced"])
def test_printed_results_match_the_metrics(test: str) -> None:
    figures = json.loads(text_of(ROOT / "metrics" / "evaluation.json"))[test]
    (printed,) = re.findall(rf"evaluate: {test} test: (.+)", text_of(README))
    limits = f"{figures['mae_low']:.1f}-{figures['mae_high']:.1f}"
    assert printed.startswith(f"MAE {figures['mae']:.1f} years ({limits}; ")
    assert f"; {figures['coverage']:.0%} of the intervals contain the year" in printed
