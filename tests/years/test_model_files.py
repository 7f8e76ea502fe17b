"""The files of a head: complete, the same bytes each time, and readable by Keras."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posters.embedding.keras_import import import_keras
from posters.params import load_params
from posters.years.dataset import Part
from posters.years.priors import read_priors
from posters.years.training import Trained, train

YEARS = np.arange(1990, 2010)
PARAMS = load_params().train.model_copy(update={"hidden": (8,), "batch_size": 30, "epochs": 2})
VECTORS = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
TRUE = np.random.default_rng(1).choice(YEARS, 60)
ROWS = pd.DataFrame({"origin": "initial", "fold": np.arange(60) % 2}, index=range(60))


@pytest.fixture(scope="module", params=["distribution", "scalar"])
def trained(request: pytest.FixtureRequest) -> Trained:
    params = PARAMS.model_copy(update={"head": request.param})
    return train(Part(ROWS, VECTORS, VECTORS, TRUE), YEARS, params)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_keras_reads_the_files_as_documented(trained: Trained, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    trained.save(folder, {})
    model = import_keras().models.model_from_json((folder / "architecture.json").read_text())
    model.load_weights(str(folder / "head.weights.h5"))
    vectors = 2 * VECTORS
    vectors[0] = 1e6  # is clipped
    np.testing.assert_array_equal(np.asarray(model(vectors)), trained.year_model.head(vectors))


def test_description_priors_and_curves_are_written(trained: Trained, tmp_path: Path) -> None:
    trained.save(tmp_path / "model", {"title": "Amélie"})
    about = json.loads((tmp_path / "model" / "about.json").read_text(encoding="utf-8"))
    assert about == {
        "title": "Amélie",
        "interval": 0.8,
        "calibration": vars(trained.calibration),
        "validation_mae": trained.validation,
    }
    read = read_priors(tmp_path / "model" / "priors.csv")
    np.testing.assert_allclose(read.natural, trained.year_model.priors.natural, rtol=1e-8)
    table = pd.read_csv(tmp_path / "model" / "history.csv", index_col="epoch")
    pd.testing.assert_frame_equal(table, trained.history, rtol=1e-5)
    assert list(table.index) == [1, 2]


def test_saving_replaces_the_whole_folder_by_the_same_bytes_or_nothing(
    trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    trained.save(folder, {})
    before = contents(folder)
    assert set(before) == {
        *("about.json", "architecture.json", "head.bin", "head.weights.h5", "head.xml"),
        *("history.csv", "priors.csv", "thresholds.csv"),
    }
    (folder / "old.keras").write_bytes(b"of another version")
    with pytest.raises(ValueError, match="JSON"):
        trained.save(folder, {"loss": float("nan")})
    assert contents(folder) == {**before, "old.keras": b"of another version"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    trained.save(folder, {})
    assert contents(folder) == before
