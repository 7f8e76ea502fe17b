"""The exported model: it answers in an empty clone as in the project that trained it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import Project, Walk

from posters import paths
from posters.errors import DataError
from posters.pretrained.exported_model import read_learning_curve

PREDICT = (sys.executable, "src/predict.py")


@pytest.fixture
def poster(draw: Callable[[str, int], Path]) -> str:
    return str(draw("A Poster of My Own", 1990))


def test_an_empty_clone_answers_as_the_project_that_trained(
    exported: Project, walk: Walk, draw: Callable[[str, int], Path]
) -> None:
    posters = [str(draw(f"Poster {number}", 1980 + 7 * number)) for number in range(4)]
    own, pretrained = (
        project.run(*PREDICT, "--json", "--prior", "uniform", *posters)
        for project in (walk.project, exported)
    )
    # The small network is built on the way; nothing else is reported but the model.
    assert pretrained.stderr == (
        "predict: note: by the pretrained model, 150 films, trained on random MobileNetV2 weights\n"
    )
    for one, other in zip(own.stdout.splitlines(), pretrained.stdout.splitlines(), strict=True):
        before, after = json.loads(one), json.loads(other)
        assert (before["model"], after["model"]) == ("own", "pretrained")
        assert abs(before["year"] - after["year"]) <= 0.5
        names = [[movie["imdb_id"] for movie in answer["neighbours"]] for answer in (before, after)]
        # Vectors of random weights are close to each other: later ones may change places.
        assert names[0][0] == names[1][0]
        assert len({*names[0], *names[1]}) <= 4
    assert not (exported.folder / "data").exists()


def test_card_and_figures_are_those_of_the_run(exported: Project, walk: Walk) -> None:
    card, evaluation = (
        exported.read(f"pretrained/{name}") for name in ("README.md", "evaluation.json")
    )
    content = json.loads(evaluation)
    kept = content.pop("exported")
    assert content == json.loads(walk.project.read("metrics/evaluation.json"))
    for test in ("natural", "balanced"):
        assert kept["mae"][test] == pytest.approx(content[test]["mae"], abs=0.05)
    assert kept["neighbours"]["first"] >= 0.8
    assert kept["commit"] in walk.project.run("git", "log", "--format=%H").stdout.split()
    for text in (
        "Drawn posters.",
        kept["commit"][:12],
        f"{content['natural']['mae']:.1f}",
        "| 1980s |",
    ):
        assert text in card


def test_damaged_network_in_the_cache_is_named_with_its_remedy(
    exported: Project, poster: str
) -> None:
    exported.run(*PREDICT, poster)
    (network,) = (exported.folder / ".cache" / "networks").glob("*/backbone.xml")
    half = network.read_bytes()[: network.stat().st_size // 2]
    with exported.changed(str(network), half):
        shown = exported.error(*PREDICT, poster, code=2)
    assert f".cache/networks/{network.parent.name} is damaged (backbone.xml: " in shown
    assert "delete it, and it is built again" in shown


def test_nothing_is_exported_before_a_run(exported: Project) -> None:
    before = exported.read("pretrained/README.md")
    shown = exported.error(sys.executable, "src/export.py", "--about", "Nothing.")
    assert "there is no trained model yet: run `make repro` first" in shown
    assert exported.read("pretrained/README.md") == before


def test_a_model_of_generated_posters_is_not_exported(walk: Walk) -> None:
    about = json.loads(walk.project.read("data/model/about.json"))
    about["caveats"] = ["generated posters"]
    with walk.project.changed("data/model/about.json", json.dumps(about)):
        shown = walk.project.error(sys.executable, "src/export.py", "--about", "Any.")
    assert "learned from generated posters, and pretrained/ is for a model of real" in shown


def test_learning_curve_is_exported_if_it_is_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "METRICS", tmp_path)
    evaluation = {"natural": {"mae": 7.25}, "balanced": {"mae": 12.5}}
    assert read_learning_curve(evaluation) == []
    rows = [(10, "natural", 9.0), (10, "balanced", 15.0), (20, "natural", 7.2502)]
    table = pd.DataFrame([*rows, (20, "balanced", 12.5)], columns=["trained_on", "test", "mae"])
    table.to_csv(tmp_path / "learning_curve.csv", index=False)
    assert [row["mae"] for row in read_learning_curve(evaluation)] == [9.0, 15.0, 7.2502, 12.5]
    with pytest.raises(DataError, match="of another run: run `make learning-curve`"):
        read_learning_curve(evaluation | {"balanced": {"mae": 12.0}})


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("model/about.json", "pretrained/model is damaged (about.json: "),
        ("model/head.bin", "pretrained/model is damaged (head."),
        ("embeddings/movies.csv", "pretrained/embeddings is damaged (movies.csv: "),
        ("embeddings/retrieval_features.npz", "(retrieval_features.npz: "),
        ("embeddings/network.json", "pretrained/embeddings is damaged (network.json: "),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_missing_and_damaged_files_are_refused(
    exported: Project, poster: str, file: str, damage: str, expected: str
) -> None:
    content = (exported.folder / "pretrained" / file).read_bytes()
    half = content[: len(content) // 2] if damage == "cut" else None
    with exported.changed(f"pretrained/{file}", half):
        shown = exported.error(*PREDICT, poster, code=2)
    assert expected in shown
    assert "run `git checkout -- pretrained`" in shown
