"""The files of a head: complete, the same bytes each time, and readable by Keras."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posters.embedding.keras_import import import_keras
from posters.params import load_params
from posters.years.model_files import read_about, save_head
from posters.years.priors import fit_priors, read_priors
from posters.years.year_head import FittedHead, fit_head, predict

YEARS = np.arange(1990, 2010)
PARAMS = load_params().train.model_copy(update={"hidden": (8,), "batch_size": 30, "epochs": 2})
VECTORS = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
TRUE = np.random.default_rng(1).choice(YEARS, 60)
PRIORS = fit_priors(TRUE, np.arange(60) < 20, YEARS, label_width=6, prior_width=3)
ABOUT = {"caveats": ["none"], "interval": {"level": 0.8}, "title": "Amélie"}
FILES = {
    *("about.json", "architecture.json", "head.bin", "head.weights.h5", "head.xml"),
    *("history.csv", "priors.csv"),
}


@pytest.fixture(scope="module", params=["distribution", "scalar"])
def head(request: pytest.FixtureRequest) -> FittedHead:
    params = PARAMS.model_copy(update={"head": request.param, "members": 2})
    return fit_head(VECTORS, TRUE, YEARS, params)


def save(folder: Path, head: FittedHead, about: dict[str, Any] = ABOUT) -> Path:
    save_head(folder, head.model, head.history, PRIORS, about)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_keras_reads_the_files_as_documented(head: FittedHead, tmp_path: Path) -> None:
    folder = save(tmp_path / "model", head)
    model = import_keras().models.model_from_json((folder / "architecture.json").read_text())
    model.load_weights(str(folder / "head.weights.h5"))
    vectors = 2 * VECTORS
    vectors[0] = 1e6  # is clipped
    np.testing.assert_array_equal(
        predict(model, vectors, YEARS), predict(head.model, vectors, YEARS)
    )


def test_description_priors_and_curves_are_written(head: FittedHead, tmp_path: Path) -> None:
    folder = save(tmp_path / "model", head)
    assert read_about(folder) == ABOUT
    np.testing.assert_allclose(read_priors(folder / "priors.csv").natural, PRIORS.natural)
    lines = (folder / "history.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "epoch,loss,mae"
    assert len(lines) == 1 + PARAMS.epochs
    for epoch, line in enumerate(lines[1:]):
        expected = [epoch + 1, head.history["loss"][epoch], head.history["mae"][epoch]]
        assert [float(value) for value in line.split(",")] == pytest.approx(expected, rel=1e-5)


def test_same_head_has_the_same_bytes(head: FittedHead, tmp_path: Path) -> None:
    saved = contents(save(tmp_path / "model", head))
    assert set(saved) == FILES
    assert contents(save(tmp_path / "again", head)) == saved


def test_saving_replaces_the_whole_folder_or_nothing(head: FittedHead, tmp_path: Path) -> None:
    folder = save(tmp_path / "model", head)
    (folder / "old.keras").write_bytes(b"of another version")
    before = contents(folder)
    with pytest.raises(ValueError, match="JSON"):
        save(folder, head, {"loss": float("nan")})
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    save(folder, head)
    assert set(contents(folder)) == FILES
