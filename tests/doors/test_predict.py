"""predict.py as a user runs it: predictions in every form, errors, the sheet."""

import csv
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pipeline_walk import Walk
from predict_command import MODEL, PREDICT, predict
from projects import Project
from small_pictures import encoded, solid

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(
    walk: Walk, tmp_path_factory: pytest.TempPathFactory, draw: Callable[[str, int], Path]
) -> Path:
    """Seven posters, and three files that can't be read."""
    made = tmp_path_factory.mktemp("posters")
    for number in range(7):
        shutil.copy(draw(f"Poster {number}", 1980 + 4 * number), made / f"{number}.jpg")
    (made / "0-cut.jpg").write_bytes((made / "0.jpg").read_bytes()[:900])
    (made / "3-page.png").write_text("<html>not found</html>")
    (made / "9-empty.webp").touch()
    return made


def predict_json(walk: Walk, *arguments: str) -> list[dict[str, Any]]:
    code, output, errors = predict(walk.project, "--json", *arguments)
    assert (code, errors.splitlines()) == (0, [MODEL])
    return [json.loads(line) for line in output.splitlines()]


def test_folder_is_predicted_in_order_and_unreadable_files_are_named(
    walk: Walk, folder: Path
) -> None:
    code, output, errors = predict(walk.project, "--json", str(folder), "gone.jpg")
    assert code == 2
    lines = output.splitlines()
    assert [Path(json.loads(line)["file"]).name for line in lines] == [
        f"{number}.jpg" for number in range(7)
    ]
    problems = re.findall(r"^predict: error: .*/([\w.-]+): unreadable: .*", errors, re.M)
    assert problems == ["0-cut.jpg", "3-page.png", "9-empty.webp"]
    assert "predict: error: gone.jpg: no such file" in errors
    # The same prediction as for one poster alone.
    for number in (0, 4):
        _, alone, _ = predict(walk.project, "--json", str(folder / f"{number}.jpg"))
        assert alone.splitlines() == [lines[number]]


def test_json_has_year_interval_decade_and_neighbours(walk: Walk, poster: str) -> None:
    known = str(walk.project.tables / "tt11980000.jpg")
    predictions = predict_json(walk, "--k", "4", poster, known)
    for prediction in predictions:
        assert list(prediction) == [
            *("file", "model", "answer", "year", "interval", "level", "decade"),
            *("decade_probability", "uncertainty", "prior", "first_year", "probabilities"),
            *("neighbours", "warnings", "caveats"),
        ]
        low, high = prediction["interval"]
        assert 1980 <= low <= prediction["year"] <= high <= 2009
        assert (prediction["level"], prediction["prior"]) == (0.8, "natural")
        assert prediction["decade"] in (1980, 1990, 2000)
        assert 1 / 3 <= prediction["decade_probability"] <= 1
        assert (len(prediction["probabilities"]), prediction["first_year"]) == (30, 1980)
        assert sum(prediction["probabilities"]) == pytest.approx(1, abs=1e-4)
        similarities = [movie["similarity"] for movie in prediction["neighbours"]]
        assert len(similarities) == 4
        assert similarities == sorted(similarities, reverse=True)
        first = prediction["neighbours"][0]
        assert list(first) == ["imdb_id", "title", "year", "file", "similarity", "address"]
        assert (walk.project.folder / "data" / first["file"]).is_file()
        assert first["address"] == f"https://www.imdb.com/title/{first['imdb_id']}/"
    # A poster of the catalogue is not its own neighbour.
    assert "tt11980000" not in [movie["imdb_id"] for movie in predictions[1]["neighbours"]]


def test_text_has_year_interval_decade_and_neighbours(walk: Walk, poster: str) -> None:
    code, output, errors = predict(walk.project, poster)
    assert (code, errors.splitlines()) == (0, [MODEL])
    first, *neighbours = (line for line in output.splitlines() if "  warning: " not in line)
    assert re.search(
        r"A Poster of My Own-1990\.jpg: .* \((best guess \d{4}; )?80%: \d{4}-\d{4}; "
        r"most likely the (?:19[89]0|2000)s, \d{2,3}%.*\)$",
        first,
    )
    assert len(neighbours) == 3
    assert re.search(
        r"1\. .+ \(\d{4}\) +similarity -?\d\.\d{4}  https://www.imdb.com/title/tt\d{7,}/$",
        neighbours[0],
    )


def test_prior_changes_years_but_not_neighbours(walk: Walk, poster: str) -> None:
    natural, uniform = (
        predict_json(walk, "--prior", prior, poster)[0] for prior in ("natural", "uniform")
    )
    # 60 of the 80 movies of the initial catalogue are of the last ten of thirty years.
    assert natural["year"] > uniform["year"]
    assert natural["neighbours"] == uniform["neighbours"]


def test_table_has_a_line_for_each_poster_also_of_folders_inside(
    walk: Walk, poster: str, tmp_path: Path
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    Image.open(poster).resize((90, 60)).save(inside / "=a.gif")
    (inside / "flat.bmp").write_bytes(encoded(solid("RGB", (9, 9, 9)), "BMP"))
    (inside / "notes.txt").touch()
    (tmp_path / "linked").symlink_to(inside)  # not followed
    code, output, errors = predict(walk.project, "--csv", str(tmp_path), "https://a.org/a.jpg")
    assert code == 2
    assert "predict: note: files passed over, as they are no pictures: 2" in errors
    assert "error: https://a.org/a.jpg: posters are not fetched from the web; save" in errors
    wide, flat = csv.DictReader(output.splitlines())
    (content,) = [
        json.loads(line) for line in predict(walk.project, "--json", wide["file"])[1].splitlines()
    ]
    assert "too wide for a poster (90x60)" in wide["warnings"]
    assert "tiny (90x60)" in wide["warnings"]
    assert "; ".join(content["warnings"]) == wide["warnings"]
    assert [wide["low"], wide["high"]] == [str(year) for year in content["interval"]]
    first = content["neighbours"][0]
    assert wide["nearest"].startswith(f"{first['title']} ({first['year']}); ")
    assert (flat["refused"], flat["year"]) == ("flat colour: the whole picture has one colour", "")


def test_model_and_embeddings_of_different_runs_are_refused(walk: Walk, poster: str) -> None:
    about = walk.project.read("data/model/about.json").replace('"seed": 0', '"seed": 1', 1)
    with walk.project.changed("data/model/about.json", about):
        errors = walk.project.error(*PREDICT, poster, code=2)
    assert "data/model is damaged (about.json: model and embeddings are of different" in errors
    assert "run `dvc repro`" in errors


def test_slow_packages_are_not_imported(walk: Walk, poster: str) -> None:
    done = walk.project.run(sys.executable, "-X", "importtime", "src/predict.py", poster)
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "openvino" in modules
    slow = {"tensorflow", "keras", "mlflow", "pandas", "sklearn", "matplotlib", "dvc", "pydantic"}
    slow |= {"tqdm", "http.client", "openvino_telemetry.main", "openvino.tools.ovc.convert"}
    assert not modules & slow


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a" * 300, "", "gone.jpg"], "File name too long.*an empty name.*gone.jpg: no such file"),
        ([], "the following arguments are required"),
        (["--k", "0", "poster.jpg"], "expected a whole number of at least 1, received '0'"),
        (["--prior", "flat", "poster.jpg"], "argument --prior: invalid choice: 'flat'"),
        (["--model", "own", "{poster}"], "no trained model yet: run `make repro`"),
    ],
)
def test_errors_before_anything_was_trained(
    tmp_path: Path, poster: str, arguments: list[str], expected: str
) -> None:
    arguments = [argument.format(poster=poster) for argument in arguments]
    errors = Project(tmp_path).error(*PREDICT, *arguments, code=2)
    assert re.search(expected, errors, re.DOTALL)


def test_sheet_has_a_row_per_poster_and_a_column_per_neighbour(
    walk: Walk, folder: Path, tmp_path: Path
) -> None:
    posters = [str(folder / f"{number}.jpg") for number in range(3)]
    plain = predict(walk.project, *posters)
    sizes = []
    for k, count in ((3, 3), (5, 2)):
        sheet = tmp_path / f"{k} {count}.png"
        result = predict(walk.project, "--output", str(sheet), "--k", str(k), *posters[:count])
        assert k == 5 or result == plain
        with Image.open(sheet) as image:
            image.load()
            assert (image.format, image.mode) == ("PNG", "RGB")
            sizes.append(image.size)
            # More colours than an empty sheet.
            assert len(image.resize((60, 60)).getcolors(3600) or []) > 500
    (width, height), (wider, lower) = sizes
    assert wider - width == pytest.approx(2 * 210, abs=30)
    assert height - lower == pytest.approx(350, abs=60)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("sheet.jpg", "expected a name that ends in .png, received '.*/sheet.jpg'"),
        ("gone/sheet.png", "can't write to the folder of '.*/gone/sheet.png' \\(No such"),
        ("folder.png", "folder.png' is a folder; name a file in it"),
        ("own.png", "own.png: "),
    ],
)
def test_sheet_that_can_not_be_written_is_refused_first(
    walk: Walk, poster: str, tmp_path: Path, output: str, expected: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    own = tmp_path / "own.png"
    Image.open(poster).save(own)
    content = own.read_bytes()
    errors = walk.project.error(*PREDICT, "--output", str(tmp_path / output), str(own), code=2)
    assert re.search(expected, errors)
    assert MODEL not in errors, "the model was loaded"
    assert own.read_bytes() == content
