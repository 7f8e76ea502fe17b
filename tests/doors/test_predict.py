"""predict.py, as a person asks it: of a finished project, and before anything was trained."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, Walk
from PIL import Image


@pytest.fixture
def project(tmp_path: Path, make_small_project: Callable[[Path], Project]) -> Project:
    return make_small_project(tmp_path)


def predict(project: Project, *arguments: str) -> tuple[int, str, str]:
    done = project.run(sys.executable, "src/predict.py", *arguments, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_predict_answers_a_folder_and_files_as_json_and_still_names_the_bad_ones(
    walk: Walk, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    mine = draw("A Poster of My Own", 1990)
    folder = tmp_path / "posters"
    folder.mkdir()
    Image.open(mine).convert("L").save(folder / "grey.png")
    (folder / "notes.txt").write_text("not asked about")
    page = tmp_path / "page.jpg"
    page.write_text("<html>not found</html>")
    known = walk.project.tables / "tt11980000.jpg"
    code, output, errors = predict(
        walk.project,
        "--json",
        "--k",
        "4",
        str(mine),
        str(page),
        str(folder),
        "gone.jpg",
        str(known),
    )
    assert code == 2
    answers = [json.loads(line) for line in output.splitlines()]
    assert [Path(answer["file"]).name for answer in answers] == [
        *(mine.name, "grey.png", "tt11980000.jpg")
    ]
    for answer in answers:
        assert list(answer) == [
            *("file", "year", "interval", "level", "decade", "decade_probability", "prior"),
            *("neighbours", "caveats"),
        ]
        low, high = answer["interval"]
        assert all(isinstance(number, int) for number in (answer["year"], low, high))
        assert 1980 <= low <= answer["year"] <= high <= 2009
        assert answer["level"] == 0.8
        assert answer["decade"] in (1980, 1990, 2000)
        assert 1 / 3 <= answer["decade_probability"] <= 1
        assert answer["prior"] == "natural", "as movies come, unless something else is said"
        similarities = [movie["similarity"] for movie in answer["neighbours"]]
        assert len(similarities) == 4
        assert similarities == sorted(similarities, reverse=True)
        assert set(answer["neighbours"][0]) == {"imdb_id", "title", "year", "similarity"}
        assert answer["caveats"] == ["random MobileNetV2 weights"]
    assert "tt11980000" not in [movie["imdb_id"] for movie in answers[-1]["neighbours"]]
    problems = [line for line in errors.splitlines() if line.startswith("predict: error:")]
    assert len(problems) == 2
    assert any("gone.jpg: no such file" in problem for problem in problems)
    assert any("page.jpg: unreadable" in problem for problem in problems)


def test_predict_speaks_to_a_person(walk: Walk, draw: Callable[[str, int], Path]) -> None:
    code, output, errors = predict(walk.project, str(draw("A Poster of My Own", 1990)))
    assert code == 0
    lines = output.splitlines()
    said = re.search(
        r"A Poster of My Own-1990\.jpg: (\d{4}) \(80%: (\d{4})-(\d{4}); "
        r"most likely the (19[89]0|2000)s, \d{2,3}%\)$",
        lines[0],
    )
    assert said
    year, low, high, _ = map(int, said.groups())
    assert low <= year <= high
    assert len(lines) == 4
    assert re.search(r"1\. .+ \(\d{4}\) +similarity -?\d\.\d{4}  tt\d{7,}", lines[1])
    assert "random MobileNetV2 weights" in errors


def test_predict_answers_under_the_prior_that_is_asked_for(
    walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    mine = [str(draw("A Poster of My Own", 1990)), str(draw("Another", 2005))]

    def answers(*options: str) -> list[dict[str, Any]]:
        code, output, _ = predict(walk.project, "--json", *options, *mine)
        assert code == 0
        return [json.loads(line) for line in output.splitlines()]

    natural, uniform = answers("--prior", "natural"), answers("--prior", "uniform")
    for one, other in zip(natural, uniform, strict=True):
        assert (one["prior"], other["prior"]) == ("natural", "uniform")
        for said in (one, other):
            low, high = said["interval"]
            assert low <= said["year"] <= high
        # Of the small table 60 of 80 movies are of the last ten of thirty years.
        assert one["year"] > other["year"]
        assert one["neighbours"] == other["neighbours"]


def test_predict_refuses_a_network_other_than_the_one_that_was_used(
    walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    about = walk.project.folder / "data" / "model" / "about.json"
    content = about.read_text()
    about.unlink()
    about.write_text(content.replace('"seed": 0', '"seed": 1', 1))
    try:
        code, _, errors = predict(walk.project, str(draw("A Poster of My Own", 1990)))
    finally:
        about.write_text(content)
    assert code == 2
    assert "data/model and data/embeddings are of different runs: run `dvc repro`" in errors


@pytest.mark.parametrize("file", ["embeddings/backbone", "model/head"])
def test_predict_refuses_a_damaged_graph(
    walk: Walk, draw: Callable[[str, int], Path], file: str
) -> None:
    for suffix in (".xml", ".bin"):
        graph = (walk.project.folder / "data" / file).with_suffix(suffix)
        content = graph.read_bytes()
        # DVC's own copy stays as it is, also where this is a link to it.
        for said, damage in (("is missing", None), ("is damaged", content[: len(content) // 2])):
            graph.unlink()
            try:
                if damage is not None:
                    graph.write_bytes(damage)
                code, output, errors = predict(walk.project, str(draw("My Own", 1990)))
            finally:
                graph.unlink(missing_ok=True)
                graph.write_bytes(content)
            assert (code, output) == (2, "")
            assert re.search(rf"predict: error: data/{file}\.\w+ {said}.*run `dvc repro`", errors)


def test_predict_needs_none_of_what_takes_long_to_import(
    walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    script = (
        "import runpy, sys; sys.argv = ['predict.py', sys.argv[1]]; sys.path.insert(0, 'src')\n"
        "try: runpy.run_path('src/predict.py', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*sys.modules, sep='\\n')"
    )
    poster = str(draw("A Poster of My Own", 1990))
    said = walk.project.run(sys.executable, "-c", script, poster).stdout
    assert "similarity" in said
    loaded = {name.split(".")[0] for name in said.splitlines()[4:]}
    assert "openvino" in loaded
    slow = {"tensorflow", "keras", "mlflow", "pandas", "sklearn", "matplotlib", "dvc", "pydantic"}
    assert not loaded & slow
    assert "openvino_telemetry.main" not in said


# Before anything was trained.


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["poster.jpg"], 2, "poster.jpg: no such file or folder"),
        ([], 2, "the following arguments are required"),
        (["--k", "0", "poster.jpg"], 2, "expected a whole number of at least 1"),
        (["--prior", "flat", "poster.jpg"], 2, "argument --prior: invalid choice: 'flat'"),
    ],
)
def test_predict_explains_itself_before_anything_was_trained(
    project: Project, arguments: list[str], code: int, said: str
) -> None:
    done = project.run(sys.executable, "src/predict.py", *arguments, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_predict_shows_how_it_is_used(project: Project) -> None:
    shown = project.run(sys.executable, "src/predict.py", "--help").stdout
    assert "FILE_OR_FOLDER" in shown
    assert "--json" in shown
    assert "--prior {natural,uniform}" in shown


def test_predict_names_each_file_it_can_not_look_for(project: Project) -> None:
    done = project.run(sys.executable, "src/predict.py", "a" * 300, "", "gone.jpg", check=False)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert "File name too long" in lines[0]
    assert "an empty name" in lines[1]
    assert "gone.jpg: no such file" in lines[2]


def test_predict_without_a_model_says_what_to_do(project: Project) -> None:
    poster = str(project.tables / "tt11980000.jpg")
    done = project.run(sys.executable, "src/predict.py", poster, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "predict: error: there is no trained model yet: run `make repro` first\n"
    )
